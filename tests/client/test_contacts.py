"""Finding people, and not being led astray by what they send."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from havre.client.api import Cost, FileBody, Havre, Passphrase
from havre.client.errors import FileDamaged
from havre.client.files.chunks import FileKey
from havre.client.files.descriptor import FileDescriptor
from havre.client.identity.address import RelayAddress
from havre.client.parts import external_part
from havre.content import file as content_file
from tests.client.relays import running_relay

pytestmark = pytest.mark.anyio

CHEAP = Cost(passes=1, memory_kib=64, lanes=1)
SECRET = Passphrase("correct horse")


@pytest.fixture
async def alice_and_bob(tmp_path: Path) -> AsyncIterator[tuple[Havre, Havre]]:
    async with AsyncExitStack() as stack:
        relay = await stack.enter_async_context(running_relay(tmp_path / "relay"))
        alice, bob = [
            await stack.enter_async_context(Havre.sign_up(tmp_path / name, SECRET, relay.url, name, cost=CHEAP))
            for name in ("alice", "bob")
        ]
        for one in (alice, bob):
            await one.contacts.let_everybody_in(True)
        yield alice, bob


async def test_a_file_is_never_fetched_from_a_place_of_the_senders_choosing(
    alice_and_bob: tuple[Havre, Havre], tmp_path: Path
) -> None:
    alice, bob = alice_and_bob
    to_bob = await alice.add(bob.link())
    elsewhere = RelayAddress.parse("http://127.0.0.1:9")
    trap = FileDescriptor(elsewhere, b"b" * 16, FileKey(b"k" * 32, b"p" * 7), 5, b"h" * 32, "text/plain", "trap.txt")
    await alice._send(to_bob, content_file(b"", external_part(trap, 0), 0))
    await alice.settle(60)
    await bob.settle(60)
    message = bob.messages(bob.people()[0])[-1]
    assert isinstance(message.body, FileBody)
    with pytest.raises(FileDamaged, match="not this conversation's relay"):
        await bob.save_file(message, tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


async def test_files_go_to_the_conversations_home(alice_and_bob: tuple[Havre, Havre], tmp_path: Path) -> None:
    alice, _ = alice_and_bob
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(running_relay(tmp_path / "other"))
        carol = await stack.enter_async_context(
            Havre.sign_up(tmp_path / "carol", SECRET, other.url, "carol", cost=CHEAP)
        )
        await carol.contacts.let_everybody_in(True)
        await alice.add(carol.link())
        await alice.settle(60)
        await carol.settle(60)
        path = tmp_path / "map.txt"
        path.write_text("here")
        await carol.send_file(carol.people()[0], path)
        await carol.settle(60)
        await alice.settle(60)
        saved = await alice.save_file(alice.messages(alice.person("carol"))[-1], tmp_path / "saved")
        assert saved.read_text() == "here"
        assert not [blob for blob in (tmp_path / "other" / "blobs").rglob("*") if blob.is_file()]
