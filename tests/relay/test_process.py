"""The relay as a process: how it starts, refuses to start, and what it leaves behind."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import pytest

from havre.wire.stream import Append, Create, Subscribe, Subscription
from tests.relay.nursery import RELAY, bear
from tests.relay.rig import PATIENCE, Person, Queue, RelayProcess, Stream, run, running_relay, visit


def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a relay that is not going to start."""
    variables = os.environ | {f"HAVRE_RELAY_{key.upper()}": value for key, value in environment.items()}
    with tempfile.TemporaryFile() as said:
        code = bear(RELAY, list(arguments), variables, {2: said.fileno()}).wait(timeout=PATIENCE)
        said.seek(0)
        return subprocess.CompletedProcess(arguments, code, stderr=said.read().decode())


def assert_one_sentence(result: subprocess.CompletedProcess[str], pattern: str, code: int = 1) -> None:
    assert result.returncode == code
    assert re.fullmatch(rf"havre relay: [^\n]*{pattern}[^\n]*\n", result.stderr), result.stderr


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """The one test of this file that starts a new interpreter, as an operator does."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "havre.relay", "--data", str(tmp_path), "--port", port]
        result = subprocess.run(command, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
    assert_one_sentence(result, f"cannot listen on 127.0.0.1 port {port}: Address already in use")


def test_a_host_that_is_not_here(tmp_path: Path) -> None:
    assert_one_sentence(start("--data", str(tmp_path), "--host", "nowhere.invalid"), "cannot listen on nowhere.invalid")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert_one_sentence(start("--data", str(tmp_path / "file" / "data"), "--port", "0"), "cannot be written to")


def test_a_store_that_is_damaged(tmp_path: Path) -> None:
    with running_relay(tmp_path / "data") as relay:
        relay.stop()
    manifest = next((tmp_path / "data" / "store").glob("MANIFEST-*"))
    manifest.write_bytes(b"\x00" * 100)
    assert_one_sentence(start("--data", str(tmp_path / "data"), "--port", "0"), "is damaged", code=25)


def test_a_second_relay_on_the_same_folder(tmp_path: Path) -> None:
    with running_relay(tmp_path / "data") as relay:
        for port in ("0", str(relay.port)):
            assert_one_sentence(start("--data", str(tmp_path / "data"), "--port", port), "another relay has the folder")
        assert httpx.get(f"{relay.http}/healthz").status_code == 200
        assert (tmp_path / "data" / "port").read_text() == f"{relay.port}\n"


def test_settings_that_do_not_hold_together(tmp_path: Path) -> None:
    assert_one_sentence(
        start("--data", str(tmp_path), "--port", "70000"), "port: what the command line says .* from 0 to 65535"
    )
    assert_one_sentence(start("--data", str(tmp_path), "--port", "x"), "port: .*a whole number")
    assert_one_sentence(start("--data", str(tmp_path), entry_bytes="1040000"), "entry_bytes")


def test_a_descriptor_that_is_not_open(tmp_path: Path) -> None:
    result = start("--data", str(tmp_path), "--port", "0", "--ready-fd", "77", "--log", "json")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == "havre relay: cannot write to the file descriptor 77: Bad file descriptor"


def test_what_lies_in_the_data_folder_is_the_relays_alone(tmp_path: Path) -> None:
    with running_relay(tmp_path / "data"):
        assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "data").rglob("*"))


@pytest.mark.parametrize("number", ["TERM", "INT"])
def test_it_stops_when_asked_and_takes_its_port_file_along(tmp_path: Path, number: str) -> None:
    with running_relay(tmp_path / "data") as relay:
        port_file = tmp_path / "data" / "port"
        assert port_file.read_text() == f"{relay.port}\n"
        subprocess.run(["kill", f"-{number}", str(relay.process.pid)], check=True)
        assert relay.process.wait(timeout=PATIENCE) == 0
        assert not port_file.exists()


@pytest.mark.claim("no-address")
@pytest.mark.claim("capabilities-hashed")
def test_it_leaves_no_address_name_secret_or_plaintext_anywhere(tmp_path: Path) -> None:
    """All that a scene with everything in it leaves on disk and in the log, searched for what must not be there."""
    person, queue = Person(), Queue()
    secrets = [queue.secrets.read, queue.secrets.write, queue.secrets.manage, person.inbox.secrets.read]

    async def scene(relay: RelayProcess) -> None:
        stream = await Stream.open(relay.stream)
        await stream.ask(Create, queue.id, queue.hashes, 0)
        await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), os.urandom(50))
        await stream.ask(Subscribe, [Subscription(queue.id, queue.secrets.read, 0)])
        stream.send_raw(b"rubbish")
        while await stream.next() is not None:
            pass

    with running_relay(tmp_path / "data") as relay:
        run(scene(relay))
        with visit(relay.http) as http:
            person.join(http, os.urandom(32))
            http.get("/nothing")
        with socket.create_connection(("127.0.0.1", relay.port)) as raw:
            raw.sendall(b"no HTTP at all\r\n\r\n")
            raw.recv(1000)
        relay.stop()
        with running_relay(tmp_path / "data"):
            pass
        left = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        for path, data in left.items():
            assert b"127.0.0.1" not in data, path
            assert not [secret for secret in secrets if secret in data or secret.hex().encode() in data], path
        assert person.public in b"".join(left.values()), "the search itself works"


def test_a_service_manager_hears_when_it_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0havre-{os.getpid()}")
        manager.settimeout(PATIENCE)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@havre-{os.getpid()}")
        with running_relay(tmp_path / "data"):
            assert manager.recv(100) == b"READY=1"
