"""What a connection is told when the store cannot be read: one answer, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
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

    def answer(self, *events: Event) -> None:
        self.events.extend(events)

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
        relay.store.entries = broken  # type: ignore[method-assign, assignment]  # a disk that fails
        await do(subscribe)
        refused = party.events[-1]
        assert isinstance(refused, Refused)
        assert (refused.request, refused.code) == (5, Code.BUSY)
        assert (relay.subscribers.is_empty, party.holds) == (True, 0)
        relay.store.entries = reading  # type: ignore[method-assign]  # and works again
        await do(subscribe, Append(6, *append, bytes(15) + b"1", b"two"))
        kinds = [type(event) for event in party.events[-3:]]
        assert sorted(kinds, key=str) == sorted([Appended, Subscribed, Pushed], key=str)
        assert kinds.index(Subscribed) < kinds.index(Pushed)
        await relay.release()

    asyncio.run(scene())


class Broken(Party):
    """A connection to which nothing can be said, for a reason that nobody has thought of."""

    def answer(self, *events: Event) -> None:
        raise ValueError("I am broken")

    push = hold = answer  # type: ignore[assignment]  # all of them raise


def test_one_who_cannot_be_answered_is_cut_and_all_others_are_answered(tmp_path: Path) -> None:
    async def scene() -> None:
        relay, queue = Relay(RelayConfig(data=tmp_path, free_bytes=0)), Queue()
        parties = [Party(), Broken(), Party()]
        subscription = Subscription(queue.id, queue.secrets.read, 0)
        relay.committer.submit(parties[0], Create(1, queue.id, queue.hashes, 0))
        for command in (
            Subscribe(2, [subscription]),
            Append(3, queue.id, queue.secrets.write, os.urandom(16), b"x"),
        ):
            for party in parties:
                relay.committer.submit(party, command)
            await relay.committer.settle()
            await relay.delivery.settle()
        assert parties[1].is_gone
        for party in (parties[0], parties[2]):
            told = [event for event in party.events if isinstance(event, Pushed)]
            assert [entry.cursor for pushed in told for entry in pushed.entries], "pushes go out"
            assert any(isinstance(event, Appended) for event in party.events), "and answers"
        await relay.release()

    asyncio.run(scene())
