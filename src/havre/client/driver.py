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
from havre.client.sentences import said
from havre.client.transport.base import Connected, Directory, Disconnected, Network, Received, StreamLink
from havre.client.vault.base import Vault
from havre.client.vault.rows import Queue
from havre.wire.directory import Upload
from havre.wire.stream import Command

BATCH: Final = 1000
"""Events that one transaction takes at most."""
WAITING: Final = 64
"""Batches that may wait before the streams are slowed down."""
STOPPED: Final = said("Stopped", "Havre stopped because of an error of its own; nothing was lost, start it again.")
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
        self._answers: dict[int, asyncio.Future[effects.Value]] = {}
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

    async def do(self, intent: Callable[[int], events.Intent]) -> effects.Value:
        """Have something done that a person wants; returns once it is in the vault, or raises HavreError."""
        self._tickets += 1
        ticket = self._tickets
        self._check_running()
        self._answers[ticket] = asyncio.get_running_loop().create_future()
        try:
            self.post([intent(ticket)])
            return await self._answers[ticket]
        finally:
            del self._answers[ticket]

    def attend(self, work: Coroutine[None, None, None]) -> None:
        """Carry something out beside everything else; what is not done when the driver closes is left."""
        self._spawn(work)

    async def settle(self, within: float) -> bool:
        """Wait until all has been sent and all that is new fetched; False: it was not done `within` so many seconds."""
        return await self.until(self.settled, within)

    async def catch_up(self, chat: bytes, within: float) -> bool:
        """Wait until all that is new in a chat and the inbox is here; relays that do not answer keep nobody waiting.

        False: it was not done `within` so many seconds.
        """
        return await self.until(lambda: self._caught_up(chat), within)

    async def until(self, done: Callable[[], bool], within: float) -> bool:
        """Wait until something is so that only what happens here can bring about; False: it was not, in `within` s."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not done():
                    self._moved.clear()
                    await self._moved.wait()
        return done()

    def settled(self) -> bool:
        """Tell whether there is nothing left to send or fetch."""
        self._check_running()
        away = [relay for relay in self._needed() if not self.is_connected(relay)]
        if self._mail or not self._engine.quiet():
            return False
        now = self._clock()
        return all(self._engine.does_without(relay, now) for relay in away) and self._vault.outbox_size(away) == 0

    def _caught_up(self, chat: bytes) -> bool:
        self._check_running()
        names = [self._vault.me().inbox, *(row.queue for row in self._vault.conversations(chat))]
        rows = [row for row in map(self._vault.queue, names) if row is not None]
        return not self._mail and all(self._has_all(row) for row in rows)

    def _has_all(self, queue: Queue) -> bool:
        wire = self._wires.get(queue.relay)
        if wire is None or not wire.connected:
            return wire is None or bool(wire.reason)
        return not self._engine.is_behind(queue)

    def _check_running(self) -> None:
        if self._failure is not None:
            raise HavreError(STOPPED) from self._failure

    def reasons(self) -> list[str]:
        """Return why relays that are needed are not connected."""
        wires = [self._wires[relay] for relay in sorted(self._needed()) if relay in self._wires]
        return [wire.reason for wire in wires if not wire.connected and wire.reason]

    def is_connected(self, relay: str) -> bool:
        """Tell whether the connection to a relay stands."""
        return relay in self._wires and self._wires[relay].connected

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
        self._tell(Trouble(said(error.kind, error.sentence)))
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
        self._tell(Trouble(said(STOPPED.kind, f"{STOPPED} ({type(error).__name__})")))
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

    def _answer(self, ticket: int, settle: Callable[[asyncio.Future[effects.Value]], None]) -> None:
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
