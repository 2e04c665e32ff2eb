"""A file on its way: held, going on, called back."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from havre.client.api import Message
from havre.client.files.persistence import unseen
from havre.desk.sending import Cancelled, Progress, Sending

pytestmark = pytest.mark.anyio

SENT = cast(Message, object())


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Relay:
    """A relay that takes half of a file, and the rest when it is let."""

    def __init__(self) -> None:
        self.calls = 0
        self.begun, self.goes_on = asyncio.Event(), asyncio.Event()

    async def send(self, seen: Progress) -> Message:
        self.calls += 1
        seen(1, 2)
        self.begun.set()
        await self.goes_on.wait()
        seen(2, 2)
        return SENT


async def begun(relay: Relay) -> tuple[Sending, asyncio.Task[Message]]:
    sending = Sending(unseen)
    running = asyncio.create_task(sending.run(relay.send))
    await relay.begun.wait()
    return sending, running


async def test_it_is_held_and_goes_on() -> None:
    relay = Relay()
    sending, running = await begun(relay)
    sending.hold(True)
    relay.begun.clear()
    relay.goes_on.set()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not running.done()
    assert relay.calls == 1
    sending.hold(False)
    assert await running is SENT
    assert relay.calls == 2


async def test_it_is_held_before_it_can_be_sent() -> None:
    relay, sending = Relay(), Sending(unseen)
    relay.goes_on.set()
    sending.hold(True)
    running = asyncio.create_task(sending.run(relay.send))
    for _ in range(5):
        await asyncio.sleep(0)
    assert relay.calls == 0
    sending.hold(False)
    assert await running is SENT


async def test_it_is_called_back_before_it_can_be_sent() -> None:
    relay, sending = Relay(), Sending(unseen)
    sending.call_back()
    with pytest.raises(Cancelled):
        await sending.run(relay.send)
    assert relay.calls == 0


@pytest.mark.parametrize("held", [False, True])
async def test_it_is_called_back(held: bool) -> None:
    sending, running = await begun(Relay())
    if held:
        sending.hold(True)
    sending.call_back()
    with pytest.raises(Cancelled):
        await running


async def test_what_has_arrived_is_neither_held_nor_sent_twice() -> None:
    relay, last = Relay(), asyncio.Event()

    async def send(seen: Progress) -> Message:
        message = await relay.send(seen)
        last.set()
        await asyncio.sleep(0)
        return message

    sending = Sending(unseen)
    running = asyncio.create_task(sending.run(send))
    relay.goes_on.set()
    await last.wait()
    sending.hold(True)
    sending.call_back()
    assert await running is SENT
    assert relay.calls == 1


async def test_when_the_app_ends_it_ends_too() -> None:
    relay = Relay()
    _, running = await begun(relay)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert relay.calls == 1
