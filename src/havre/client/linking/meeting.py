"""Where two devices meet: a queue whose capabilities, and the keys of what is said in it, follow from their secret.

Each side says each thing once, under a key of its own; what does not open under the key for it is passed over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

from havre import mls
from havre.client.engine.mls_groups import SUITE
from havre.client.errors import HavreError, RelayRefused
from havre.client.linking.code import DeviceCode
from havre.client.sentences import said
from havre.client.transport.base import Connected, Disconnected, Network, Received
from havre.wire.capability import Capabilities
from havre.wire.stream import (
    Append,
    Appended,
    Command,
    Create,
    Delete,
    Done,
    Entry,
    Event,
    Pushed,
    Refused,
    Subscribe,
    Subscribed,
    Subscription,
)

LIFE: Final = 3600
"""Seconds for which the queue's entries live; a link takes minutes."""
_PROVIDER: Final = mls.cipher_suite(SUITE).provider
_NONCE: Final = bytes(12)
_SUBSCRIBE: Final = 1
_CREATE: Final = 2
_FIRST: Final = 10
_PATIENCE: Final = 8
_PAUSE: Final = 0.5
"""Seconds between two attempts to find the queue, and how many there are."""


class Meeting:
    """One side of it, over a connection of its own; `async with`. `first`: this side makes the queue and deletes it."""

    def __init__(self, code: DeviceCode, network: Network, first: bool) -> None:
        self._code, self._network, self._first = code, network, first
        self._opens = Capabilities(*(self._derived(name) for name in ("read", "write", "manage")))
        self._link = network.stream(code.relay)
        self._entries: dict[int, bytes] = {}
        self._said: dict[int, Command] = {}
        self._failure: HavreError | None = None
        self._moved = asyncio.Event()
        self._next = _FIRST
        self._away, self._patience = False, _PATIENCE
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Meeting:
        self._listening = asyncio.ensure_future(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._first and self._failure is None:
            await self._link.send([Delete(3, self._code.queue, self._opens.manage)])
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._link.close()

    async def say(self, label: str, data: bytes) -> None:
        """Say something to the other side; returns once the relay has it. Raises what the relay raises."""
        sealed = _PROVIDER.seal(self._derived(label), _NONCE, label.encode(), data)
        number, self._next = self._next, self._next + 1
        dedupe = sha256(self._derived(f"{label} dedupe")).digest()[:16]
        self._said[number] = Append(number, self._code.queue, self._opens.write, dedupe, sealed)
        await self._link.send([self._said[number]])
        await self._until(lambda: number not in self._said)

    async def hear(self, label: str) -> bytes:
        """Return what the other side says under a label, waiting for it; raises what the relay raises."""
        found: list[bytes] = []

        def is_there() -> bool:
            found.extend(data for data in map(self._opener(label), self._entries.values()) if data is not None)
            return bool(found)

        await self._until(is_there)
        return found[0]

    def _opener(self, label: str) -> Callable[[bytes], bytes | None]:
        def opened(body: bytes) -> bytes | None:
            try:
                return _PROVIDER.open(self._derived(label), _NONCE, label.encode(), body)
            except mls.CryptoError:
                return None

        return opened

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            if self._failure is not None:
                raise self._failure
            self._moved.clear()
            await self._moved.wait()

    def _derived(self, name: str) -> bytes:
        return _PROVIDER.expand(self._code.secret, f"havre/1 device link {name}".encode(), 32)

    async def _listen(self) -> None:
        async for happening in self._link:
            match happening:
                case Connected():
                    await self._link.send(self._first_words())
                case Received(said):
                    for event in said:
                        self._take(event)
                    await self._ask_again()
                case Disconnected():
                    pass  # the link comes back by itself
            self._moved.set()

    async def _ask_again(self) -> None:
        """The new device shows its code before the queue is there; whoever is quicker asks for it a few times."""
        if not self._away:
            return
        self._patience -= 1
        if self._patience < 0:
            self._failure = HavreError(said("CodeOver", "This code is no longer good; begin again on the new device."))
            return
        self._away = False
        await asyncio.sleep(_PAUSE)
        await self._link.send(self._first_words())

    def _first_words(self) -> Sequence[Command]:
        queue, opens = self._code.queue, self._opens
        made: list[Command] = [Create(_CREATE, queue, opens.hashes(), LIFE)] if self._first else []
        return [*made, Subscribe(_SUBSCRIBE, [Subscription(queue, opens.read, 0)]), *self._said.values()]

    def _take(self, event: Event) -> None:
        match event:
            case Subscribed(queues=[caught]):
                self._away = caught.refused is not None
                self._keep(caught.entries)
            case Pushed(entries=entries):
                self._keep(entries)
            case Appended(request=request) | Done(request=request):
                self._said.pop(request, None)
            case Refused(request=request, code=code, message=message, retry_after=None) if request is not None:
                self._failure = RelayRefused(self._code.relay.url, code, message)

    def _keep(self, entries: Sequence[Entry]) -> None:
        self._entries.update({entry.cursor: entry.body for entry in entries})
