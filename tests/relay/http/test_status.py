"""How the relay is, in public: the right words in the right language, whatever state it is in."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import httpx
import pytest

from havre.relay.app import Relay
from havre.relay.config import RelayConfig
from havre.relay.http import status
from havre.wire.status import State, Status
from havre.wire.stream import Append, Create, Entries, Read
from tests.relay.crowd import crowd, strained_relay
from tests.relay.rig import Queue, Stream, run, running_relay, visit
from tests.relay.waiting import await_that


def test_a_relay_that_is_well(http: httpx.Client) -> None:
    await_that(lambda: http.get("/status.json").json() == {"status": "ok", "waiting": 0, "wait": 0})
    answer = http.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    await_that(lambda: "Everything works." in http.get("/status").text)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("de-DE,fr;q=0.2", "fr"),
        ("de", "en"),
        ("fr;q=0", "en"),
        ("fr;q=x, ;;=,", "en"),
        ("", "en"),
    ],
)
def test_the_page_is_in_the_language_that_is_asked_for(http: httpx.Client, accepted: str, language: str) -> None:
    answer = http.get("/status", headers={"Accept-Language": accepted})
    assert answer.headers["Content-Language"] == language
    assert f'<html lang="{language}">' in answer.text
    assert "Accept-Language" in answer.headers["Vary"]


def test_who_chooses_a_language_gets_it(http: httpx.Client) -> None:
    answer = http.get("/status?lang=fr", headers={"Accept-Language": "en"})
    assert answer.headers["Content-Language"] == "fr"
    assert http.get("/status?lang=<script>", headers={"Accept-Language": "en"}).headers["Content-Language"] == "en"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("state", list(State))
def test_every_page_stands_alone_and_runs_no_script(state: State, language: str) -> None:
    page = status._page(Status(state, 1204, 130), language).decode()
    assert "script" not in page
    assert not re.search(r"(src|href)=\"?(https?:)?//", page)
    assert status._WORDS[language][state].split("'")[0] in page
    assert ("204" in page and "2 minutes" in page) == (state is State.BUSY)
    assert "default-src 'none'" in status.CSP


def test_french_numbers_have_their_own_space() -> None:
    assert "1\u202f204." in status._page(Status(State.BUSY, 1204, 130), "fr").decode()


def test_while_new_accounts_wait_it_says_how_many_and_is_ready(tmp_path: Path) -> None:
    with strained_relay(tmp_path) as relay, visit(relay.http) as http:
        crowd(http, 20)
        now = http.get("/status.json").json()
        assert now["status"] == "busy"
        assert 1 <= now["waiting"] <= 20
        assert now["wait"] >= 1
        assert "New accounts wait in line" in http.get("/status").text
        assert http.get("/readyz").json() == {"ready": True, "status": "busy"}


def test_a_relay_that_can_store_nothing_is_not_ready_and_says_why(tmp_path: Path) -> None:
    queue = Queue()

    async def fill(url: str) -> None:
        stream = await Stream.open(url)
        await stream.ask(Create, queue.id, queue.hashes, 0)
        await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"one")

    async def still_reads(url: str) -> None:
        stream = await Stream.open(url)
        assert isinstance(await stream.ask(Read, queue.id, queue.secrets.read, 0), Entries)

    with running_relay(tmp_path / "data") as relay:
        run(fill(relay.stream))
        relay.stop()
    with running_relay(tmp_path / "data", free_bytes=2**60) as relay, visit(relay.http) as http:
        run(still_reads(relay.stream))
        await_that(lambda: http.get("/status.json").json()["status"] == "read-only")
        answer = http.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"ready": False, "status": "read-only"})
        assert int(answer.headers["Retry-After"]) >= 1
        assert http.get("/healthz").status_code == 200
        assert "can store nothing more" in http.get("/status").text


def test_a_relay_that_stops_says_so_to_the_last(tmp_path: Path) -> None:
    async def scene() -> None:
        relay = Relay(RelayConfig(data=tmp_path, free_bytes=0))
        transport = httpx.ASGITransport(relay.http)
        async with httpx.AsyncClient(base_url="http://relay", transport=transport) as http:
            assert (await http.get("/readyz")).status_code == 200
            await relay.close()
            assert (await http.get("/readyz")).json() == {"ready": False, "status": "maintenance"}
            assert "redémarre" in (await http.get("/status?lang=fr")).text
        await relay.release()

    asyncio.run(scene())
