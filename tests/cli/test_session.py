"""What every command says on standard error, whatever it was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from havre.cli.session import _warn
from havre.client.api import DeviceAppeared, News, Person, Problem

NEWS: list[News] = [
    Problem("A relay withholds entries."),
    DeviceAppeared(Person("00", "Bob", "1234", verified=False, unread=0, last=None), "tablet", returned=False),
    DeviceAppeared(Person("01", "Zoé", "5678", verified=True, unread=0, last=None), "tablet", returned=True),
]


async def _told() -> AsyncIterator[News]:
    for one in NEWS:
        yield one


def test_what_nobody_waits_for_is_said_beside_what_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(_warn(_told()))
    said = capsys.readouterr()
    assert said.out == ""
    problem, new, warning = said.err.splitlines()
    assert problem == "A relay withholds entries."
    assert new == "Bob has a new device."
    assert warning.startswith(
        "WARNING: Zoé is somebody you have verified, and a device that was removed before is back."
    )
