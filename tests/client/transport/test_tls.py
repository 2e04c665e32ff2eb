"""TLS: a relay with a certificate that we trust is reached, any other is not, over the stream and HTTP alike."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from picows import ws_create_server

from havre.client.errors import NoRelay
from havre.client.identity.address import RelayAddress
from havre.client.transport.base import Connected, Disconnected
from havre.client.transport.directory import HttpDirectory
from havre.client.transport.http import Exchange, Patience
from havre.client.transport.stream import websocket_link
from tests.client.transport.scripted import QUICK, Follower, Listener, ScriptedRelay, half

pytestmark = pytest.mark.anyio

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a relay of this test")])


def certificate(folder: Path, address: str) -> Path:
    """Write a key and a certificate, signed by itself, for an IP address."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
    builder = x509.CertificateBuilder(NAME, NAME, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    pem, format_, none = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = folder / f"{address}.pem"
    path.write_bytes(key.private_bytes(pem, format_, none) + made.public_bytes(pem))
    return path


@asynccontextmanager
async def secure_relay(path: Path) -> AsyncIterator[RelayAddress]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    relay = ScriptedRelay()
    server = await ws_create_server(lambda request: Listener(relay), "127.0.0.1", 0, ssl=context)
    try:
        yield RelayAddress("127.0.0.1", server.sockets[0].getsockname()[1], tls=True)
    finally:
        for peer in relay.peers:
            peer.hang_up()
        server.close()
        await server.wait_closed()


async def first(address: RelayAddress, trusted: Path | None) -> Connected | Disconnected:
    link = websocket_link(address, half, ssl.create_default_context(cafile=trusted), QUICK)
    try:
        happening = await Follower(link).next()
    finally:
        await link.close()
    assert isinstance(happening, Connected | Disconnected)
    return happening


async def test_a_trusted_certificate(tmp_path: Path) -> None:
    path = certificate(tmp_path, "127.0.0.1")
    async with secure_relay(path) as address:
        assert isinstance(await first(address, path), Connected)


@pytest.mark.parametrize(("named", "is_trusted"), [("127.0.0.1", False), ("192.0.2.1", True)])
async def test_a_certificate_of_somebody_else(tmp_path: Path, named: str, is_trusted: bool) -> None:
    path = certificate(tmp_path, named)
    async with secure_relay(path) as address:
        lost = await first(address, path if is_trusted else None)
        assert isinstance(lost, Disconnected)
        assert isinstance(lost.reason, NoRelay)
        assert "certificate" in str(lost.reason)

        context = ssl.create_default_context(cafile=path if is_trusted else None)
        exchange = Exchange(address, half, context, Patience(attempts=1))
        with pytest.raises(NoRelay, match="certificate"):
            await HttpDirectory(exchange).relay_info()
        await exchange.close()


async def test_no_tls_where_there_should_be(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    address = RelayAddress("127.0.0.1", server.sockets[0].getsockname()[1], tls=True)
    lost = await first(address, None)
    server.close()
    assert isinstance(lost, Disconnected)
    assert isinstance(lost.reason, NoRelay)
