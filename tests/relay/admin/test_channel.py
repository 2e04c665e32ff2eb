"""The admin socket: for the relay's own user alone, and whatever else may be wrong."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from pathlib import Path

import httpx
import pytest

from havre.relay.admin.channel import Channel, NobodyThereError, ask
from havre.relay.admin.requests import AdminAnswer, AdminRequest, Confirm, Status
from tests.relay.admin.rig import havre, operate
from tests.relay.rig import PATIENCE, running_relay


async def _echo(request: AdminRequest) -> AdminAnswer:
    return AdminAnswer(True, type(request).__name__)


def test_it_belongs_to_the_relays_own_user(tmp_path: Path) -> None:
    async def scene() -> None:
        opened = Channel(tmp_path, _echo)
        await opened.open()
        assert stat.S_IMODE((tmp_path / "admin.sock").stat().st_mode) == 0o600
        assert (await ask(tmp_path, Status())).sentence == "Status"
        opened.close()
        assert not (tmp_path / "admin.sock").exists()

    asyncio.run(scene())


def test_the_kernel_says_who_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        opened = Channel(tmp_path, _echo)
        await opened.open()
        assert (await ask(tmp_path, Confirm())).ok
        monkeypatch.setattr("havre.relay.admin.channel._user", lambda connection: os.geteuid() + 1)
        with pytest.raises(NobodyThereError, match="its own user and root only"):
            await ask(tmp_path, Confirm())
        opened.close()

    asyncio.run(scene())


def test_rubbish_is_answered_or_dropped_and_the_next_one_is_served(tmp_path: Path) -> None:
    async def scene() -> None:
        opened = Channel(tmp_path, _echo)
        await opened.open()
        for data in (b"\n", b"{}\n", b'{"do":"reload","within":-1}\n', b"[" * 5000 + b"\n", b"\xff" * 100_000 + b"\n"):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "admin.sock"))
            writer.write(data)
            line = await reader.read()
            assert line == b"" or b'"ok":false' in line
            writer.close()
        assert (await ask(tmp_path, Status())).ok
        opened.close()

    asyncio.run(scene())


def test_a_folder_that_lies_deep_is_no_hindrance(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)

    async def scene() -> None:
        opened = Channel(deep, _echo)
        await opened.open()
        assert (await ask(deep, Status())).ok
        opened.close()

    asyncio.run(scene())


def test_what_a_crashed_relay_left_is_in_nobodys_way(tmp_path: Path) -> None:
    with running_relay(tmp_path / "data") as relay:
        relay.kill()
        assert (tmp_path / "data" / "admin.sock").exists()
        assert "No relay is running" in operate(relay, "status", code=20)
        relay.start()
        assert "is running" in operate(relay, "status")


def test_nobody_is_there(tmp_path: Path) -> None:
    assert "No relay is running with the folder" in havre("relay", "status", "--data", tmp_path, code=20)


def test_it_works_while_nothing_can_reach_the_port(tmp_path: Path) -> None:
    """Somebody holds every place that the listener has to give; the operator needs none."""
    with (
        running_relay(tmp_path / "data", peer_connections=1) as relay,
        socket.create_connection(("127.0.0.1", relay.port)),
    ):
        assert httpx.get(f"{relay.http}/healthz").status_code == 429
        assert "is running" in operate(relay, "status")


def test_drain_returns_when_the_folder_is_free(tmp_path: Path) -> None:
    with running_relay(tmp_path / "data") as relay:
        operate(relay, "drain")
        assert relay.process.wait(timeout=PATIENCE) == 0
        relay.start()
