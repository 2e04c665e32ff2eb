"""The configuration of a relay that runs: on trial, confirmed, taken back, and never the reason why it stays away."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from havre.relay.admin.channel import NobodyThereError, ask
from havre.relay.admin.kept import KEPT, Kept
from havre.relay.admin.requests import Confirm, Reload
from havre.wire.stream import Create, Done
from tests.relay.admin.rig import havre, operate, status, write
from tests.relay.rig import Person, Queue, RelayProcess, Stream, run, running_relay, visit
from tests.relay.test_process import assert_one_sentence, start
from tests.relay.waiting import await_that


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RelayProcess]:
    write(tmp_path / "data", "entry_bytes = 5000\n")
    with running_relay(tmp_path / "data") as process:
        yield process


def told(relay: RelayProcess, port: int | None = None) -> int:
    """Return the largest entry that the relay says it takes."""
    answer = httpx.get(f"http://127.0.0.1:{port or relay.port}/v1/relay").json()
    return int(answer["entry_bytes"])


def test_a_new_file_is_applied_and_stays_once_it_is_confirmed(relay: RelayProcess) -> None:
    assert told(relay) == 5000
    write(relay.data, "entry_bytes = 6000\n")
    assert "Applied on trial (entry_bytes)" in operate(relay, "reload")
    assert told(relay) == 6000
    assert status(relay)["configuration"]["trial_seconds_left"] > 200
    assert "number 2" in operate(relay, "confirm")
    relay.kill()
    relay.start()
    assert told(relay) == 6000
    assert status(relay)["configuration"]["confirmed"] == 2


def test_without_confirmation_it_is_taken_back_by_itself(relay: RelayProcess) -> None:
    write(relay.data, "entry_bytes = 6000\n")
    operate(relay, "reload", "--within", 1)
    assert told(relay) == 6000
    await_that(lambda: told(relay) == 5000)
    relay.kill()
    relay.start()
    assert told(relay) == 5000
    assert "tried and not confirmed" in status(relay)["configuration"]["passed_over"]


def test_a_crash_on_trial_restarts_with_what_was_confirmed(relay: RelayProcess) -> None:
    write(relay.data, "entry_bytes = 6000\n")
    operate(relay, "reload")
    relay.kill()
    relay.start()
    assert told(relay) == 5000
    assert "Applied" in operate(relay, "reload"), "whoever asks again gets it again"
    assert told(relay) == 6000


def test_a_file_that_is_not_valid_changes_nothing(relay: RelayProcess) -> None:
    write(relay.data, "entry_bytes = 6000\nprot = 1\n")
    answer = operate(relay, "reload", code=1)
    assert "line 2: prot: there is no such setting. Did you mean port?" in answer
    relay.process.send_signal(signal.SIGHUP)
    await_that(lambda: "was not reloaded" in relay.log.read_text())
    assert told(relay) == 5000
    relay.kill()
    relay.start()
    assert told(relay) == 5000
    assert "is not valid" in status(relay)["configuration"]["passed_over"]


def test_a_signal_reloads_too(relay: RelayProcess) -> None:
    write(relay.data, "entry_bytes = 6000\n")
    relay.process.send_signal(signal.SIGHUP)
    await_that(lambda: told(relay) == 6000)
    assert "Confirmed" in operate(relay, "confirm")


def test_what_cannot_change_is_refused_by_name(relay: RelayProcess) -> None:
    write(relay.data, "entry_bytes = 6000\nframe_bytes = 2000000\nheartbeat = 7\n")
    assert "frame_bytes, heartbeat cannot change while the relay runs" in operate(relay, "reload", code=1)
    assert told(relay) == 5000


def test_a_restart_takes_it_on_trial_and_takes_it_back(relay: RelayProcess) -> None:
    write(relay.data, "entry_bytes = 6000\nframe_bytes = 2000000\nconfirm_seconds = 1\n")
    relay.stop()
    relay.start()
    await_that(lambda: "going back" in relay.log.read_text())
    await_that(lambda: _is_up(relay, entry_bytes=5000))
    assert httpx.get(f"{relay.http}/v1/relay").json()["frame_bytes"] == 1024 * 1024


def _is_up(relay: RelayProcess, host: str = "127.0.0.1", port: int = 0, entry_bytes: int | None = None) -> bool:
    try:
        answer = httpx.get(f"http://{host}:{port or relay.port}/v1/relay")
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and entry_bytes in (None, answer.json()["entry_bytes"])


def test_the_listener_moves_and_connections_stay(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        new = free.getsockname()[1]
    write(tmp_path / "data", "")

    def move(relay: RelayProcess) -> None:
        write(relay.data, f"host = '0.0.0.0'\nport = {new}\n")
        operate(relay, "reload")
        assert (relay.data / "port").read_text() == f"{new}\n"
        assert not _is_up(relay)
        assert _is_up(relay, "127.0.0.2", new)
        write(relay.data, f"host = '127.0.0.1'\nport = {new}\n")
        operate(relay, "reload")
        assert _is_up(relay, "127.0.0.1", new)
        assert not _is_up(relay, "127.0.0.2", new)

    async def scene(relay: RelayProcess) -> None:
        stream, queue = await Stream.open(relay.stream), Queue()
        await asyncio.to_thread(move, relay)
        assert isinstance(await stream.ask(Create, queue.id, queue.hashes, 0), Done)
        await asyncio.to_thread(operate, relay, "rollback")
        assert await asyncio.to_thread(_is_up, relay)

    with running_relay(tmp_path / "data", config_port=True) as relay:
        run(scene(relay))


def test_a_port_that_is_taken_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    write(tmp_path / "data", "")
    with running_relay(tmp_path / "data", config_port=True) as relay, socket.create_server(("127.0.0.1", 0)) as taken:
        write(relay.data, f"port = {taken.getsockname()[1]}\n")
        assert "Address already in use" in operate(relay, "reload", code=1)
        assert _is_up(relay)
        relay.kill()
        relay.start()
        assert _is_up(relay), "nor does it keep the relay from starting"


def test_a_new_file_that_cannot_be_listened_with_gives_way_at_the_start(tmp_path: Path) -> None:
    write(tmp_path / "data", "")
    with running_relay(tmp_path / "data", config_port=True) as relay, socket.create_server(("127.0.0.1", 0)) as taken:
        relay.stop()
        write(relay.data, f"port = {taken.getsockname()[1]}\n")
        relay.start()
        assert _is_up(relay)
        assert "Address already in use" in status(relay)["configuration"]["passed_over"]


def test_going_back_to_former_files(relay: RelayProcess) -> None:
    for size in (6000, 7000):
        write(relay.data, f"entry_bytes = {size}\n")
        operate(relay, "reload")
        operate(relay, "confirm")
    operate(relay, "rollback")
    assert told(relay) == 6000
    operate(relay, "rollback", 1)
    assert told(relay) == 5000
    assert "There is no kept configuration number 99" in operate(relay, "rollback", 99, code=1)
    relay.kill()
    relay.start()
    assert told(relay) == 5000, "though the file says 7000"


def test_only_so_many_files_are_kept(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "config")
    for number in range(KEPT + 5):
        assert kept.confirm(f"port = {number}").number == number + 1
    assert kept.numbers() == list(range(6, KEPT + 6))
    kept.confirm(f"port = {KEPT + 4}")
    assert len(kept.numbers()) == KEPT, "the same again is no new one"


def test_nothing_is_there_to_confirm_or_to_go_back_to(relay: RelayProcess) -> None:
    assert "nothing to confirm" in operate(relay, "confirm", code=1)
    assert "no earlier configuration" in operate(relay, "rollback", code=1)
    assert "nothing has changed" in operate(relay, "reload")


def test_a_budget_that_changes_holds_at_once(relay: RelayProcess) -> None:
    with visit(relay.http) as http:
        Person().join(http)
        write(relay.data, "entry_bytes = 5000\nsignups = false\n")
        operate(relay, "reload")
        person = Person()
        answer = person.send(http, "PUT", person.path, person.sign_up())
        assert answer.json()["code"] == "not-allowed"


def test_checking_a_file(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text("port = 1\n")
    bad.write_text("\nprot = 1\n")
    assert "is valid" in havre("relay", "check", good)
    assert "line 2: prot: there is no such setting. Did you mean port?" in havre("relay", "check", bad, code=1)
    findings = json.loads(havre("relay", "check", bad, "--json", code=1))["findings"]
    assert [(one["key"], one["line"], one["nearest"]) for one in findings] == [("prot", 2, "port")]
    assert json.loads(havre("relay", "check", good, "--json")) == {"ok": True, "file": str(good), "findings": []}


def test_a_kept_file_that_is_damaged_gives_way_to_the_file(relay: RelayProcess) -> None:
    relay.kill()
    (relay.data / "config" / "000001.toml").write_bytes(b"\xff\x00 = [")
    relay.start()
    assert told(relay) == 5000
    assert "number 1 is not valid" in status(relay)["configuration"]["passed_over"]
    relay.stop()
    (relay.data / "config" / "000002.toml").write_bytes(b"\xff\x00 = [")
    (relay.data / "relay.toml").unlink()
    assert_one_sentence(start("--data", str(relay.data), "--port", "0"), "number 2 is not valid.*to use instead")


def test_a_folder_that_takes_no_note_takes_no_change(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "config").touch()
    with running_relay(tmp_path / "data") as relay:
        write(relay.data, "ttl = 1000\n")
        assert "nothing has changed" in operate(relay, "reload", code=1)
        assert httpx.get(f"{relay.http}/v1/relay").json()["ttl"] == 30 * 86400


@pytest.mark.long
def test_whenever_it_is_killed_it_comes_back_with_what_was_confirmed(relay: RelayProcess) -> None:
    confirmed = 5000
    for size in range(6000, 6015):
        write(relay.data, f"entry_bytes = {size}\n")
        operating = threading.Thread(target=_reload_and_confirm, args=(relay,))
        operating.start()
        time.sleep(random.uniform(0, 0.15))
        relay.kill()
        operating.join()
        relay.start()
        # The new one is on trial if the kill came before it was tried, and confirmed if the kill came late.
        assert told(relay) in (confirmed, size)
        if status(relay)["configuration"]["trial_seconds_left"] is not None:
            operate(relay, "rollback")
            assert told(relay) == confirmed
        confirmed = told(relay)


def _reload_and_confirm(relay: RelayProcess) -> None:
    with suppress(NobodyThereError, ConnectionError):
        if asyncio.run(ask(relay.data, Reload())).ok:
            asyncio.run(ask(relay.data, Confirm()))
