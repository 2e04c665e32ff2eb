"""What relay tests need: a relay process, a stream client, people with keys."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from havre.wire.capability import Capabilities, account_id, inbox_write
from havre.wire.directory import TICKET_HEADER, SignUp, Upload
from havre.wire.records import (
    RECORD,
    AccountRecord,
    DeviceCertificate,
    certificate_bytes,
    record_bytes,
    request_bytes,
)
from havre.wire.stream import COMMAND, EVENT, Command, Event, Hashes, Pushed, Ready
from tests.relay.nursery import RELAY, Child, bear

PATIENCE = 60.0
DEFAULTS = {"HAVRE_RELAY_FREE_BYTES": "0", "HAVRE_RELAY_SIGN_UPS_AT_LEAST": "100000"}
"""On a machine that is busy with tests nobody is to wait in line, unless the test is about that."""


def visit(url: str) -> httpx.Client:
    """Give a client with a new connection for each request: a server may close an idle one just as it is used again."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(base_url=url, timeout=PATIENCE, limits=limits, trust_env=False)


class RelayProcess:
    """A relay in a process of its own; `before` is what a shell does first, there: `ulimit`, for instance."""

    def __init__(
        self,
        data: Path,
        before: str = "",
        module: str = RELAY,
        /,
        *,
        config_port: bool = False,
        **settings: object,
    ) -> None:
        self.data = data
        self._config_port = config_port
        if config_port:  # the file says which, so that it can change
            with socket.create_server(("127.0.0.1", 0)) as free:
                (data / "relay.toml").write_text(f"port = {free.getsockname()[1]}\n")
        self._shell = ["sh", "-c", f'{before}; exec "$@"', "sh"] if before else []
        self._module = module
        self._environment = {f"HAVRE_RELAY_{key.upper()}": str(value) for key, value in settings.items()}
        self._port = "0"
        self.log = data.parent / f"{data.name}.log"
        self.start()

    def start(self) -> None:
        """Start, and wait until it listens; a second start uses the same port."""
        ready, told = os.pipe()
        arguments = ["--data", str(self.data), "--log", "json"]
        arguments += [] if self._config_port else ["--port", self._port]
        with self.log.open("ab") as log:
            self.process = self._bear(arguments, os.environ | DEFAULTS | self._environment, log.fileno(), told)
        os.close(told)
        with os.fdopen(ready, "rb") as lines:
            line = lines.readline()
        assert line, self.log.read_text()
        self.port = int(msgspec.json.decode(line)["port"])
        self._port = str(self.port)

    def _bear(
        self, arguments: list[str], environment: dict[str, str], log: int, told: int
    ) -> subprocess.Popen[bytes] | Child:
        if not self._shell and self._module == RELAY:
            return bear(RELAY, arguments, environment, {2: log}, told)
        command = [*self._shell, sys.executable, "-m", self._module, *arguments, "--ready-fd", str(told)]
        return subprocess.Popen(command, stderr=log, pass_fds=[told], env=environment)

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def stream(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/stream"

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to stop, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)


@contextmanager
def running_relay(data: Path, before: str = "", module: str = RELAY, /, **settings: Any) -> Iterator[RelayProcess]:
    """A relay process for the length of a test."""
    relay = RelayProcess(data, before, module, **settings)
    try:
        yield relay
    finally:
        if relay.process.poll() is None:
            relay.kill()


_open: list[WSTransport] = []


def run(scene: Coroutine[Any, Any, None]) -> None:
    """Play a scene, and close the connections that it leaves open."""

    async def play() -> None:
        try:
            await scene
        finally:
            for transport in _open:
                transport.disconnect(graceful=False)
                await transport.wait_disconnected()
            _open.clear()

    asyncio.run(play())


class _Listener(WSListener):
    def __init__(self) -> None:
        self.frames: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.close_code: WSCloseCode | None = None

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.BINARY:
            self.frames.put_nowait(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            self.close_code = frame.get_close_code()
            transport.send_close(frame.get_close_code())
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.frames.put_nowait(None)


class Stream:
    """A client of the stream that keeps what it is told."""

    def __init__(self, transport: WSTransport, listener: _Listener) -> None:
        self.transport = transport
        self._listener = listener
        self._numbers = count(1)
        self.told: list[Event] = []

    @classmethod
    async def connect(cls, url: str, **options: Any) -> Stream:
        """Connect; the greeting is the first event."""
        options = {"max_frame_size": 64 * 1024 * 1024, "websocket_handshake_timeout": PATIENCE} | options
        listener = _Listener()  # picows forgets it once the connection is over, be that before anybody has looked
        transport, _ = await ws_connect(lambda: listener, url, **options)
        _open.append(transport)
        return cls(transport, listener)

    @classmethod
    async def open(cls, url: str, **options: Any) -> Stream:
        """Connect and take the greeting."""
        stream = await cls.connect(url, **options)
        assert isinstance(await stream.next(), Ready)
        return stream

    @property
    def close_code(self) -> WSCloseCode | None:
        return self._listener.close_code

    async def next(self) -> Event | None:
        """Return the next event; None once the connection is over."""
        async with asyncio.timeout(PATIENCE):
            frame = await self._listener.frames.get()
        return None if frame is None else EVENT.decode(frame)

    def send(self, command: Command) -> None:
        self.transport.send(WSMsgType.BINARY, COMMAND.encode(command))

    def send_raw(self, data: bytes, kind: WSMsgType = WSMsgType.BINARY) -> None:
        self.transport.send(kind, data)

    async def ask(self, kind: Any, *fields: Any, **named: Any) -> Any:
        """Send a command and return its answer; other events are kept in `told`."""
        number = next(self._numbers)
        self.send(kind(number, *fields, **named))
        while True:
            event = await self.next()
            assert event is not None, f"the relay closed the connection ({self.close_code})"
            if getattr(event, "request", None) == number:
                return event
            self.told.append(event)

    async def pushed(self, queue: bytes, entries: int) -> list[Any]:
        """Return the next so many pushed entries of a queue."""
        found = [e for event in self.told if isinstance(event, Pushed) and event.queue == queue for e in event.entries]
        self.told = [event for event in self.told if not (isinstance(event, Pushed) and event.queue == queue)]
        while len(found) < entries:
            event = await self.next()
            assert event is not None
            if isinstance(event, Pushed) and event.queue == queue:
                found.extend(event.entries)
            else:
                self.told.append(event)
        return found

    def close(self) -> None:
        self.transport.disconnect()


@dataclass
class Queue:
    """A queue as its owner knows it."""

    id: bytes = field(default_factory=lambda: os.urandom(16))
    secrets: Capabilities = field(default_factory=lambda: Capabilities(os.urandom(32), os.urandom(32), os.urandom(32)))

    @property
    def hashes(self) -> Hashes:
        return self.secrets.hashes()


class Person:
    """An account with devices, and how it signs."""

    def __init__(self, devices: int = 1) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes_raw()
        self.id = account_id(self.public)
        self.device_keys = {os.urandom(16): Ed25519PrivateKey.generate() for _ in range(devices)}
        self.inbox = Queue(secrets=Capabilities(os.urandom(32), inbox_write(self.public), os.urandom(32)))
        self._sequence = time.time_ns() // 1_000_000

    @property
    def path(self) -> str:
        return f"/v1/accounts/{self.id.hex()}"

    def packages_path(self, device: bytes) -> str:
        return f"{self.path}/devices/{device.hex()}/key-packages"

    def certificate(self, device: bytes) -> DeviceCertificate:
        key = self.device_keys[device].public_key().public_bytes_raw()
        signature = self.key.sign(certificate_bytes(self.public, device, key, 1))
        return DeviceCertificate(self.public, device, key, 1, signature)

    def record(self, sequence: int = 1, devices: list[bytes] | None = None, inbox: bytes | None = None) -> bytes:
        chosen = list(self.device_keys) if devices is None else devices
        certificates = [self.certificate(device) for device in chosen]
        return RECORD.encode(AccountRecord(self.public, sequence, inbox or self.inbox.id, certificates))

    def sign_record(self, record: bytes) -> bytes:
        return self.key.sign(record_bytes(record))

    def sign_up(self, name: bytes | None = None, packages: Upload | None = None, record: bytes | None = None) -> SignUp:
        record = record or self.record()
        upload = packages or Upload([b"package-%d" % n for n in range(3)], b"last")
        return SignUp(record, self.sign_record(record), self.inbox.hashes, upload, name)

    def headers(
        self, method: str, path: str, body: bytes, device: bytes | None = None, sequence: int | None = None
    ) -> dict[str, str]:
        """Return the signed headers of a request."""
        if sequence is None:
            self._sequence += 1
            sequence = self._sequence
        key = self.key if device is None else self.device_keys[device]
        signature = key.sign(request_bytes(method, path, self.id, sequence, sha256(body).digest()))
        headers = {"Havre-Signature": b64encode(signature).decode(), "Havre-Sequence": str(sequence)}
        return headers if device is None else headers | {"Havre-Device": device.hex()}

    def send(
        self, http: httpx.Client, method: str, path: str, body: Any = None, device: bytes | None = None
    ) -> httpx.Response:
        """Make a signed request."""
        data = b"" if body is None else msgspec.json.encode(body)
        return http.request(method, path, content=data, headers=self.headers(method, path, data, device))

    def join(self, http: httpx.Client, name: bytes | None = None) -> None:
        """Sign up, which must work; a machine that does other things, too, may make us wait in line."""
        data, deadline = msgspec.json.encode(self.sign_up(name)), time.monotonic() + 2 * PATIENCE
        headers = self.headers("PUT", self.path, data)
        answer = http.put(self.path, content=data, headers=headers)
        while answer.status_code == 429 and refusal(answer) == "waiting" and time.monotonic() < deadline:
            ticket = (answer.json().get("line") or {}).get("ticket")
            time.sleep(0.1)
            answer = http.put(self.path, content=data, headers=headers | ({TICKET_HEADER: ticket} if ticket else {}))
        assert answer.status_code == 204, answer.text


def refusal(answer: httpx.Response) -> str:
    """Return the code of a refused request."""
    code: str = answer.json()["code"]
    return code
