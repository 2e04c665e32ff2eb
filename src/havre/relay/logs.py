"""Logs without addresses: what happened, never to whom. Tracebacks keep places and kinds, not values."""

from __future__ import annotations

import asyncio
import logging
import sys
import traceback
from collections.abc import MutableMapping
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
            places_only,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def places_only(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its kind and where it was raised; its words may hold somebody's data."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)[-8:]
        event["at"] = [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def report_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Note an error that reached the event loop; its context names sockets, which is why it is not shown."""
    log.error("the event loop caught an error", exc_info=context.get("exception"))
