"""The stream over WebSocket: how a wire is opened, and what each failure of that is called."""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import Final

from picows import WSError, WSHandshakeError, ws_connect

from havre.client.errors import HavreError, NoRelay, NotHavre, RelayRefused
from havre.client.identity.address import RelayAddress
from havre.client.transport.backoff import Bounds
from havre.client.transport.base import Jitter
from havre.client.transport.connection import LARGEST_FRAME, Connection
from havre.client.transport.link import Deliver, ReconnectingLink, Wire
from havre.client.transport.proxy import proxy_for
from havre.wire.refusals import Code

OPENING: Final = 10.0
"""Seconds that connecting, the upgrade, and the relay's greeting may take, each."""
_LOG: Final = logging.getLogger("havre.client.stream")
_LOG.setLevel(logging.CRITICAL)  # picows would log addresses


def websocket_link(
    address: RelayAddress,
    jitter: Jitter,
    tls: ssl.SSLContext | None = None,
    bounds: Bounds | None = None,
    opening: float = OPENING,
) -> ReconnectingLink:
    """Return a link to a relay's stream; must be called inside a running event loop, and connects at once."""

    async def dial(deliver: Deliver) -> Wire:
        connection = Connection(address.url, deliver)
        try:
            await _open(address, connection, tls, opening)
        except BaseException:
            connection.end(NoRelay(address.url, "given up"))
            raise
        return connection

    return ReconnectingLink(address, dial, jitter, bounds)


async def _open(address: RelayAddress, connection: Connection, tls: ssl.SSLContext | None, opening: float) -> None:
    """Open the WebSocket and wait for the greeting."""
    await _connect(address, connection, tls, opening)
    try:
        async with asyncio.timeout(opening):
            await asyncio.shield(connection.ready)
    except TimeoutError:
        raise NotHavre(address.url, "it does not greet") from None


async def _connect(address: RelayAddress, connection: Connection, tls: ssl.SSLContext | None, opening: float) -> None:
    """Open the WebSocket; every way in which that fails becomes a `HavreError`."""
    proxy = proxy_for(address)
    try:
        async with asyncio.timeout(2 * opening):  # once connected, picows' own timeout comes first, and cleans up
            await ws_connect(
                lambda: connection,
                address.stream_url,
                ssl_context=tls,
                websocket_handshake_timeout=opening,
                logger_name=_LOG,
                enable_auto_pong=False,
                max_frame_size=LARGEST_FRAME,
                max_redirects=0,
                proxy=proxy,
            )
    except WSHandshakeError as error:
        raise _not_upgraded(address, error) from None
    except ssl.SSLCertVerificationError as error:
        raise NoRelay(address.url, f"its certificate is not valid: {error.verify_message}") from None
    except TimeoutError:
        raise NoRelay(address.url, "it took too long to answer") from None
    except (OSError, WSError) as error:
        raise NoRelay(address.url, _reason(error)) from None
    except Exception as error:
        if proxy is None:
            raise
        raise NoRelay(address.url, f"the proxy does not lead there: {type(error).__name__}") from None
    if connection.unused:
        raise NoRelay(address.url, "the connection was closed")


def _not_upgraded(address: RelayAddress, error: WSHandshakeError) -> HavreError:
    """Tell a relay that is busy from something else that does not speak our stream."""
    response = error.response
    if response is None:
        return NotHavre(address.url, "it does not answer as a WebSocket should")
    if response.status in (429, 503):
        return RelayRefused(address.url, Code.BUSY, "it is busy", _seconds(response.headers.get("Retry-After")))
    return NotHavre(address.url, f"it answers {int(response.status)} to the opening of a stream")


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 9 else None


def _reason(error: Exception) -> str:
    """Return what the system says, without the addresses that asyncio adds to it."""
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    return str(getattr(error, "strerror", None) or type(error).__name__)
