"""Every relay that a client talks to, over the real network."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

from havre.client.identity.address import RelayAddress
from havre.client.transport.backoff import Bounds
from havre.client.transport.base import Blobs, Directory, Jitter, StreamLink

if TYPE_CHECKING:
    from havre.client.transport.http import Exchange, Patience


class InternetNetwork:
    """A `Network`: one WebSocket and one pool of HTTP connections for each relay, made when first asked for.

    What it takes to talk is loaded only then: what a vault holds is shown sooner.
    """

    def __init__(self, jitter: Jitter, bounds: Bounds | None = None, patience: Patience | None = None) -> None:
        self._jitter = jitter
        self._bounds = bounds
        self._patience = patience
        self._tls: ssl.SSLContext | None = None
        self._links: dict[RelayAddress, StreamLink] = {}
        self._exchanges: dict[RelayAddress, Exchange] = {}

    def stream(self, address: RelayAddress) -> StreamLink:
        """See `Network.stream`."""
        if address not in self._links:
            from havre.client.transport.stream import websocket_link

            self._links[address] = websocket_link(address, self._jitter, self._tls_for(address), self._bounds)
        return self._links[address]

    def directory(self, address: RelayAddress) -> Directory:
        """See `Network.directory`."""
        from havre.client.transport.directory import HttpDirectory

        return HttpDirectory(self._exchange(address))

    def blobs(self, address: RelayAddress) -> Blobs:
        """See `Network.blobs`."""
        from havre.client.transport.blobs import HttpBlobs

        return HttpBlobs(self._exchange(address))

    async def close(self) -> None:
        """See `Network.close`."""
        links, self._links = self._links, {}
        exchanges, self._exchanges = self._exchanges, {}
        closings = [link.close() for link in links.values()] + [exchange.close() for exchange in exchanges.values()]
        await asyncio.gather(*closings)

    def _exchange(self, address: RelayAddress) -> Exchange:
        if address not in self._exchanges:
            from havre.client.transport.http import Exchange

            tls = self._tls_for(address)
            self._exchanges[address] = Exchange(address, self._jitter, tls, self._patience)
        return self._exchanges[address]

    def _tls_for(self, address: RelayAddress) -> ssl.SSLContext | None:
        """Return one TLS context for all relays: loading the certificate authorities takes a while."""
        if address.tls and self._tls is None:
            import httpx

            self._tls = httpx.create_ssl_context()
        return self._tls if address.tls else None
