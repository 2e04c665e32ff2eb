"""Files as the api sends and saves them: pictures, what is interrupted, what goes to several chats."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from havre.client.api import FileBody, Havre, Message, OnceBody
from havre.client.errors import FileChanged
from tests.client.files.transfers import content
from tests.client.pictures.test_bare import TELLING, picture, pixels
from tests.client.relays import RunningRelay, running_relay
from tests.client.test_api import CHEAP, SECRET, introduce, until

pytestmark = pytest.mark.anyio

SIZE = 6 << 20


class House:
    """A relay, Alice and Bob, who have each other; each can go away and come back."""

    def __init__(self, folder: Path, relay: RunningRelay, stack: AsyncExitStack) -> None:
        self.folder, self.relay, self._stack = folder, relay, stack

    async def begin(self) -> None:
        self.alice, self.bob = [
            await self._stack.enter_async_context(
                Havre.sign_up(self.folder / name, SECRET, self.relay.url, name, cost=CHEAP)
            )
            for name in ("Alice", "Bob")
        ]
        self.to_bob, self.to_alice = await introduce(self.alice, self.bob)

    async def again(self, name: str) -> Havre:
        return await self._stack.enter_async_context(Havre.open(self.folder / name, SECRET))

    async def killed(self, what: str, name: str, path: Path) -> None:
        """Have a process of somebody's be killed in the middle of sending or saving."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.client.files.killed", what, self.folder / name, "correct horse", path
        )
        assert await process.wait() == -signal.SIGKILL

    async def at_bob(self, sent: Message) -> Message:
        await until(lambda: any(one.id == sent.id for one in self.bob.messages(self.to_alice)))
        return self.bob.message(self.to_alice, sent.id)

    def blobs(self) -> list[Path]:
        """Return the files that the relay holds."""
        return [path for path in (self.folder / "relay" / "blobs").rglob("*") if path.is_file()]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        relay = await stack.enter_async_context(running_relay(tmp_path / "relay"))
        made = House(tmp_path, relay, stack)
        await made.begin()
        yield made


def picture_at(path: Path) -> Path:
    path.write_bytes(picture("JPEG"))
    return path


async def test_a_picture_arrives_with_a_thumbnail_and_without_its_metadata(house: House) -> None:
    path = picture_at(house.folder / "holiday.jpg")
    body = (theirs := await house.at_bob(await house.alice.send_file(house.to_bob, path))).body
    assert isinstance(body, FileBody)
    assert body.picture is not None
    assert (body.name, body.media_type) == ("holiday.jpg", "image/jpeg")
    assert (body.picture.width, body.picture.height) == (120, 80)
    assert pixels(body.picture.thumbnail)
    saved = (await house.bob.save_file(theirs, house.folder / "saved")).read_bytes()
    assert pixels(saved) == pixels(path.read_bytes())
    assert not any(word in saved for word in TELLING)
    (again,) = await house.bob.forward(theirs, [house.to_alice])
    assert isinstance(again.body, FileBody)
    assert again.body.picture == body.picture
    assert not list((house.folder / "Alice").glob("sending-*"))


async def test_a_picture_goes_out_as_it_is_if_its_sender_says_so(house: House) -> None:
    path = picture_at(house.folder / "evidence.jpg")
    theirs = await house.at_bob(await house.alice.send_file(house.to_bob, path, exact=True))
    assert (await house.bob.save_file(theirs, house.folder / "saved")).read_bytes() == path.read_bytes()


async def test_what_can_be_viewed_once_shows_nothing_before(house: House) -> None:
    path = picture_at(house.folder / "secret.jpg")
    theirs = await house.at_bob(await house.alice.send_file(house.to_bob, path, once=True))
    assert isinstance(theirs.body, OnceBody)
    viewed = (await house.bob.view(theirs, house.folder / "saved")).body
    assert isinstance(viewed, FileBody)
    assert viewed.picture is not None
    assert viewed.picture.blurhash
    assert viewed.picture.thumbnail == b""


class Seen:
    """Notes how far a file was at first."""

    def __init__(self) -> None:
        self.first: int | None = None

    def __call__(self, done: int, total: int) -> None:
        self.first = done if self.first is None else self.first


async def test_who_is_killed_goes_on_where_it_was(house: House) -> None:
    path = house.folder / "big.bin"
    path.write_bytes(content(SIZE))
    await house.alice.close()
    await house.killed("send", "Alice", path)
    alice, seen = await house.again("Alice"), Seen()
    sent = await alice.send_file(alice.people()[0], path, seen)
    assert seen.first is not None
    assert SIZE > seen.first > 0, "it began anew"
    assert len(house.blobs()) == 1
    theirs = await house.at_bob(sent)
    assert [one.body.name for one in house.bob.messages(house.to_alice) if isinstance(one.body, FileBody)] == [
        "big.bin"
    ]

    left = house.folder / "Bob" / "sending-left"
    left.mkdir()
    (left / "picture.jpg").write_bytes(b"without its metadata")
    await house.bob.close()
    await house.killed("save", "Bob", house.folder / "saved")
    bob, seen = await house.again("Bob"), Seen()
    saved = await bob.save_file(theirs, house.folder / "saved", seen)
    assert seen.first is not None
    assert SIZE > seen.first > 0
    assert saved.read_bytes() == path.read_bytes()
    assert [one.name for one in saved.parent.iterdir()] == ["big.bin"]
    assert not left.exists(), "what a killed process leaves lies about in clear"


async def test_a_file_that_has_changed_meanwhile_is_sent_as_it_is_now(house: House) -> None:
    path = house.folder / "big.bin"
    path.write_bytes(content(SIZE))

    def change(done: int, total: int) -> None:
        if 0 < 2 * done < total:
            path.write_bytes(b"something else")

    with pytest.raises(FileChanged):
        await house.alice.send_file(house.to_bob, path, change)
    theirs = await house.at_bob(await house.alice.send_file(house.to_bob, path))
    assert (await house.bob.save_file(theirs, house.folder / "saved")).read_bytes() == b"something else"


async def test_the_same_file_again_is_nothing_that_the_relay_can_link(house: House) -> None:
    path = house.folder / "leaflet.pdf"
    path.write_bytes(content(100_000))
    for _ in range(2):
        await house.alice.send_file(house.to_bob, path)
    one, other = (blob.read_bytes() for blob in house.blobs() if blob.stat().st_size >= 100_000)
    assert len(one) == len(other)
    same = sum(a == b for a, b in zip(one, other, strict=True))
    assert same < len(one) / 100, "no more bytes agree than chance has it"
