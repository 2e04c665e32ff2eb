"""The admin socket: in the data folder, for the relay's own user and root, whatever the listener is doing."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec
import structlog

from havre.relay.admin.requests import ANSWER, MAX_LINE, REQUEST, AdminAnswer, AdminRequest
from havre.relay.data_folder import SOCKET_FILE
from havre.relay.logs import places

PATIENCE: Final = 10.0
"""Seconds within which a request must have come."""
MAX_CALLERS: Final = 16
_LONGEST: Final = 100
"""Characters of a socket's path that every system takes."""
Answering = Callable[[AdminRequest], Awaitable[AdminAnswer]]
log = structlog.get_logger("havre.relay")


class NobodyThereError(Exception):
    """No relay answers at a data folder; the message is one sentence without a full stop."""


class Channel:
    """The listening end. `answer` carries requests out."""

    def __init__(self, folder: Path, answer: Answering) -> None:
        self._path = folder / SOCKET_FILE
        self._answer = answer
        self._callers = 0
        self._server: asyncio.AbstractServer | None = None

    async def open(self) -> None:
        """Listen; raises OSError. What a crashed relay left is taken away: the folder's lock is ours."""
        self._path.unlink(missing_ok=True)
        with _reachable(self._path) as name:
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(name)
            os.chmod(name, 0o600)  # noqa: PTH101  # a name that only this block knows
        self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=MAX_LINE)

    def close(self) -> None:
        """Listen no longer; who waits for an answer still gets it."""
        if self._server is not None:
            self._server.close()
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers += 1
        try:
            if self._callers <= MAX_CALLERS and _is_allowed(writer):
                await self._reply(reader, writer)
        except (OSError, TimeoutError, ValueError):
            pass  # the caller is gone, silent, or sends what is no line
        finally:
            self._callers -= 1
            writer.close()

    async def _reply(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(PATIENCE):
            line = await reader.readline()
        writer.write(msgspec.json.encode(await self._answered(line)) + b"\n")
        await writer.drain()

    async def _answered(self, line: bytes) -> AdminAnswer:
        try:
            request = REQUEST.decode(line)
        except (msgspec.DecodeError, RecursionError):
            return AdminAnswer(False, "The relay does not know this request; is the command of another version?")
        try:
            return await self._answer(request)
        except Exception as error:  # ours; the operator gets a sentence, the log the place
            log.error("an admin request failed", **places(error))
            return AdminAnswer(False, "The relay could not do this; its log says where it failed.")


async def ask(folder: Path, request: AdminRequest, seconds: float = 60.0) -> AdminAnswer:
    """Ask the relay that has this data folder; raises NobodyThereError."""
    path = folder / SOCKET_FILE
    try:
        async with asyncio.timeout(seconds):
            with _reachable(path) as name:
                reader, writer = await asyncio.open_unix_connection(name, limit=64 * MAX_LINE)
            try:
                writer.write(msgspec.json.encode(request) + b"\n")
                line = await reader.readline()
            finally:
                writer.close()
    except PermissionError:
        raise NobodyThereError(f"{path} belongs to another user; run this as the relay's own user or as root") from None
    except (ConnectionResetError, BrokenPipeError):
        line = b""
    except TimeoutError:
        raise NobodyThereError(f"the relay of {folder} did not answer within {seconds:.0f} s") from None
    except OSError:
        raise NobodyThereError(f"no relay is running with the folder {folder}") from None
    if not line:
        raise NobodyThereError(f"the relay of {folder} did not answer; it serves its own user and root only")
    return ANSWER.decode(line)


def _is_allowed(writer: asyncio.StreamWriter) -> bool:
    """Tell whether the caller is the relay's own user, or root; the kernel says who it is."""
    if sys.platform != "linux":
        return True  # the socket's mode has kept others out
    return _user(writer.get_extra_info("socket")) in (0, os.geteuid())


def _user(connection: socket.socket) -> int:
    """Return the id of the user at the other end of a local connection."""
    size = struct.calcsize("3i")
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return int(user)


@contextmanager
def _reachable(path: Path) -> Iterator[str]:
    """Yield a name of a socket that is short enough for the system, however deep the folder lies."""
    if len(str(path)) <= _LONGEST or sys.platform != "linux":
        yield str(path)
        return
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{path.name}"
    finally:
        with suppress(OSError):
            os.close(descriptor)
