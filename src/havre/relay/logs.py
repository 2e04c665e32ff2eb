"""Logs without addresses: what happened, never to whom. Tracebacks keep places and kinds, not values."""

from __future__ import annotations

import asyncio
import logging
import sys
import traceback
from contextlib import suppress
from typing import Any, Literal

import structlog

log = structlog.get_logger("havre.relay")


def configure(style: Literal["json", "console"]) -> None:
    """Send the relay's own log to standard error, and silence the libraries, whose messages name peers."""
    logging.getLogger().addHandler(logging.NullHandler())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "picows", "asyncio"):
        quiet = logging.getLogger(name)
        quiet.handlers = [logging.NullHandler()]
        quiet.propagate = False
    renderer: Any = structlog.processors.JSONRenderer()
    if style == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(_Unfailing(sys.stderr)),  # type: ignore[arg-type]  # as much of one as it uses
        cache_logger_on_first_use=False,
    )


class _Unfailing:
    """A stream whose lines are lost when they cannot be written: a full disk must not fail what was to be told."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def places(error: BaseException | None) -> dict[str, Any]:
    """Return an exception's kind and where it was raised, for a log line; its words may hold somebody's data."""
    if error is None:
        return {}
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    at = [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": type(error).__name__, "at": at}


def report_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Note an error that reached the event loop; its context names sockets, which is why it is not shown."""
    log.error("the event loop caught an error", **places(context.get("exception")))
