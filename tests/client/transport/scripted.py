"""A relay that does what the test says: greets, notes what it is asked, answers, pushes, hangs up, is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from havre.client.identity.address import RelayAddress
from havre.client.transport.backoff import Bounds
from havre.client.transport.base import Happening, Received, StreamLink
from havre.client.transport.memory import RelaySession, memory_link
from havre.client.transport.stream import websocket_link
from havre.wire.stream import COMMAND, EVENT, Command, Done, Draining, Entry, EntryKind, Event, Pushed, Ready

QUICK = Bounds(shortest=0.01, longest=0.05, stable=0.2)
READY = Ready(version=1, frame_bytes=2**20, entry_bytes=2**18, ttl=3600, heartbeat=20.0)
QUEUE = b"q" * 16


def half() -> float:
    return 0.5


def pushed(cursor: int, body: bytes = b"body") -> Pushed:
    return Pushed(QUEUE, [Entry(cursor, EntryKind.MESSAGE, 1_700_000_000, body)])


@dataclass
class Peer:
    """One connection from the relay's end."""

    send: Callable[[Sequence[Event]], None]
    hang_up: Callable[[], None]
    gone: bool = False


@dataclass
class ScriptedRelay:
    """Shared by the hosts below, so that a test does not know over what it talks."""

    ready: Event = READY
    answer: Callable[[Command], Sequence[Event]] = lambda command: [Done(command.request)]
    away: bool = False
    taken: list[Command] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)

    def arrived(self, peer: Peer) -> None:
        self.peers.append(peer)
        peer.send([self.ready])

    def take(self, peer: Peer, command: Command) -> None:
        self.taken.append(command)
        peer.send(self.answer(command))

    def drain(self, retry_after: float) -> None:
        """Say goodbye as a relay that restarts does."""
        self.peers[-1].send([Draining(retry_after)])
        self.peers[-1].hang_up()


# --- over WebSocket -------------------------------------------------------------------------------------------


class Listener(WSListener):
    """picows' end of a scripted relay."""

    def __init__(self, relay: ScriptedRelay) -> None:
        self.relay = relay
        self.peer: Peer | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        def send(events: Sequence[Event]) -> None:
            for event in events:
                transport.send(WSMsgType.BINARY, EVENT.encode(event))

        self.peer = Peer(send, transport.disconnect)
        self.relay.arrived(self.peer)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.BINARY and self.peer is not None:
            self.relay.take(self.peer, COMMAND.decode(frame.get_payload_as_bytes()))
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self.peer is not None:
            self.peer.gone = True


@asynccontextmanager
async def websocket_host(relay: ScriptedRelay) -> AsyncIterator[RelayAddress]:
    def listen(request: WSUpgradeRequest) -> WSListener | None:
        return None if relay.away or request.path != b"/v1/stream" else Listener(relay)

    server = await ws_create_server(listen, "127.0.0.1", 0)
    try:
        yield RelayAddress("127.0.0.1", server.sockets[0].getsockname()[1], tls=False)
    finally:
        for peer in relay.peers:
            peer.hang_up()
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def websocket_client(relay: ScriptedRelay, bounds: Bounds = QUICK) -> AsyncIterator[StreamLink]:
    async with websocket_host(relay) as address:
        link = websocket_link(address, half, bounds=bounds, opening=0.5)
        try:
            yield link
        finally:
            await link.close()


# --- in memory ------------------------------------------------------------------------------------------------


class MemorySession:
    """The memory transport's end of a scripted relay."""

    def __init__(self, relay: ScriptedRelay, peer: Peer) -> None:
        self.relay = relay
        self.peer = peer

    def take(self, commands: Sequence[Command]) -> None:
        for command in commands:
            self.relay.take(self.peer, command)

    def closed(self) -> None:
        self.peer.gone = True


class MemoryEnd:
    """A scripted relay as the memory transport wants it."""

    def __init__(self, relay: ScriptedRelay) -> None:
        self.relay = relay

    def connect(
        self, deliver: Callable[[Sequence[Event]], None], hang_up: Callable[[float | None], None]
    ) -> RelaySession:
        if self.relay.away:
            raise ConnectionRefusedError("away")
        said: list[float] = []

        def send(events: Sequence[Event]) -> None:
            said.extend(event.retry_after for event in events if isinstance(event, Draining))
            deliver(events)

        peer = Peer(send, lambda: hang_up(said[-1] if said else None))
        self.relay.arrived(peer)
        return MemorySession(self.relay, peer)


@asynccontextmanager
async def memory_client(relay: ScriptedRelay, bounds: Bounds = QUICK) -> AsyncIterator[StreamLink]:
    link = memory_link(RelayAddress("relay.example", 443, tls=True), MemoryEnd(relay), half, bounds)
    try:
        yield link
    finally:
        await link.close()


# --- what tests do with a link --------------------------------------------------------------------------------


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait up to a few seconds for something that happens by itself."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("it did not happen")


class Follower:
    """Takes happenings one by one, each within some seconds."""

    def __init__(self, link: StreamLink) -> None:
        self.iterator = aiter(link)

    async def next(self) -> Happening:
        async with asyncio.timeout(60):
            return await anext(self.iterator)

    async def events(self, count: int) -> list[Event]:
        """Take received events until there are `count` of them."""
        events: list[Event] = []
        while len(events) < count:
            happening = await self.next()
            assert isinstance(happening, Received)
            events.extend(happening.events)
        return events
