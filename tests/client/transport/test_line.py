"""Waiting in line: at the times that the relay names, a little late, with the ticket, and never without end in vain."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.client.errors import NameTaken, NoRelay, RelayRefused
from havre.client.transport.base import InLine, unseen_line
from havre.client.transport.line import DEFAULT, Manners, _seconds, wait_in_line
from havre.wire.refusals import Code, Place

QUICK = Manners(shortest=0.001, longest=0.002)


def told(place: int, ticket: str, retry_after: float | None = 0.001) -> RelayRefused:
    return RelayRefused("relay", Code.WAITING, "wait", retry_after, Place(place, 9.0, ticket))


class Relay:
    """Gives its answers in turn, and remembers the tickets that it was shown."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.shown: list[str | None] = []

    async def attempt(self, ticket: str | None) -> None:
        self.shown.append(ticket)
        answer = self.answers.pop(0)
        if answer is not None:
            raise answer


def go(relay: Relay, **options: object) -> list[InLine]:
    places: list[InLine] = []

    async def scene() -> None:
        await wait_in_line(relay.attempt, lambda: 0.5, places.append, manners=QUICK, **options)  # type: ignore[arg-type]

    asyncio.run(scene())
    return places


def test_the_last_ticket_is_shown_again_and_every_place_told() -> None:
    relay = Relay(told(2, "a"), told(1, "a"), told(1, "b"), None)
    assert go(relay) == [InLine(2, 9.0, "a"), InLine(1, 9.0, "a"), InLine(1, 9.0, "b")]
    assert relay.shown == [None, "a", "a", "b"]


def test_a_ticket_from_before_is_shown_first() -> None:
    relay = Relay(None)
    go(relay, ticket="kept")
    assert relay.shown == ["kept"]


def test_a_full_line_costs_no_ticket() -> None:
    full = RelayRefused("relay", Code.WAITING, "full", 0.001)
    relay = Relay(told(1, "a"), full, None)
    assert [place.place for place in go(relay)] == [1, None]
    assert relay.shown == [None, "a", "a"]


@pytest.mark.parametrize("error", [RelayRefused("relay", Code.BUSY, "no"), NameTaken("zoe")])
def test_whatever_else_the_relay_says_ends_it(error: Exception) -> None:
    with pytest.raises(type(error)):
        go(Relay(told(1, "a"), error))


def test_a_relay_that_is_away_without_a_place_is_said_at_once() -> None:
    with pytest.raises(NoRelay):
        go(Relay(NoRelay("relay", "away")))


def test_a_relay_that_is_away_for_a_moment_costs_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_time(seconds: float) -> None:
        slept.append(seconds)

    slept: list[float] = []
    monkeypatch.setattr(asyncio, "sleep", no_time)
    away = NoRelay("relay", "away")
    relay = Relay(told(1, "a"), *[away] * QUICK.failures, told(1, "a"), None)
    go(relay)
    assert set(relay.shown[1:]) == {"a"}
    assert slept[1] < slept[5], "ever more slowly"
    with pytest.raises(NoRelay):
        go(Relay(told(1, "a"), *[away] * (QUICK.failures + 1)))


@given(st.one_of(st.none(), st.floats()), st.floats(0, 1, exclude_max=True))
def test_no_relay_makes_us_hurry_or_sleep_for_ever(retry_after: float | None, chance: float) -> None:
    seconds = _seconds(told(1, "a", retry_after), lambda: chance, DEFAULT)
    assert DEFAULT.shortest <= seconds <= DEFAULT.longest * 1.1 + DEFAULT.shortest


def test_it_really_waits() -> None:
    began = time.monotonic()
    asyncio.run(wait_in_line(Relay(told(1, "a", 0.2), None).attempt, lambda: 0.0, unseen_line, manners=Manners(0.0)))
    assert time.monotonic() - began >= 0.2
