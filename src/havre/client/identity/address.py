"""Where a relay is: host, port and whether TLS guards the way there; only a loopback relay may do without."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

from havre.wire.sizes import STREAM_PATH

_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_HOST_LENGTH: Final = 253


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """A relay's address in its one form: lower case, the port always named.

    `host` is a name in ASCII, an IPv4 address, or an IPv6 address without brackets.
    """

    host: str
    port: int
    tls: bool

    def __post_init__(self) -> None:
        """Raise ValueError, with half a sentence, for what is no address, or goes in the clear beyond this machine."""
        if not _is_host(self.host):
            raise ValueError("the relay's name is not a host name")
        if not 0 < self.port < 65536:
            raise ValueError("the relay's port is not a number from 1 to 65535")
        if not self.tls and not self.loopback:
            raise ValueError("only a relay on this very machine may be reached without TLS")

    @property
    def loopback(self) -> bool:
        """Whether the relay is on this machine."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        address = _address(self.host)
        return address is not None and address.is_loopback

    @property
    def authority(self) -> str:
        """Host and port as URLs have them, the scheme's own port left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == default_port(self.tls) else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The relay's URL, without a slash at the end; the form that is stored and sent."""
        return f"{'https' if self.tls else 'http'}://{self.authority}"

    @property
    def stream_url(self) -> str:
        """The URL of the relay's stream."""
        return f"{'wss' if self.tls else 'ws'}://{self.authority}{STREAM_PATH}"

    def __str__(self) -> str:
        return self.url

    @classmethod
    def parse(cls, text: str) -> RelayAddress:
        """Read `https://host[:port]`, `http://...` on loopback, or a bare `host[:port]` (TLS, but not on loopback).

        Raises ValueError with half a sentence that says what is wrong.
        """
        text = text.strip()
        scheme, separator, rest = text.partition("://")
        authority = (rest if separator else text).removesuffix("/")
        host, port = split_authority(authority)
        if not separator:
            bare = cls(host, 443 if port is None else port, tls=True)
            tls = not bare.loopback
        elif scheme.lower() in ("https", "http"):
            tls = scheme.lower() == "https"
        else:
            raise ValueError("a relay's address begins with https://")
        return cls(host, default_port(tls) if port is None else port, tls)


def default_port(tls: bool) -> int:
    """Return the port that a URL means when it names none."""
    return 443 if tls else 80


def split_authority(authority: str) -> tuple[str, int | None]:
    """Return host (lower case, no brackets) and port of `host[:port]`; raises ValueError for anything beside these."""
    if not authority.isascii() or not authority.isprintable() or set(authority) & set("/\\@?# %"):
        raise ValueError("a relay's address is only a host name and perhaps a port")
    try:
        parts = urlsplit(f"//{authority}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("the relay's name is not a host name") from None
    if not host or authority.endswith(":"):
        raise ValueError("the relay's name is missing")
    return host, port


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_host(host: str) -> bool:
    if _address(host) is not None:
        return "%" not in host
    labels = host.split(".")
    return len(host) <= _HOST_LENGTH and not labels[-1].isdigit() and all(_LABEL.fullmatch(label) for label in labels)
