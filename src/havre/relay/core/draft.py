"""The directory as it will be once the batch is applied: what the store says, under what the batch has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from havre.relay.store import operations as op
from havre.relay.store.base import Directory
from havre.relay.store.rows import AccountRow, BlobRow, Stock, StoredPackage
from havre.wire.sizes import AccountId, BlobId, DeviceId, Hash

K = TypeVar("K")
V = TypeVar("V")


class Draft:
    """A `Directory` that can be changed; `operations` collects the changes."""

    def __init__(self, base: Directory, operations: list[op.Operation]) -> None:
        self._base = base
        self._operations = operations
        self._accounts: dict[AccountId, AccountRow | None] = {}
        self._names: dict[Hash, AccountId | None] = {}
        self._sequences: dict[bytes, int] = {}
        self._stocks: dict[tuple[bytes, bytes], Stock] = {}
        self._packages: dict[tuple[bytes, bytes, int], StoredPackage | None] = {}
        self._last_resorts: dict[tuple[bytes, bytes], bytes | None] = {}
        self._blobs: dict[BlobId, BlobRow | None] = {}

    def account(self, account: AccountId) -> AccountRow | None:
        return _look(self._accounts, account, lambda: self._base.account(account))

    def set_account(self, account: AccountId, row: AccountRow) -> None:
        self._accounts[account] = row
        self._operations.append(op.SetAccount(account, row))

    def drop_account(self, account: AccountId) -> None:
        self._accounts[account] = None
        self._operations.append(op.DropAccount(account))

    def name(self, name: Hash) -> AccountId | None:
        return _look(self._names, name, lambda: self._base.name(name))

    def set_name(self, name: Hash, account: AccountId) -> None:
        self._names[name] = account
        self._operations.append(op.SetName(name, account))

    def drop_name(self, name: Hash) -> None:
        self._names[name] = None
        self._operations.append(op.DropName(name))

    def sequence(self, signer: bytes) -> int:
        return _look(self._sequences, signer, lambda: self._base.sequence(signer))

    def set_sequence(self, signer: bytes, sequence: int) -> None:
        self._sequences[signer] = sequence
        self._operations.append(op.SetSequence(signer, sequence))

    def stock(self, account: AccountId, device: DeviceId) -> Stock:
        return _look(self._stocks, (account, device), lambda: self._base.stock(account, device))

    def package(self, account: AccountId, device: DeviceId, number: int) -> StoredPackage | None:
        return _look(self._packages, (account, device, number), lambda: self._base.package(account, device, number))

    def last_resort(self, account: AccountId, device: DeviceId) -> bytes | None:
        return _look(self._last_resorts, (account, device), lambda: self._base.last_resort(account, device))

    def set_last_resort(self, account: AccountId, device: DeviceId, key_package: bytes) -> None:
        self._last_resorts[account, device] = key_package
        self._operations.append(op.SetLastResort(account, device, key_package))

    def add_package(self, account: AccountId, device: DeviceId, package: StoredPackage) -> None:
        """Put a one-time key package behind those that are there."""
        stock = self.stock(account, device)
        self._packages[account, device, stock.next] = package
        self._operations.append(op.AddPackage(account, device, stock.next, package))
        self._set_stock(account, device, Stock(stock.first, stock.next + 1))

    def take_package(self, account: AccountId, device: DeviceId) -> StoredPackage | None:
        """Remove and return the oldest one-time key package."""
        stock = self.stock(account, device)
        if stock.first >= stock.next:
            return None
        package = self.package(account, device, stock.first)
        self._packages[account, device, stock.first] = None
        self._operations.append(op.DropPackage(account, device, stock.first))
        self._set_stock(account, device, Stock(stock.first + 1, stock.next))
        return package

    def drop_device(self, account: AccountId, device: DeviceId) -> None:
        """Forget all key packages of a device; should it come back, its numbers start anew."""
        stock = self.stock(account, device)
        for number in range(stock.first, stock.next):
            self._packages[account, device, number] = None
        self._stocks[account, device] = Stock()
        self._last_resorts[account, device] = None
        self._operations.append(op.DropDevice(account, device))

    def blob(self, blob: BlobId) -> BlobRow | None:
        return _look(self._blobs, blob, lambda: self._base.blob(blob))

    def set_blob(self, blob: BlobId, row: BlobRow) -> None:
        self._blobs[blob] = row
        self._operations.append(op.SetBlob(blob, row))

    def drop_blob(self, blob: BlobId, row: BlobRow) -> None:
        self._blobs[blob] = None
        self._operations.append(op.DropBlob(blob, row.expires))

    def _set_stock(self, account: AccountId, device: DeviceId, stock: Stock) -> None:
        self._stocks[account, device] = stock
        self._operations.append(op.SetStock(account, device, stock))


def _look(changed: dict[K, V], key: K, stored: Callable[[], V]) -> V:
    return changed[key] if key in changed else stored()
