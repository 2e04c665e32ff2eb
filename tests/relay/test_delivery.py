"""What a connection is told when the store cannot be read: one answer, and nothing left behind."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from havre.relay.app import Relay
from havre.relay.config import RelayConfig
from havre.wire.refusals import Code
from havre.wire.stream import (
    EVENT,
    Append,
    Appended,
    Create,
    Event,
    Pushed,
    Refused,
    Subscribe,
    Subscribed,
    Subscription,
)
from tests.relay.rig import Queue


class Party:
    """A connection inside this process, holding back as a real one does."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.following: set[bytes] = set()
        self.is_gone = False
        self.holds = 0
        self.held: list[bytes] = []

    def cut(self) -> None:
        self.is_gone = True

    def answer(self, event: Event) -> None:
        self.events.append(event)

    tell = answer

    def push(self, frame: bytes) -> None:
        if self.holds:
            self.held.append(frame)
        else:
            self.events.append(EVENT.decode(frame))

    def hold(self) -> None:
        self.holds += 1

    def release(self) -> None:
        self.holds -= 1
        held, self.held = self.held, []
        for frame in held:
            self.push(frame)


def broken(*arguments: Any) -> Any:
    raise Exception("IO error: Input/output error")


def test_a_subscribe_that_cannot_be_read_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        relay, queue, party = Relay(RelayConfig(data=tmp_path, free_bytes=0)), Queue(), Party()

        async def do(*commands: Any) -> None:
            for command in commands:
                relay.committer.submit(party, command)
            await relay.committer.settle()
            await relay.delivery.settle()

        subscribe = Subscribe(5, [Subscription(queue.id, queue.secrets.read, 0)])
        append = (queue.id, queue.secrets.write)
        await do(Create(1, queue.id, queue.hashes, 0), Append(2, *append, bytes(16), b"one"))
        reading = relay.store.entries
        relay.store.entries = broken  # type: ignore[method-assign, assignment]
        await do(subscribe)
        refused = party.events[-1]
        assert isinstance(refused, Refused)
        assert (refused.request, refused.code) == (5, Code.BUSY)
        assert (relay.subscribers.is_empty, party.holds) == (True, 0)
        relay.store.entries = reading  # type: ignore[method-assign]
        await do(subscribe, Append(6, *append, bytes(15) + b"1", b"two"))
        kinds = [type(event) for event in party.events[-3:]]
        assert sorted(kinds, key=str) == sorted([Appended, Subscribed, Pushed], key=str)
        assert kinds.index(Subscribed) < kinds.index(Pushed)
        await relay.release()

    asyncio.run(scene())
