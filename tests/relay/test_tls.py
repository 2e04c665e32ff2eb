"""TLS on the relay's own port: renewed while it runs, never broken by what is written over its files."""

from __future__ import annotations

import signal
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from havre.wire.stream import Create, Done
from tests.relay.admin.rig import havre, operate, status, write
from tests.relay.rig import Queue, RelayProcess, Stream, run, running_relay
from tests.relay.waiting import await_that


def make_pair(days: int) -> tuple[bytes, bytes]:
    """Return certificate and key in PEM, for 127.0.0.1 and so many days."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
    builder = builder.not_valid_after(now + timedelta(days=days))
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), secret


def put(folder: Path, certificate: bytes, key: bytes) -> None:
    (folder / "key.pem").write_bytes(key)
    (folder / "certificate.pem").write_bytes(certificate)


def days_left(port: int) -> int:
    """Return for how many days more the certificate is good that a new connection is shown."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port)) as raw, context.wrap_socket(raw) as connection:
        shown = x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")
    return round((shown.not_valid_after_utc - datetime.now(UTC)).total_seconds() / 86400)


def settings(folder: Path) -> str:
    return f"tls_certificate = '{folder}/certificate.pem'\ntls_key = '{folder}/key.pem'\n"


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RelayProcess]:
    put(tmp_path, *make_pair(10))
    write(tmp_path / "data", settings(tmp_path))
    with running_relay(tmp_path / "data") as process:
        yield process


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "certificate.pem"))


def test_http_and_stream_go_over_tls(relay: RelayProcess, tmp_path: Path) -> None:
    async def scene() -> None:
        url = relay.stream.replace("ws://", "wss://")
        stream, queue = await Stream.open(url, ssl_context=trusting(tmp_path)), Queue()
        assert isinstance(await stream.ask(Create, queue.id, queue.hashes, 0), Done)

    run(scene())
    answer = httpx.get(f"https://127.0.0.1:{relay.port}/v1/relay", verify=trusting(tmp_path))
    assert answer.status_code == 200
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{relay.http}/v1/relay")


def test_a_renewed_certificate_is_shown_to_who_comes_and_who_is_there_stays(
    relay: RelayProcess, tmp_path: Path
) -> None:
    assert days_left(relay.port) == 10

    async def scene() -> None:
        url = relay.stream.replace("ws://", "wss://")
        stream, queue = await Stream.open(url, ssl_context=trusting(tmp_path)), Queue()
        put(tmp_path, *make_pair(20))
        await_that(lambda: days_left(relay.port) == 20)
        assert isinstance(await stream.ask(Create, queue.id, queue.hashes, 0), Done)

    run(scene())
    assert status(relay)["tls"]["fault"] is None


def look_now(relay: RelayProcess) -> None:
    """Spare it the seconds until it looks by itself, which the test before this waits for."""
    relay.process.send_signal(signal.SIGHUP)


def has_fault(relay: RelayProcess, words: str) -> bool:
    return words in (status(relay)["tls"]["fault"] or "")


def test_a_broken_pair_is_refused_and_the_old_one_stays(relay: RelayProcess, tmp_path: Path) -> None:
    _, other_key = make_pair(20)
    for broken, words in (
        (other_key, "do not belong together"),
        (b"no PEM at all", "no certificate and key in PEM"),
    ):
        (tmp_path / "key.pem").write_bytes(broken)
        look_now(relay)
        await_that(partial(has_fault, relay, words))
        assert days_left(relay.port) == 10
    (tmp_path / "key.pem").unlink()
    look_now(relay)
    await_that(partial(has_fault, relay, "cannot be read"))
    assert "are refused" in operate(relay, "status")
    assert days_left(relay.port) == 10
    assert "was refused" in relay.log.read_text()
    put(tmp_path, *make_pair(30))
    look_now(relay)
    await_that(lambda: days_left(relay.port) == 30)
    assert status(relay)["tls"]["fault"] is None


def test_reload_looks_at_once(relay: RelayProcess, tmp_path: Path) -> None:
    put(tmp_path, *make_pair(20))
    operate(relay, "reload")
    assert days_left(relay.port) == 20


def test_tls_comes_and_goes_with_the_configuration(relay: RelayProcess, tmp_path: Path) -> None:
    write(relay.data, "")
    operate(relay, "reload")
    assert httpx.get(f"http://127.0.0.1:{_port(relay)}/v1/relay").status_code == 200
    operate(relay, "rollback")
    assert days_left(_port(relay)) == 10
    write(relay.data, settings(tmp_path / "nowhere"))
    assert "cannot be read" in operate(relay, "reload", code=1)
    assert days_left(_port(relay)) == 10


def _port(relay: RelayProcess) -> int:
    return int((relay.data / "port").read_text())


def test_a_file_with_a_pair_that_cannot_be_used_is_found_out_beforehand(tmp_path: Path) -> None:
    file = tmp_path / "relay.toml"
    file.write_text("port = 1\n" + settings(tmp_path))
    assert "line 2: tls_certificate:" in havre("relay", "check", file, code=1)
    put(tmp_path, *make_pair(1))
    assert "is valid" in havre("relay", "check", file)


def test_a_locked_key_asks_nobody(tmp_path: Path) -> None:
    certificate, key = make_pair(1)
    locked = serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")
    )
    put(tmp_path, certificate, locked)
    (tmp_path / "relay.toml").write_text(settings(tmp_path))
    assert "cannot be used" in havre("relay", "check", tmp_path / "relay.toml", code=1)
