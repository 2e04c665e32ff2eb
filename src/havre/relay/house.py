"""The relay as a process: its parts, the port, the admin socket and the chores; how they start, change and stop."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
import uvicorn
import uvloop

from havre.relay import logs
from havre.relay.admin.beginning import Place, find_place
from havre.relay.admin.changes import ChangeError, Changes
from havre.relay.admin.channel import Channel
from havre.relay.admin.desk import Desk
from havre.relay.app import Relay, StartError
from havre.relay.backup.contents import Note
from havre.relay.backup.making import make_backup
from havre.relay.config import ConfigError, RelayConfig, Sources
from havre.relay.data_folder import PORT_FILE, FolderError, FolderLock, check_whole
from havre.relay.descriptors import allowed, claim
from havre.relay.http.anteroom import Anteroom
from havre.relay.http.early import turn_away
from havre.relay.http.protocol import cut_slow
from havre.relay.http.protocol import protocol_factory as http_protocol
from havre.relay.listening import BACKLOG, ListenError, Listening, Server
from havre.relay.metrics import Metrics
from havre.relay.privacy.holdings import Holding, find_holdings
from havre.relay.recovery import probe, remember
from havre.relay.service import tell_ready
from havre.relay.store.rocksdb import PARTS
from havre.relay.stream import protocol_factory
from havre.relay.sweeper import sweep, tidy

GARBAGE: Final = 20_000
"""New objects between two rounds of the collector of cycles, of which traffic makes hardly any."""
HANDOVER: Final = 0.0005
"""Seconds after which the event loop and the transaction thread let each other run. With Python's 5 ms each waits for
the other at every turn of a batch, which costs a third of the throughput."""
log = structlog.get_logger("havre.relay")


async def serve(config: RelayConfig, stopping: asyncio.Event | None = None) -> None:
    """Run a relay with just these settings until `stopping` is set, or until SIGTERM or SIGINT; raises StartError."""
    sources = Sources(flags={key: getattr(config, key) for key in type(config).model_fields})
    try:
        with FolderLock(config.data):
            await serve_changes(Changes(sources, find_place(sources, None)), stopping)
    except FolderError as error:
        raise StartError(str(error)) from None


async def serve_changes(changes: Changes, stopping: asyncio.Event | None = None) -> None:
    """Run a relay whose settings may change, on a folder that is locked already; raises StartError."""
    stop = stopping or asyncio.Event()
    relay = Relay(changes.config)
    _remove_port(changes.config.data)  # a crashed relay's; the folder is ours alone
    house = House(relay, changes, stop)
    try:
        if stopping is None:
            house.heed_signals()
        await house.open()
        await _first(stop.wait(), house.serving)
    finally:
        await house.wind_down()


class House:
    """One relay with everything around it: the port, the admin socket, the chores."""

    def __init__(self, relay: Relay, changes: Changes, stop: asyncio.Event) -> None:
        self._relay = relay
        self._changes = changes
        self._stop = stop
        self._server = Server(_uvicorn(relay))
        self._listening = Listening(self._server)
        self._desk = Desk(changes, self._report, stop.set, self._renew, self._back_up, self._inspect)
        self._channel = Channel(relay.config.data, self._desk.answer)
        self._metrics = Metrics(relay)
        self._chores: list[asyncio.Task[None]] = []
        self._reloads: set[asyncio.Task[None]] = set()
        self.serving = asyncio.create_task(self._server.serve())

    async def open(self) -> None:
        """Open the admin socket first and the port last; raises StartError."""
        config = self._relay.config
        try:
            self._changes.attach(self._adopt, self._stop.set)
            await self._open_channel()
            self._serve_metrics(config)
            await self._server.is_up.wait()
            await self._adopt(config)
            is_first = not self._changes.has_started
            await self._changes.started()
            if is_first:
                self._tell_ready(config)
            tell_ready()
        except ListenError as error:
            raise StartError(str(error)) from None

    def _serve_metrics(self, config: RelayConfig) -> None:
        if config.metrics_port is None:
            return
        try:
            self._metrics.serve(str(config.metrics_host), config.metrics_port)
        except OSError as error:
            place = f"{config.metrics_host} port {config.metrics_port}"
            raise StartError(f"cannot serve metrics on {place}: {error.strerror or 'no such address'}") from None

    async def _open_channel(self) -> None:
        try:
            await self._channel.open()
        except OSError as error:  # reads are served nevertheless
            log.error("the admin socket cannot be opened", reason=error.strerror)

    def heed_signals(self) -> None:
        """SIGTERM and SIGINT stop the relay; SIGHUP has it read its file and certificate again."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._on_hangup)

    async def wind_down(self) -> None:
        """Say goodbye, finish what is under way, and let go of everything."""
        self._note("stopping")
        self._changes.end()
        _remove_port(self._relay.config.data)
        await _cancel([*self._chores, *self._reloads])
        await self._relay.close()
        self._server.should_exit = True
        await self.serving
        await self._relay.release()
        self._channel.close()
        await asyncio.to_thread(self._metrics.close)
        self._note("stopped")

    def _note(self, event: str) -> None:
        if self._listening.port:  # a relay that never listened says one sentence and nothing else
            log.info(event)

    async def _adopt(self, config: RelayConfig) -> None:
        """Put settings in force; raises ListenError, and changes nothing."""
        port = self._listening.port
        await self._listening.move(config)
        if config.log != self._relay.config.log:
            logs.configure(config.log)
        self._relay.adopt(config)
        await _cancel(self._chores)
        self._chores = [asyncio.create_task(chore) for chore in self._to_do(config)]
        if self._listening.port != port:
            self._tell_port(config)

    def _to_do(self, config: RelayConfig) -> list[Coroutine[Any, Any, None]]:
        relay = self._relay
        return [
            relay.sessions.beat(config.heartbeat),
            relay.lag.sample(),
            relay.doorkeeper.watch(),
            cut_slow(self._server.server_state.connections, config.request_seconds),
            probe(relay.recovery, relay.committer.write),
            remember(relay.store.mark, relay.committer.write),
            sweep(relay.committer, relay.store, relay.blobs, relay.clock, config.sweep_seconds),
            tidy(relay.store.compact, PARTS, config.tidy_seconds),
            self._listening.watch(),
        ]

    def _tell_port(self, config: RelayConfig) -> None:
        """Say, for programs that wait for it, that the relay listens, and where."""
        _write_port(config.data, self._listening.port)
        log.info("listening", port=self._listening.port)

    def _tell_ready(self, config: RelayConfig) -> None:
        if config.ready_fd is not None:
            line = {"event": "ready", "host": config.host, "port": self._listening.port}
            _say_ready(config.ready_fd, msgspec.json.encode(line))

    def _renew(self) -> None:
        if self._listening.certificates is not None:
            self._listening.certificates.look()

    def _on_hangup(self) -> None:
        task = asyncio.create_task(self._reload())
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def _reload(self) -> None:
        self._renew()
        try:
            log.info("reloaded", outcome=await self._changes.reload())
        except (ChangeError, ConfigError) as error:
            log.error("the configuration was not reloaded", reason=str(error))

    def _back_up(self, target: Path) -> Note:
        return make_backup(self._relay.store, self._relay.config.data, target, int(self._relay.clock()))

    async def _inspect(self, name: str) -> list[Holding]:
        relay = self._relay
        return await asyncio.to_thread(find_holdings, relay.store, name, relay.subscribers.count)

    def _report(self) -> dict[str, Any]:
        config, certificates = self._relay.config, self._listening.certificates
        tls = None
        if certificates is not None:
            tls = {"ends": certificates.ends.isoformat(), "fault": certificates.fault or None}
        return {
            "data": str(config.data),
            "host": config.host,
            "port": self._listening.port,
            "tls": tls,
            "connections": len(self._relay.sessions),
            "disk_free_bytes": shutil.disk_usage(config.data).free,
            "has_room": self._relay.has_room(),
        }


def run(sources: Sources, file: Path | None = None) -> None:
    """Run a relay in this process until it is told to stop; raises StartError, ConfigError."""
    sys.setswitchinterval(HANDOVER)
    gc.freeze()  # modules and classes stay; looking through them again and again finds nothing
    gc.set_threshold(GARBAGE)
    claim()
    os.umask(0o077)  # what lies in the data folder is the relay's alone
    place = find_place(sources, file)
    try:
        with FolderLock(place.data):
            check_whole(place.data)
            changes = _changes(sources, place)
            while _run_once(changes):
                pass
    except FolderError as error:
        raise StartError(str(error)) from None


def _changes(sources: Sources, place: Place) -> Changes:
    try:
        return Changes(sources, place)
    except OSError as error:
        raise StartError(f"{error.filename or place.data} cannot be read: {error.strerror}") from None


def _run_once(changes: Changes) -> bool:
    """Run until the relay stops; returns whether it is to be started again, with the settings that are confirmed."""
    logs.configure(changes.config.log)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.get_loop().set_exception_handler(logs.report_loop_error)
            runner.run(serve_changes(changes))
    except StartError as error:
        if not changes.failed(str(error)):
            raise
        return True
    return changes.begins_again


def _uvicorn(relay: Relay) -> uvicorn.Config:
    return uvicorn.Config(
        relay.http,
        http=http_protocol(  # type: ignore[arg-type]  # a factory does
            relay.gate, allowed().for_connections, turn_away(relay.services), Anteroom()
        ),
        ws=protocol_factory(relay, relay.gate, relay.accepts),  # type: ignore[arg-type]  # here too
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="critical",
        server_header=False,
        proxy_headers=False,  # they would be believed from any loopback peer; `forwarded` decides
        timeout_graceful_shutdown=5,
        backlog=BACKLOG,
    )


def _write_port(folder: Path, port: int) -> None:
    try:
        part = folder / f"{PORT_FILE}.part"
        part.write_text(f"{port}\n")
        part.rename(folder / PORT_FILE)
    except OSError as error:  # a full disk, or one that takes no writes: reads are served nevertheless
        log.error("the port file cannot be written", reason=error.strerror)


def _remove_port(folder: Path) -> None:
    with suppress(OSError):
        (folder / PORT_FILE).unlink(missing_ok=True)


def _say_ready(descriptor: int, line: bytes) -> None:
    try:
        with os.fdopen(descriptor, "wb") as ready:
            ready.write(line + b"\n")
    except OSError as error:
        raise StartError(f"cannot write to the file descriptor {descriptor}: {error.strerror}") from None


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _first(waiting: Coroutine[Any, Any, object], serving: asyncio.Task[None]) -> None:
    """Return when either is over."""
    stopped = asyncio.create_task(waiting)
    await asyncio.wait([stopped, serving], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
