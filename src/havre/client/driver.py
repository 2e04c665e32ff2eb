"""The thin shell around the engine: one loop that takes what happened, has it handled in one transaction, and acts.

Nothing is decided here. Whatever fails in the vault leaves engine and vault as if the batch had never come; the relays
are then asked again for all that is not in the vault.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from havre.client.engine import effects, events
from havre.client.engine.engine import Engine
from havre.client.errors import HavreError
from havre.client.identity.address import RelayAddress
from havre.client.identity.requests import RequestSigner
from havre.client.transport.base import Connected, Directory, Disconnected, Network, Received, StreamLink
from havre.client.vault.base import Vault
from havre.client.vault.rows import Message, Person
from havre.wire.directory import Upload
from havre.wire.stream import Command

BATCH: Final = 1000
"""Events that one transaction takes at most."""
WAITING: Final = 64
"""Batches that may wait before the streams are slowed down."""
STOPPED: Final = "Havre stopped because of an error of its own; nothing was lost, start it again."
RECOVERY: Final = 5.0
"""Seconds between a failure of the vault and the next attempt."""


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """A relay is connected, or is not, and why."""

    relay: str
    connected: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something went wrong that no command waits for; one sentence."""

    sentence: str


News = effects.Told | ConnectionChanged | Trouble


class Driver:
    """Runs one engine. Make it inside a running event loop, then `start` it."""

    def __init__(
        self,
        vault: Vault,
        engine: Engine,
        network: Network,
        signer: RequestSigner,
        clock: Callable[[], int],
        tell: Callable[[News], None],
    ) -> None:
        """`clock` gives unix milliseconds; `tell` takes news for the faces and must not block."""
        self._vault, self._engine, self._network = vault, engine, network
        self._signer, self._clock, self._tell = signer, clock, tell
        self._mail: deque[Sequence[events.Event]] = deque()
        self._arrived, self._taken = asyncio.Event(), asyncio.Event()
        self._wires: dict[str, _Wire] = {}
        self._answers: dict[int, asyncio.Future[Message | Person | None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake: tuple[int, asyncio.TimerHandle] | None = None
        self._moved = asyncio.Event()
        self._tickets = 0
        self._failure: BaseException | None = None

    # --- for the api ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to work."""
        self._spawn(self._run())
        self.post([events.Started()])

    async def do(self, intent: Callable[[int], events.Intent]) -> Message | Person | None:
        """Have something done that a person wants; returns once it is in the vault, or raises HavreError."""
        self._tickets += 1
        ticket = self._tickets
        if self._failure is not None:
            raise HavreError(STOPPED) from self._failure
        self._answers[ticket] = asyncio.get_running_loop().create_future()
        try:
            self.post([intent(ticket)])
            return await self._answers[ticket]
        finally:
            del self._answers[ticket]

    async def settle(self, within: float) -> bool:
        """Wait until all has been sent and all that is new fetched; False: it was not done `within` so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not self.settled():
                    self._moved.clear()
                    await self._moved.wait()
        return self.settled()

    def settled(self) -> bool:
        """Tell whether there is nothing left to send or fetch."""
        if self._failure is not None:
            raise HavreError(STOPPED) from self._failure
        away = [relay for relay in self._needed() if relay not in self._wires or not self._wires[relay].connected]
        return not away and not self._mail and self._engine.quiet() and self._vault.outbox_size() == 0

    def reasons(self) -> list[str]:
        """Return why relays that are needed are not connected."""
        wires = [self._wires[relay] for relay in sorted(self._needed()) if relay in self._wires]
        return [wire.reason for wire in wires if not wire.connected and wire.reason]

    def _needed(self) -> set[str]:
        return {row.relay for row in self._vault.queues()} | set(self._vault.outgoing_relays())

    async def close(self) -> None:
        """Stop; what was not acknowledged goes out at the next start."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._wake is not None:
            self._wake[1].cancel()

    def post(self, what: Sequence[events.Event]) -> None:
        """Hand over what happened; it is handled in the order of these calls."""
        self._mail.append(what)
        self._arrived.set()

    async def _room(self) -> None:
        """Wait while so much has happened that the streams should be slowed down."""
        while len(self._mail) >= WAITING:
            self._taken.clear()
            await self._taken.wait()

    # --- the loop ---------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            while True:
                self._handle(await self._next_batch())
                self._moved.set()
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._fail(error)

    async def _next_batch(self) -> list[events.Event]:
        while not self._mail:
            self._arrived.clear()
            await self._arrived.wait()
        batch: list[events.Event] = []
        while self._mail and len(batch) < BATCH:
            batch.extend(self._mail.popleft())
        self._taken.set()
        return batch

    def _handle(self, batch: list[events.Event]) -> None:
        try:
            with self._vault.transaction():
                found = self._engine.handle(batch, self._clock())
        except HavreError as error:
            self._recover(batch, error)
            return
        for effect in found:
            self._carry_out(effect)

    def _recover(self, batch: Sequence[events.Event], error: HavreError) -> None:
        """Nothing of the batch has happened: say so to who waits, and ask the relays again in a while."""
        self._engine.forget()
        self._tell(Trouble(error.sentence))
        for event in batch:
            waiting = self._answers.get(getattr(event, "ticket", 0))
            if waiting is not None and not waiting.done():
                waiting.set_exception(error)
        asyncio.get_running_loop().call_later(RECOVERY, self._resume)

    def _resume(self) -> None:
        standing = [events.Connected(relay) for relay, wire in self._wires.items() if wire.connected]
        self.post([events.Started(), *standing])

    def _fail(self, error: BaseException) -> None:
        """A bug: nothing of the batch has happened, and nothing more will until the next start."""
        self._failure = error
        self._engine.forget()
        self._moved.set()
        self._tell(Trouble(f"{STOPPED} ({type(error).__name__})"))
        for waiting in self._answers.values():
            if not waiting.done():
                told = HavreError(STOPPED)
                told.__cause__ = error
                waiting.set_exception(told)

    # --- effects ----------------------------------------------------------------------------------------------

    def _carry_out(self, effect: effects.Effect) -> None:
        match effect:
            case effects.ToRelay(relay, command):
                self._wire(relay).send(command)
            case effects.Notify(told):
                self._tell(told)
            case effects.Answer(ticket, value):
                self._answer(ticket, lambda waiting: waiting.set_result(value))
            case effects.Failed(ticket, sentence):
                self._answer(ticket, lambda waiting: waiting.set_exception(HavreError(sentence)))
            case effects.Connect(relay):
                self._wire(relay)
            case effects.WakeAt(at):
                self._wake_at(at)
            case effects.AskStock():
                self._spawn(self._ask_stock())
            case effects.PublishKeyPackages():
                self._spawn(self._publish(effect))

    def _answer(self, ticket: int, settle: Callable[[asyncio.Future[Message | Person | None]], None]) -> None:
        waiting = self._answers.get(ticket)
        if waiting is not None and not waiting.done():
            settle(waiting)

    def _wake_at(self, at: int) -> None:
        if self._wake is not None:
            if self._wake[0] <= at:
                return
            self._wake[1].cancel()
        delay = max(0, at - self._clock()) / 1000
        self._wake = at, asyncio.get_running_loop().call_later(delay, self._ticked)

    def _ticked(self) -> None:
        self._wake = None
        self.post([events.Tick()])

    async def _ask_stock(self) -> None:
        with suppress(HavreError):  # asked again at the next start, and after every Welcome
            left = await self._home_directory().stock(self._signer)
            self.post([events.Stock(left)])

    async def _publish(self, effect: effects.PublishKeyPackages) -> None:
        upload = Upload(one_time=list(effect.one_time), last_resort=effect.last_resort)
        with suppress(HavreError):
            await self._home_directory().upload_key_packages(upload, self._signer)
            self.post([events.Published(effect.refs)])

    def _home_directory(self) -> Directory:
        return self._network.directory(RelayAddress.parse(self._vault.me().relay))

    # --- relays -----------------------------------------------------------------------------------------------

    def _wire(self, relay: str) -> _Wire:
        if relay not in self._wires:
            wire = _Wire(relay, self._network.stream(RelayAddress.parse(relay)))
            self._wires[relay] = wire
            self._spawn(wire.talk())
            self._spawn(self._listen(wire))
        return self._wires[relay]

    async def _listen(self, wire: _Wire) -> None:
        async for happening in wire.link:
            await self._room()
            match happening:
                case Received(said):
                    self.post([events.FromRelay(wire.relay, event) for event in said])
                case Connected():
                    wire.renew()
                    self._tell(ConnectionChanged(wire.relay, True, ""))
                    self.post([events.Connected(wire.relay)])
                case Disconnected(reason=reason):
                    wire.end(reason.sentence)
                    self._tell(ConnectionChanged(wire.relay, False, reason.sentence))
                    self.post([events.Disconnected(wire.relay)])
            self._moved.set()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Wire:
    """The way to one relay; sending never holds up the engine, whose windows bound what waits here."""

    def __init__(self, relay: str, link: StreamLink) -> None:
        self.relay, self.link = relay, link
        self.connected = False
        self.reason = ""
        self._outgoing: list[Command] = []
        self._more = asyncio.Event()

    def renew(self) -> None:
        """A new connection stands; what was meant for the last one is asked anew by the engine."""
        self.connected, self.reason = True, ""
        self._outgoing.clear()

    def end(self, reason: str) -> None:
        """The connection is gone."""
        self.connected, self.reason = False, reason
        self._outgoing.clear()

    def send(self, command: Command) -> None:
        """Queue a command."""
        self._outgoing.append(command)
        self._more.set()

    async def talk(self) -> None:
        """Send what is queued, all that has come together in one go."""
        while True:
            await self._more.wait()
            self._more.clear()
            commands, self._outgoing = self._outgoing, []
            await self.link.send(commands)
