"""The relay as a process: puts the parts together, listens, sweeps, and stops without losing anything."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import socket
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
import uvicorn
import uvloop

from havre.relay import logs
from havre.relay.blobs.base import BlobStoreError
from havre.relay.blobs.folder import FolderBlobs
from havre.relay.budgets import Budgets, Thing
from havre.relay.committer import Committer, Transactor
from havre.relay.config import RelayConfig
from havre.relay.delivery import Delivery
from havre.relay.gate import Gate
from havre.relay.http.application import application
from havre.relay.http.call import Services
from havre.relay.http.protocol import cut_slow
from havre.relay.http.protocol import protocol_factory as http_protocol
from havre.relay.peers import Peers
from havre.relay.session import Session
from havre.relay.store.base import StoreError
from havre.relay.store.rocksdb import RocksStore
from havre.relay.stream import Sessions, greeting, protocol_factory
from havre.relay.subscribers import Subscribers
from havre.relay.sweeper import sweep
from havre.wire.refusals import Code, Refusal
from havre.wire.sizes import VERSION
from havre.wire.stream import Append, Command, Commit, Create, Ready, Refused, Subscribe

PORT_FILE: Final = "port"
LAST_WORDS: Final = 3.0
"""Seconds that what is under way may take once the relay is asked to stop."""
HANDOVER: Final = 0.0005
"""Seconds after which the event loop and the transaction thread let each other run. With Python's 5 ms each waits for
the other at every turn of a batch, which costs a third of the throughput."""
log = structlog.get_logger("havre.relay")


class StartError(Exception):
    """The relay cannot start; the message says why in one sentence."""


class Relay:
    """The parts of one relay, wired together; lives on one event loop. Raises StartError."""

    def __init__(self, config: RelayConfig) -> None:
        self.config = config
        self.ready = greeting(Ready(VERSION, config.frame_bytes, config.entry_bytes, config.ttl, config.heartbeat))
        self.frame_bytes = config.frame_bytes
        self.send_buffer = config.send_buffer
        self.sessions = Sessions()
        self.is_open = True
        limits = config.limits()
        try:
            self.store = RocksStore(config.data / "store")
            self.blobs = FolderBlobs(config.data / "blobs")
        except (StoreError, BlobStoreError) as error:
            raise StartError(str(error)) from None
        transactor = Transactor(self.store, limits, time.time, self.has_room)
        self.committer = Committer(transactor, self.store, config.max_pending, config.max_pending_bytes)
        self.subscribers = Subscribers(config.frame_bytes)
        self.delivery = Delivery(self.committer, self.store, self.subscribers, limits.page_bytes)
        self.budgets = Budgets(config, time.monotonic)
        self.gate = Gate(Peers(time.monotonic), self.budgets.connections, config.forwarded)
        services = Services(config, self.committer, self.store, self.blobs, self.has_room, self.budgets)
        self.http = application(services)

    def has_room(self) -> bool:
        """Whether the disk has room for more."""
        return shutil.disk_usage(self.config.data).free >= self.config.free_bytes

    def accepts(self) -> bool:
        """Whether another connection is welcome."""
        return self.is_open and len(self.sessions) < self.config.max_connections

    def submit(self, session: Session, command: Command, size: int) -> None:
        """Take a command from a connection."""
        if isinstance(command, Subscribe) and self._is_too_many(session, command):
            message = f"a connection follows at most {self.config.max_subscriptions} queues; open another"
            session.answer(Refused(command.request, Code.FULL, message))
            return
        no = self._over_budget(session, command, size)
        if no is not None:
            session.answer(Refused(command.request, no.code, no.message, no.retry_after))
            return
        self.committer.submit(session, command, size)

    def arrived(self, session: Session) -> None:
        """A connection is open."""
        self.sessions.add(session)

    def left(self, session: Session) -> None:
        """A connection is gone."""
        self.sessions.remove(session)
        self.subscribers.leave(session)

    def _is_too_many(self, session: Session, command: Subscribe) -> bool:
        new = {one.queue for one in command.queues} - session.following
        return len(session.following) + len(new) > self.config.max_subscriptions

    def _over_budget(self, session: Session, command: Command, size: int) -> Refusal | None:
        if isinstance(command, Append | Commit):
            session.appending, no = self.budgets.append(session.appending, size)
            return no
        if isinstance(command, Create) and session.peer is not None:
            return self.budgets.asked(Thing.QUEUES, session.peer)
        return None

    async def close(self) -> None:
        """Say goodbye to everyone, finish what is under way, and let go of the store."""
        self.is_open = False
        self.sessions.announce(lambda: self.config.retry_after * random.uniform(0.5, 1.5))  # noqa: S311  # jitter
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                await self.committer.settle()
                await self.delivery.settle()
        await self.sessions.close()

    async def release(self) -> None:
        """Let go of threads and store; nothing works afterwards."""
        await self.committer.settle()
        await self.delivery.settle()
        self.committer.close()
        self.store.close()


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling, which would end the process before the store is closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(config: RelayConfig, stopping: asyncio.Event | None = None) -> None:
    """Run a relay until `stopping` is set, or until SIGTERM or SIGINT; raises StartError."""
    stop = stopping or _stop_on_signals()
    _make_folder(config.data)
    listener = _listen(config)
    with listener:
        relay = Relay(config)
        (config.data / PORT_FILE).unlink(missing_ok=True)  # a crashed relay's; ours alone now that the store is open
        server = _Server(_uvicorn(relay))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        chores = [
            asyncio.create_task(relay.sessions.beat(config.heartbeat)),
            asyncio.create_task(cut_slow(server.server_state.connections, config.request_seconds)),
            asyncio.create_task(sweep(relay.committer, relay.store, relay.blobs, config.sweep_seconds)),
        ]
        try:
            _announce(config, listener)
            await _first(stop.wait(), serving)
        finally:
            await _wind_down(relay, server, serving, chores)


async def _wind_down(
    relay: Relay, server: _Server, serving: asyncio.Task[None], chores: list[asyncio.Task[None]]
) -> None:
    log.info("stopping")
    (relay.config.data / PORT_FILE).unlink(missing_ok=True)
    for chore in chores:
        chore.cancel()
    await asyncio.gather(*chores, return_exceptions=True)
    await relay.close()
    server.should_exit = True
    await serving
    await relay.release()
    log.info("stopped")


def run(config: RelayConfig) -> None:
    """Run a relay in this process until it is told to stop; raises StartError."""
    logs.configure(config.log)
    sys.setswitchinterval(HANDOVER)
    os.umask(0o077)  # what lies in the data folder is the relay's alone
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.get_loop().set_exception_handler(logs.report_loop_error)
        runner.run(serve(config))


def _uvicorn(relay: Relay) -> uvicorn.Config:
    return uvicorn.Config(
        relay.http,
        http=http_protocol(relay.gate),  # type: ignore[arg-type]  # a factory does, though the type says class
        ws=protocol_factory(relay, relay.gate, relay.accepts),  # type: ignore[arg-type]  # here too
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="critical",
        server_header=False,
        proxy_headers=False,  # they would be believed from any loopback peer; `forwarded` decides
        timeout_graceful_shutdown=5,
        backlog=4096,
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(f"the folder {folder} cannot be written to: {error.strerror}") from None


def _listen(config: RelayConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        return socket.create_server((config.host, config.port), family=family, backlog=4096)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "no such address"
        raise StartError(f"cannot listen on {config.host} port {config.port}: {reason}") from None


def _announce(config: RelayConfig, listener: socket.socket) -> None:
    """Say, for programs that wait for it, that the relay listens, and where."""
    port = listener.getsockname()[1]
    part = config.data / f"{PORT_FILE}.part"
    part.write_text(f"{port}\n")
    part.rename(config.data / PORT_FILE)
    if config.ready_fd is not None:
        _say_ready(config.ready_fd, msgspec.json.encode({"event": "ready", "host": config.host, "port": port}))
    log.info("listening", port=port)


def _say_ready(descriptor: int, line: bytes) -> None:
    try:
        with os.fdopen(descriptor, "wb") as ready:
            ready.write(line + b"\n")
    except OSError as error:
        raise StartError(f"cannot write to the file descriptor {descriptor}: {error.strerror}") from None


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _first(waiting: Coroutine[Any, Any, object], serving: asyncio.Task[None]) -> None:
    """Return when either is over."""
    stopped = asyncio.create_task(waiting)
    await asyncio.wait([stopped, serving], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
