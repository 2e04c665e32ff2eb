"""TLS on the relay's own port: a certificate that is read again when its files change, without a restart.

Connections keep the context they began with. A new pair that cannot be used is refused: the old one stays, the log and
`havre relay status` say so.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

LOOK_SECONDS: Final = 2.0
"""How often the files are looked at."""
log = structlog.get_logger("havre.relay")


class TlsError(Exception):
    """A certificate and its key cannot be used; the message is one sentence without a full stop."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The PEM files of a certificate and of its key."""

    certificate: Path
    key: Path

    def stamp(self) -> tuple[object, ...]:
        """Return what changes when one of the files does."""
        return tuple(_stamp(path) for path in (self.certificate, self.key))


class Certificates:
    """The pair in use. `context` stays the same object; what it presents follows the files. Raises TlsError."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._seen = pair.stamp()
        self._current = load_pair(pair)
        self.ends = certificate_ends(pair.certificate)
        """When the certificate in use ends."""
        self.fault = ""
        """Why the files as they are now are not in use; empty if they are."""
        self.context = load_pair(pair)
        self.context.sni_callback = self._present

    def follow(self, other: Certificates) -> None:
        """Present what the other one presents from now on."""
        self._pair, self._seen, self._current = other._pair, other._seen, other._current
        self.ends, self.fault = other.ends, ""

    def look(self) -> None:
        """Take the files up if they have changed; a pair that cannot be used is refused once, and noted."""
        stamp = self._pair.stamp()
        if stamp == self._seen:
            return
        self._seen = stamp  # before they are read: what is written meanwhile is looked at again
        try:
            self.follow(Certificates(self._pair))
            log.info("the certificate was renewed", ends=self.ends.isoformat())
        except TlsError as error:
            self.fault = str(error)
            log.error("the new certificate was refused; the old one stays", reason=self.fault)

    async def watch(self) -> None:
        """Look at the files from time to time; never returns."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()

    def _present(self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, context: ssl.SSLContext) -> None:
        """OpenSSL asks this at each handshake, whether or not the client names a server."""
        connection.context = self._current


def load_pair(pair: Pair) -> ssl.SSLContext:
    """Return a context that presents this pair; raises TlsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(pair.certificate, pair.key, password=lambda: "")  # a locked key must not ask a terminal
    except ssl.SSLError as error:
        why = (
            "they do not belong together"
            if "MISMATCH" in (error.reason or "")
            else "they are no certificate and key in PEM"
        )
        raise TlsError(f"{pair.certificate} and {pair.key} cannot be used: {why}") from None
    except OSError as error:
        raise TlsError(f"{pair.certificate} or {pair.key} cannot be read: {error.strerror}") from None
    return context


def certificate_ends(path: Path) -> datetime:
    """Return when the first certificate of a PEM file ends; raises TlsError."""
    from cryptography.x509 import load_pem_x509_certificate  # here, because only relays with TLS of their own need it

    try:
        return load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        raise TlsError(f"{path} holds no certificate in PEM") from None


def _stamp(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
