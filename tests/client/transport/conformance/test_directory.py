"""What every directory does: the real relay's over HTTP, and the one in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from os import urandom
from pathlib import Path

import pytest

from havre.client.errors import RelayRefused
from havre.client.identity.account import AccountKey, certify_device, check_record, sign_record
from havre.client.identity.address import RelayAddress
from havre.client.identity.names import name_hash
from havre.client.identity.requests import RequestNumbers, RequestSigner
from havre.client.transport.base import Directory
from havre.client.transport.memory_store import MemoryDirectory, Stored
from havre.client.transport.network import InternetNetwork
from havre.wire.capability import capability_hash, inbox_write
from havre.wire.directory import SignUp, Upload
from havre.wire.records import SignedRecord
from havre.wire.refusals import Code
from havre.wire.stream import Hashes
from tests.client.identity.people import SIGNATURES, fresh_keys
from tests.client.transport.scripted import half
from tests.relay.rig import RelayProcess, running_relay

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    folder: Path = tmp_path_factory.mktemp("relay")
    with running_relay(folder, name_passes=1, name_memory_kib=8192) as process:
        yield process


@pytest.fixture(params=["http", "memory"])
async def directory(request: pytest.FixtureRequest) -> AsyncIterator[Directory]:
    if request.param == "memory":
        yield MemoryDirectory("https://relay.example", Stored())
        return
    network = InternetNetwork(half)
    yield network.directory(RelayAddress.parse(request.getfixturevalue("relay").http))
    await network.close()


@dataclass
class Member:
    """An account with one device, which can sign."""

    account: AccountKey = field(default_factory=fresh_keys)
    device: AccountKey = field(default_factory=fresh_keys)
    device_id: bytes = field(default_factory=lambda: urandom(16))
    inbox: bytes = field(default_factory=lambda: urandom(16))
    numbers: RequestNumbers = field(default_factory=lambda: RequestNumbers(lambda: 1_700_000_000_000))

    def record(self, sequence: int = 1) -> SignedRecord:
        certificate = certify_device(SIGNATURES, self.account, self.device_id, self.device.public, 1_700_000_000)
        return sign_record(SIGNATURES, self.account, sequence, self.inbox, [certificate])

    def form(self, name: bytes | None = None, one_time: int = 0, last_resort: bytes | None = b"last") -> SignUp:
        record = self.record()
        hashes = Hashes(bytes(32), capability_hash(inbox_write(self.account.public)), bytes(32))
        packages = Upload([f"package {n}".encode() for n in range(one_time)], last_resort)
        return SignUp(record.record, record.signature, hashes, packages, name)

    @property
    def signer(self) -> RequestSigner:
        return RequestSigner(self.account.id, None, SIGNATURES, self.account.private, self.numbers)

    @property
    def device_signer(self) -> RequestSigner:
        return RequestSigner(self.account.id, self.device_id, SIGNATURES, self.device.private, self.numbers)


@pytest.fixture
def alice() -> Member:
    return Member()


async def refused(asked: Callable[[], Awaitable[object]]) -> Code:
    with pytest.raises(RelayRefused) as caught:
        await asked()
    assert str(caught.value).isprintable()
    return caught.value.code


async def test_relay_info_suits_the_slow_hash(directory: Directory) -> None:
    info = await directory.relay_info()
    assert len(name_hash("alice", info.names, "https://relay.example")) == 32


async def test_signed_up_account_is_found_and_proven(directory: Directory, alice: Member) -> None:
    assert await directory.account(alice.account.id) is None
    await directory.sign_up(alice.form(), alice.signer)
    published = await directory.account(alice.account.id)
    assert published is not None
    assert check_record(SIGNATURES, published, alice.account.id).inbox == alice.inbox


async def test_the_same_sign_up_again_is_harmless(directory: Directory, alice: Member) -> None:
    name = urandom(32)
    for _ in range(2):
        await directory.sign_up(alice.form(name, one_time=2), alice.signer)
    assert await directory.stock(alice.device_signer) == 2


async def test_names(directory: Directory, alice: Member) -> None:
    first, second = urandom(32), urandom(32)
    await directory.sign_up(alice.form(first), alice.signer)
    assert await directory.named(first) == alice.account.id
    await directory.claim_name(second, alice.signer)
    assert await directory.named(second) == alice.account.id
    assert await directory.named(first) is None


async def test_a_name_belongs_to_one(directory: Directory, alice: Member) -> None:
    name, bob = urandom(32), Member()
    await directory.sign_up(alice.form(name), alice.signer)
    assert await refused(lambda: directory.sign_up(bob.form(name), bob.signer)) is Code.TAKEN
    assert await directory.account(bob.account.id) is None
    await directory.sign_up(bob.form(), bob.signer)
    assert await refused(lambda: directory.claim_name(name, bob.signer)) is Code.TAKEN


async def test_a_newer_record_replaces_and_an_older_does_not(directory: Directory, alice: Member) -> None:
    await directory.sign_up(alice.form(), alice.signer)
    await directory.publish(alice.record(5), alice.signer)
    await directory.publish(alice.record(5), alice.signer)
    assert await directory.account(alice.account.id) == alice.record(5)
    assert await refused(lambda: directory.publish(alice.record(4), alice.signer)) is Code.STALE


async def test_key_packages_are_taken_once(directory: Directory, alice: Member) -> None:
    await directory.sign_up(alice.form(one_time=1), alice.signer)
    assert await directory.upload_key_packages(Upload([b"more"]), alice.device_signer) == 2
    taken = [(await directory.take_key_packages(alice.account.id))[0] for _ in range(4)]
    assert [one.key_package for one in taken] == [b"package 0", b"more", b"last", b"last"]
    assert [one.last_resort for one in taken] == [False, False, True, True]
    assert {one.device for one in taken} == {alice.device_id}
    assert await directory.stock(alice.device_signer) == 0


async def test_too_many_key_packages(directory: Directory, alice: Member) -> None:
    await directory.sign_up(alice.form(one_time=100), alice.signer)
    assert await refused(lambda: directory.upload_key_packages(Upload([b"x"]), alice.device_signer)) is Code.FULL


async def test_unknown_account(directory: Directory, alice: Member) -> None:
    assert await refused(lambda: directory.take_key_packages(alice.account.id)) is Code.UNKNOWN
    assert await refused(lambda: directory.publish(alice.record(), alice.signer)) is Code.UNKNOWN
    assert await refused(lambda: directory.claim_name(bytes(32), alice.signer)) is Code.UNKNOWN
    assert await directory.named(urandom(32)) is None


async def test_a_closed_account_is_forgotten_with_its_name_and_key_packages(
    directory: Directory, alice: Member
) -> None:
    name, bob = urandom(32), Member()
    await directory.sign_up(alice.form(name, one_time=2), alice.signer)
    for _ in range(2):
        await directory.close_account(alice.signer)
    assert await directory.account(alice.account.id) is None
    assert await directory.named(name) is None
    assert await refused(lambda: directory.take_key_packages(alice.account.id)) is Code.UNKNOWN
    await directory.sign_up(bob.form(name), bob.signer)
