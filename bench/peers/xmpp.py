"""The same load for XMPP servers: accounts by in-band registration (XEP-0077), and pairs of people who talk.

The messages are not stored: whoever is online gets them passed on, and nobody waits for a disk.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator
from typing import Any, Final

from bench.connections import in_turn
from bench.limits import DEPTH, PAIRS

BODY: Final = "x" * 300
PATIENCE: Final = 30.0
OPEN: Final = (
    "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>"
)
FEATURES: Final = b"</stream:features>"
AT_ONCE: Final = 20


class Client(asyncio.Protocol):
    """One connection: asks in turn, then only counts messages."""

    def __init__(self) -> None:
        self.delivered = 0
        self.partner: Client | None = None
        """Who sends another message for each that arrives here."""
        self.stanza = b""
        self._waiting: asyncio.Future[bytes] | None = None
        self._heard = b""
        self._ends: tuple[bytes, ...] = ()
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self.partner is not None:
            count = data.count(b"</message>")
            self.delivered += count
            self.partner.send(count)
            return
        self._heard += data
        if self._waiting is not None and any(end in self._heard for end in self._ends):
            waiting, self._waiting = self._waiting, None
            waiting.set_result(self._heard)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the server closed the connection"))

    def send(self, count: int) -> None:
        """Send so many messages."""
        if self.stanza:
            self._transport.write(self.stanza * count)

    async def say(self, text: str, *ends: bytes) -> bytes:
        """Send, and return what comes back up to one of these ends."""
        self._heard, self._ends = b"", ends
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(text.encode())
        return await asyncio.wait_for(self._waiting, PATIENCE)

    async def register(self, name: str) -> None:
        """Make an account: a name and a password."""
        query = f"<query xmlns='jabber:iq:register'><username>{name}</username><password>pw</password></query>"
        answer = await self.say(f"<iq type='set' id='r'>{query}</iq>", b"</iq>", b"/>")
        if b"error" in answer:
            raise ConnectionError("the server refused an account")

    async def log_in(self, name: str) -> None:
        """Log in and be online."""
        token = base64.b64encode(f"\0{name}\0pw".encode()).decode()
        auth = f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{token}</auth>"
        answer = await self.say(auth, b"success", b"failure")
        if b"failure" in answer:
            raise ConnectionError("the server refused a login")
        await self.say(OPEN, FEATURES)
        bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind>"
        await self.say(f"<iq type='set' id='b'>{bind}</iq>", b"</iq>")
        session = "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>"
        await self.say(f"<iq type='set' id='s'>{session}</iq><presence/>", b"<presence", b"</presence>")

    def close(self) -> None:
        """End the connection."""
        self._transport.close()


async def connect(port: int) -> Client:
    """Open a stream."""
    _, client = await asyncio.get_running_loop().create_connection(Client, "127.0.0.1", port)
    await client.say(OPEN, FEATURES)
    return client


async def sign_ups(port: int, seconds: float) -> float:
    """Return accounts made a second, each over a connection of its own, as the protocol wants it."""
    names = (f"s{time.time_ns()}x{number}" for number in range(10**9))
    until, began, made = time.perf_counter() + seconds, time.perf_counter(), 0

    async def one_after_the_other() -> None:
        nonlocal made
        while time.perf_counter() < until:
            client = await connect(port)
            await client.register(next(names))
            client.close()
            made += 1

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    return made / (time.perf_counter() - began)


async def _person(port: int, name: str) -> Client:
    client = await connect(port)
    await client.register(name)
    client.close()
    client = await connect(port)
    await client.log_in(name)
    return client


async def pairs(port: int) -> list[tuple[Client, Client]]:
    """Return pairs of people who are online, and who write to each other."""
    tag = f"t{time.time_ns()}"
    people = await in_turn((_person(port, f"{tag}x{number}") for number in range(2 * PAIRS)), AT_ONCE)
    both: Iterator[tuple[Client, Client]] = zip(people[::2], people[1::2], strict=True)
    made: list[tuple[Client, Client]] = []
    for number, (sender, reader) in enumerate(both):
        address = f"{tag}x{2 * number + 1}@localhost"
        sender.stanza = f"<message to='{address}' type='chat' id='m'><body>{BODY}</body></message>".encode()
        reader.partner = sender
        made.append((sender, reader))
    return made


async def traffic(port: int, seconds: float) -> float:
    """Return messages delivered a second, so many under way in each pair all the time."""
    talking = await pairs(port)
    for sender, _ in talking:
        sender.send(DEPTH)
    await asyncio.sleep(1.0)
    before, began = sum(reader.delivered for _, reader in talking), time.perf_counter()
    await asyncio.sleep(seconds)
    rate = (sum(reader.delivered for _, reader in talking) - before) / (time.perf_counter() - began)
    for pair in talking:
        for client in pair:
            client.close()
    return rate
