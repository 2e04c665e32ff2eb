"""The port on which the relay listens. It can move while connections stay; what cannot be bound changes nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import uvicorn

from havre.relay.config import RelayConfig
from havre.relay.tls import Certificates, Pair, TlsError

BACKLOG: Final = 4096


class ListenError(Exception):
    """The relay cannot listen as it should; the message says why in one sentence without a full stop."""


class Server(uvicorn.Server):
    """uvicorn without its own signals and sockets: the one would end the process before the store is closed."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.servers: list[Any] = []
        self.is_up = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Be ready for `listen`."""
        await self.lifespan.startup()
        self.started = True
        self.is_up.set()

    async def listen(self, listener: socket.socket, context: ssl.SSLContext | None) -> asyncio.AbstractServer:
        """Take connections from a bound socket."""
        server = await asyncio.get_running_loop().create_server(
            self._protocol, sock=listener, ssl=context, backlog=BACKLOG
        )
        self.servers.append(server)
        return server

    def leave(self, server: asyncio.AbstractServer) -> None:
        """Take no more connections from a socket; those that are open stay."""
        self.servers.remove(server)
        server.close()

    def _protocol(self) -> asyncio.Protocol:
        made: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = made(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state, _loop=None
        )
        return protocol


@dataclass(frozen=True, slots=True)
class _Open:
    """A socket that takes connections."""

    address: tuple[str, int, bool]
    port: int
    listener: socket.socket
    server: asyncio.AbstractServer


class Listening:
    """Where one relay listens; opened with `move`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._open: _Open | None = None
        self.certificates: Certificates | None = None
        """None: no TLS here."""

    @property
    def port(self) -> int:
        """The port that is bound; 0 before there is one."""
        return self._open.port if self._open else 0

    async def move(self, config: RelayConfig) -> None:
        """Listen as these settings say; raises ListenError, and listens on as before."""
        fresh = certificates(config)
        kept = self.certificates if fresh else None
        address = (config.host, config.port, fresh is not None)
        if self._open is None or address != self._open.address:
            chosen = kept or fresh
            self._open = await self._swap(config, address, chosen.context if chosen else None)
        if kept is not None and fresh is not None:
            kept.follow(fresh)
        self.certificates = kept or fresh

    async def watch(self) -> None:
        """Take up renewed certificates; returns only if there is no TLS here."""
        if self.certificates is not None:
            await self.certificates.watch()

    async def _swap(self, config: RelayConfig, address: tuple[str, int, bool], context: ssl.SSLContext | None) -> _Open:
        old = self._open
        with _sharing([old.listener] if old else []):
            listener = _bind(config.host, config.port, beside=old is not None)
        try:
            server = await self._server.listen(listener, context)
        except OSError as error:
            listener.close()
            raise ListenError(_refused(config.host, config.port, error)) from None
        if old is not None:
            self._server.leave(old.server)
        return _Open(address, listener.getsockname()[1], listener, server)


def _bind(host: str, port: int, *, beside: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=beside)
    except OSError as error:
        raise ListenError(_refused(host, port, error)) from None
    if beside:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 0)  # from here on the port is ours alone
    return listener


def _refused(host: str, port: int, error: OSError) -> str:
    reason = os.strerror(error.errno) if error.errno else "no such address"
    return f"cannot listen on {host} port {port}: {reason}"


@contextmanager
def _sharing(listeners: list[socket.socket]) -> Iterator[None]:
    """Let a new socket be bound to the port of these, for a moment: 127.0.0.1 and 0.0.0.0 are in each other's way."""
    for one in listeners:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        yield
    finally:
        for one in listeners:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 0)


def certificates(config: RelayConfig) -> Certificates | None:
    """Return what these settings present; None: no TLS. Raises ListenError."""
    if config.tls_certificate is None or config.tls_key is None:
        return None
    try:
        return Certificates(Pair(config.tls_certificate, config.tls_key))
    except TlsError as error:
        raise ListenError(str(error)) from None
