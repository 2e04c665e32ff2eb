"""Times as they are typed, in the reader's own zone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from havre.cli.screen import WrongUsage
from havre.cli.timer import parse_duration
from havre.cli.times import moment

NOW = datetime(2026, 11, 22, 18, 0)


@pytest.fixture(params=["UTC", "Europe/Paris", "America/New_York"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("words", "local"),
    [
        ("18:30", datetime(2026, 11, 22, 18, 30)),
        ("18:00", datetime(2026, 11, 23, 18, 0)),
        ("07:15", datetime(2026, 11, 23, 7, 15)),
        ("2026-12-24 18:00", datetime(2026, 12, 24, 18, 0)),
        ("2026-07-14T09:05", datetime(2026, 7, 14, 9, 5)),
        ("2026-12-24", datetime(2026, 12, 24)),
        ("+90m", datetime(2026, 11, 22, 19, 30)),
        ("+2d", datetime(2026, 11, 24, 18, 0)),
    ],
)
@pytest.mark.usefixtures("zone")
def test_a_time_is_meant_where_it_is_typed(words: str, local: datetime) -> None:
    assert datetime.fromtimestamp(moment(words, NOW) / 1000) == local


@pytest.mark.parametrize("words", ["", "soon", "25:00", "2026-13-01", "+5", "18h"])
def test_what_is_no_time(words: str) -> None:
    with pytest.raises(WrongUsage):
        moment(words, NOW)


@pytest.mark.parametrize(("words", "expected"), [("30s", 30), ("5m", 300), ("1w", 604800), ("off", None)])
def test_lengths_of_time(words: str, expected: int | None) -> None:
    assert parse_duration(words) == expected


@pytest.mark.parametrize("words", ["", "5", "w", "-1d", "1y"])
def test_what_is_no_length(words: str) -> None:
    with pytest.raises(WrongUsage):
        parse_duration(words)
