"""Directory and blobs in memory: dictionaries that keep to the rules which a client can notice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from havre.client.errors import RelayRefused
from havre.client.identity.requests import RequestSigner
from havre.client.transport.base import BlobState, Waiting, unseen_line
from havre.wire.directory import NewBlob, RelayInfo, SignUp, Slowness, Taken, Upload
from havre.wire.frames import WireError
from havre.wire.records import RECORD, AccountRecord, SignedRecord
from havre.wire.refusals import Code
from havre.wire.sizes import MAX_KEY_PACKAGES, MAX_TTL, VERSION

_PIECE: Final = 64 * 1024
"""Bytes that a download gives at a time."""


@dataclass
class Stored:
    """What a relay in memory keeps; shared by all clients of it."""

    names: dict[bytes, bytes] = field(default_factory=dict)
    records: dict[bytes, SignedRecord] = field(default_factory=dict)
    packages: dict[tuple[bytes, bytes], list[bytes]] = field(default_factory=dict)
    last_resorts: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)
    blobs: dict[bytes, tuple[NewBlob, bytearray]] = field(default_factory=dict)


class MemoryDirectory:
    """A `Directory` without a network."""

    def __init__(self, address: str, stored: Stored) -> None:
        self._address = address
        self._stored = stored

    async def relay_info(self) -> RelayInfo:
        """See `Directory.relay_info`."""
        return RelayInfo(
            version=VERSION,
            names=Slowness(b"havre in memory!", passes=1, memory_kib=8192, lanes=1),
            frame_bytes=2**20,
            entry_bytes=2**18,
            blob_bytes=2**32,
            ttl=MAX_TTL,
        )

    async def sign_up(
        self, body: SignUp, signer: RequestSigner, waiting: Waiting = unseen_line, ticket: str | None = None
    ) -> None:
        """See `Directory.sign_up`."""
        record = SignedRecord(body.record, body.signature)
        known = self._stored.records.get(signer.account)
        if known is not None and known != record:
            raise self._refused(Code.TAKEN, "this account exists already; publish a newer record instead")
        if body.name is not None:
            self._name(body.name, signer.account)
        if known is None:
            self._stored.records[signer.account] = record
            self._add((signer.account, self._content(record).devices[0].device), body.key_packages)

    async def account(self, account: bytes) -> SignedRecord | None:
        """See `Directory.account`."""
        return self._stored.records.get(account)

    async def publish(self, record: SignedRecord, signer: RequestSigner) -> None:
        """See `Directory.publish`."""
        known = self._known(signer.account)
        if record == known:
            return
        if self._content(record).sequence <= self._content(known).sequence:
            raise self._refused(Code.STALE, "there is a newer record of this account; fetch it first")
        self._stored.records[signer.account] = record

    async def close_account(self, signer: RequestSigner) -> None:
        """See `Directory.close_account`."""
        account = signer.account
        self._stored.records.pop(account, None)
        self._stored.names = {name: owner for name, owner in self._stored.names.items() if owner != account}
        packages, last_resorts = self._stored.packages, self._stored.last_resorts
        self._stored.packages = {key: value for key, value in packages.items() if key[0] != account}
        self._stored.last_resorts = {key: value for key, value in last_resorts.items() if key[0] != account}

    async def named(self, name_hash: bytes) -> bytes | None:
        """See `Directory.named`."""
        return self._stored.names.get(name_hash)

    async def claim_name(self, name_hash: bytes, signer: RequestSigner) -> None:
        """See `Directory.claim_name`."""
        self._known(signer.account)
        self._name(name_hash, signer.account)

    async def upload_key_packages(self, upload: Upload, signer: RequestSigner) -> int:
        """See `Directory.upload_key_packages`."""
        self._known(signer.account)
        device = (signer.account, signer.device or b"")
        if len(self._stored.packages.get(device, ())) + len(upload.one_time) > MAX_KEY_PACKAGES:
            raise self._refused(Code.FULL, f"a device keeps at most {MAX_KEY_PACKAGES} one-time key packages here")
        self._add(device, upload)
        return len(self._stored.packages[device])

    async def stock(self, signer: RequestSigner) -> int:
        """See `Directory.stock`."""
        self._known(signer.account)
        return len(self._stored.packages.get((signer.account, signer.device or b""), ()))

    async def take_key_packages(self, account: bytes) -> list[Taken]:
        """See `Directory.take_key_packages`."""
        devices = [certificate.device for certificate in self._content(self._known(account)).devices]
        taken = (self._take(account, device) for device in devices)
        return [one for one in taken if one is not None]

    def _take(self, account: bytes, device: bytes) -> Taken | None:
        if packages := self._stored.packages.get((account, device)):
            return Taken(device, packages.pop(0), last_resort=False)
        last = self._stored.last_resorts.get((account, device))
        return None if last is None else Taken(device, last, last_resort=True)

    def _add(self, device: tuple[bytes, bytes], upload: Upload) -> None:
        self._stored.packages.setdefault(device, []).extend(upload.one_time)
        if upload.last_resort is not None:
            self._stored.last_resorts[device] = upload.last_resort

    def _name(self, name_hash: bytes, account: bytes) -> None:
        if self._stored.names.get(name_hash, account) != account:
            raise self._refused(Code.TAKEN, "this name belongs to somebody else")
        self._stored.names = {name: owner for name, owner in self._stored.names.items() if owner != account}
        self._stored.names[name_hash] = account

    def _known(self, account: bytes) -> SignedRecord:
        record = self._stored.records.get(account)
        if record is None:
            raise self._refused(Code.UNKNOWN, "there is no such account here")
        return record

    def _content(self, record: SignedRecord) -> AccountRecord:
        try:
            return RECORD.decode(record.record)
        except WireError:
            raise self._refused(Code.MALFORMED, "this is no account record") from None

    def _refused(self, code: Code, message: str) -> RelayRefused:
        return RelayRefused(self._address, code, message)


class MemoryBlobs:
    """A `Blobs` without a network."""

    def __init__(self, address: str, stored: Stored) -> None:
        self._address = address
        self._blobs = stored.blobs

    async def reserve(self, body: NewBlob) -> None:
        """See `Blobs.reserve`."""
        if body.size == 0:
            raise self._refused(Code.MALFORMED, "an encrypted file is not empty")
        known, _ = self._blobs.setdefault(body.blob, (body, bytearray()))
        if (known.size, known.upload) != (body.size, body.upload):
            raise self._refused(Code.TAKEN, "this blob id is used up; choose another at random")

    async def state(self, blob: bytes) -> BlobState:
        """See `Blobs.state`."""
        reserved, data = self._found(blob)
        return BlobState(len(data), reserved.size)

    async def append(self, blob: bytes, upload: bytes, offset: int, size: int, data: AsyncIterator[bytes]) -> int:
        """See `Blobs.append`."""
        reserved, stored = self._opened(blob, upload)
        if offset != len(stored):
            raise self._refused(Code.OFFSET, "the upload does not go on where the file ends")
        if offset + size > reserved.size:
            raise self._refused(Code.OVERSIZED, "this is more than was reserved")
        async for piece in data:
            stored += piece[: offset + size - len(stored)]
        return len(stored)

    @asynccontextmanager
    async def download(self, blob: bytes, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        """See `Blobs.download`."""
        reserved, data = self._blobs.get(blob, (None, bytearray()))
        if reserved is None or len(data) < reserved.size:
            raise self._refused(Code.UNKNOWN, "there is no such file here, or no longer")
        if offset >= len(data):
            raise self._refused(Code.OFFSET, "the file ends before that")
        yield _pieces(bytes(data[offset:]))

    async def delete(self, blob: bytes, upload: bytes) -> None:
        """See `Blobs.delete`."""
        if blob in self._blobs:
            self._opened(blob, upload)
            del self._blobs[blob]

    def _found(self, blob: bytes) -> tuple[NewBlob, bytearray]:
        if blob not in self._blobs:
            raise self._refused(Code.UNKNOWN, "there is no such file here, or no longer")
        return self._blobs[blob]

    def _opened(self, blob: bytes, upload: bytes) -> tuple[NewBlob, bytearray]:
        reserved, data = self._found(blob)
        if sha256(upload).digest() != reserved.upload:
            raise self._refused(Code.CAPABILITY, "this is not the upload secret of this file")
        return reserved, data

    def _refused(self, code: Code, message: str) -> RelayRefused:
        return RelayRefused(self._address, code, message)


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), _PIECE):
        yield data[start : start + _PIECE]
