"""Files on their way from the page to the core, and on from there, with a real relay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from havre.client.api import FileBody, Havre
from havre.desk import views
from havre.desk.desk import Desk
from havre.desk.methods.messages import cancel_transfer, pause_transfer
from havre.desk.transfers import upload
from tests.client.relays import running_relay
from tests.client.test_api import CHEAP, SECRET, introduce, until

pytestmark = pytest.mark.anyio

TRANSFER = "the page's own name for it"


@dataclass
class Post:
    """A file that the page posts to a chat, part by part."""

    desk: Desk
    chat: str
    parts: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)

    def request(self) -> Request:
        scope = {
            "type": "http",
            "method": "POST",
            "headers": [],
            "query_string": f"name=film.bin&transfer={TRANSFER}".encode(),
            "path_params": {"chat": self.chat},
        }
        return Request(scope, self.parts.get)

    async def begin(self) -> asyncio.Task[views.Message | views.Failure]:
        """Post half of it, and return what will be answered."""
        answering = asyncio.create_task(upload(self.desk, self.request()))
        self.parts.put_nowait({"type": "http.request", "body": b"one half ", "more_body": True})
        await until(lambda: TRANSFER in self.desk.transfers)
        return answering

    def end(self) -> None:
        """Post the rest."""
        self.parts.put_nowait({"type": "http.request", "body": b"and the other", "more_body": False})


@dataclass
class Scene:
    """Alice's app, and Bob, who has her."""

    post: Post
    bob: Havre

    def arrived(self) -> list[str]:
        """Return the files that Bob has got."""
        (chat,) = self.bob.chats()
        return [one.body.name for one in self.bob.messages(chat) if isinstance(one.body, FileBody)]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        relay = await stack.enter_async_context(running_relay(tmp_path / "relay"))
        alice, bob = [
            await stack.enter_async_context(Havre.sign_up(tmp_path / name, SECRET, relay.url, name, cost=CHEAP))
            for name in ("Alice", "Bob")
        ]
        to_bob, _ = await introduce(alice, bob)
        await alice.close()
        desk = Desk(tmp_path / "Alice", relay.url)
        await desk.open(SECRET)
        stack.push_async_callback(desk.close)
        yield Scene(Post(desk, to_bob.id), bob)


async def test_a_file_is_held_before_all_of_it_is_here(scene: Scene) -> None:
    answering = await scene.post.begin()
    await pause_transfer(scene.post.desk, TRANSFER, True)
    scene.post.end()
    done, _ = await asyncio.wait([answering], timeout=0.5)
    assert not done, "it was sent in spite of it"
    await pause_transfer(scene.post.desk, TRANSFER, False)
    assert isinstance(await answering, views.Message)
    await until(lambda: scene.arrived() == ["film.bin"])
    assert scene.post.desk.transfers == {}


async def test_a_file_is_called_back_before_all_of_it_is_here(scene: Scene) -> None:
    answering = await scene.post.begin()
    await cancel_transfer(scene.post.desk, TRANSFER)
    scene.post.end()
    answer = await answering
    assert isinstance(answer, views.Failure)
    assert answer.error == "Cancelled"
    assert scene.arrived() == []
    assert scene.post.desk.transfers == {}
