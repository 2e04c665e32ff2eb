"""A farewell to many: each is asked back at a time of its own, and all together at a rate that the relay can bear."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from havre.relay import app
from havre.relay.app import Relay
from havre.relay.config import RelayConfig
from havre.wire.stream import Draining, Event


class _Guest:
    """A connection, as far as a farewell is concerned."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self.told: list[Event] = []

    def tell(self, event: Event) -> None:
        self.told.append(event)

    def close(self, code: object) -> None:
        self._relay.sessions.remove(self)  # type: ignore[arg-type]  # in place of a Session


def farewells(folder: Path, guests: int) -> list[float]:
    async def scene() -> list[float]:
        relay = Relay(RelayConfig(data=folder, free_bytes=0, retry_after=5.0))
        there: list[Any] = [_Guest(relay) for _ in range(guests)]
        for guest in there:
            relay.sessions.add(guest)
        await relay.close()
        await relay.release()
        events = [event for guest in there for event in guest.told]
        return [event.retry_after for event in events if isinstance(event, Draining)]

    return asyncio.run(scene())


def test_few_come_back_soon_and_not_in_step(tmp_path: Path) -> None:
    times = farewells(tmp_path, 30)
    assert len(set(times)) == 30
    assert all(2.5 <= seconds <= 7.5 for seconds in times)


def test_many_stay_away_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "RETURNS", 1.0)
    times = farewells(tmp_path, 40)
    assert all(20 <= seconds <= 60 for seconds in times)
    assert max(times) - min(times) > 10
