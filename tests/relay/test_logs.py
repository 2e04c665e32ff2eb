"""The log says what happened, and holds nobody's data."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Iterator

import pytest
import structlog

from havre.relay import logs


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure("json")
    yield stream
    structlog.reset_defaults()


def failing(secret: str) -> None:
    raise ValueError(f"cannot use {secret}")


@pytest.mark.claim("log-without-people")
def test_an_exception_is_noted_by_kind_and_place_only(written: io.StringIO) -> None:
    try:
        failing("alice's words")
    except ValueError as error:
        logs.log.error("a request failed", **logs.places(error))
    line = json.loads(written.getvalue())
    assert (line["event"], line["error"]) == ("a request failed", "ValueError")
    assert any("failing" in place for place in line["at"])
    assert "alice" not in written.getvalue()


def test_what_the_event_loop_caught_is_noted_without_its_sockets(written: io.StringIO) -> None:
    loop = asyncio.new_event_loop()
    context = {"message": "from 203.0.113.9", "exception": OSError("203.0.113.9"), "socket": "203.0.113.9"}
    logs.report_loop_error(loop, context)
    loop.close()
    assert json.loads(written.getvalue())["error"] == "OSError"
    assert "203.0.113" not in written.getvalue()


def test_libraries_are_silent(written: io.StringIO) -> None:
    import logging

    for name in ("uvicorn.error", "uvicorn.access", "picows.server", "asyncio"):
        logging.getLogger(name).error("connection from 203.0.113.9")
    assert written.getvalue() == ""
