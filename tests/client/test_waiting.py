"""Signing up where new accounts wait, with a real relay: the wait is told, and breaking it off costs no place."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from havre.client.api import Cost, Havre, InLine, Passphrase
from tests.relay.crowd import crowd, place, strained_relay
from tests.relay.rig import RelayProcess, visit

CHEAP = Cost(passes=1, memory_kib=64, lanes=1)
LINE = 10
"""More than are called while the machine is busy with something else, few enough to wait for."""


@pytest.fixture
def strained(tmp_path: Path) -> Iterator[RelayProcess]:
    with strained_relay(tmp_path, name_memory_kib=8192, name_passes=1) as relay:
        yield relay


@contextmanager
def busy_line(relay: RelayProcess) -> Iterator[None]:
    """Let people come who never come back, so that there is always a line; there is one when the body begins."""
    is_over, is_long = threading.Event(), threading.Event()

    def fill() -> None:
        with visit(relay.http) as http:
            (last,) = crowd(http, 1)
            while not is_over.is_set():
                if place(http, *last) < LINE:
                    (last,) = crowd(http, 1)
                else:
                    is_long.set()
                    is_over.wait(0.05)

    filling = threading.Thread(target=fill)
    filling.start()
    assert is_long.wait(60)
    try:
        yield
    finally:
        is_over.set()
        filling.join()


def test_a_wait_that_is_broken_off_goes_on_at_its_place(strained: RelayProcess, tmp_path: Path) -> None:
    async def scene() -> None:
        folder, key, places = tmp_path / "zoe", Passphrase("x"), list[InLine]()
        broken = asyncio.Event()

        def waiting(line: InLine) -> None:
            places.append(line)
            broken.set()

        opening = Havre.sign_up(folder, key, strained.http, "zoe", cost=CHEAP, waiting=waiting)
        signing = asyncio.ensure_future(_awaited(opening))
        waited = asyncio.ensure_future(broken.wait())
        await asyncio.wait([signing, waited], timeout=60, return_when=asyncio.FIRST_COMPLETED)
        assert broken.is_set(), "nobody was asked to wait"
        signing.cancel()
        await asyncio.gather(signing, return_exceptions=True)
        assert not Havre.exists(folder)
        assert (folder / "vault.new").read_text() == places[0].ticket
        async with Havre.sign_up(folder, key, strained.http, "zoe", cost=CHEAP, waiting=waiting) as me:
            assert me.account.name == "zoe"
        assert len({line.ticket for line in places}) == 1, "it was the same place all the time"

    with busy_line(strained):
        asyncio.run(scene())


async def _awaited(opening: object) -> object:
    return await opening  # type: ignore[misc]  # an Opening


@pytest.mark.parametrize("flags", [["--json"], []])
def test_the_command_shows_the_wait(strained: RelayProcess, tmp_path: Path, flags: list[str]) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse\n")
    command = [sys.executable, "-m", "havre.cli.main", "signup", "zoe", "--relay", strained.http, *flags]
    environment = os.environ | {"HAVRE_HOME": str(tmp_path / "home"), "HAVRE_PASSPHRASE_FILE": str(passphrase)}
    with busy_line(strained):
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True, env=environment)
    if flags:
        *waits, account = [json.loads(line) for line in done.stdout.splitlines()]
        assert account["name"] == "zoe"
        assert waits[0]["waiting"]["place"] >= 1
        assert waits[0]["waiting"]["seconds"] >= 1
    else:
        assert "You are number" in done.stderr
        assert "in line, " in done.stderr
