"""A relay's blob store over HTTP: resumable upload, ranged download."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import msgspec

from havre.client.errors import NotHavre, RelayRefused
from havre.client.transport.base import BlobState
from havre.client.transport.http import Exchange
from havre.wire.directory import LENGTH_HEADER, OFFSET_HEADER, UPLOAD_HEADER, NewBlob
from havre.wire.refusals import Code


class HttpBlobs:
    """A `Blobs` at the other end of an `Exchange`."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def reserve(self, body: NewBlob) -> None:
        """See `Blobs.reserve`."""
        await self._exchange.ask("POST", "/v1/blobs", msgspec.json.encode(body))

    async def state(self, blob: bytes) -> BlobState:
        """See `Blobs.state`."""
        async with self._exchange.opened("HEAD", _path(blob), {}) as response:
            return BlobState(self._number(response, OFFSET_HEADER), self._number(response, LENGTH_HEADER))

    async def append(self, blob: bytes, upload: bytes, offset: int, size: int, data: AsyncIterator[bytes]) -> int:
        """See `Blobs.append`."""
        headers = {
            **_secret(upload),
            OFFSET_HEADER: str(offset),
            "Content-Length": str(size),
            "Content-Type": "application/octet-stream",
        }
        async with self._exchange.opened("PATCH", _path(blob), headers, data) as response:
            return self._number(response, OFFSET_HEADER)

    @asynccontextmanager
    async def download(self, blob: bytes, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        """See `Blobs.download`."""
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        async with self._exchange.opened("GET", _path(blob), headers) as response:
            if offset and not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
                raise NotHavre(self._exchange.address.url, "it does not give the part of a file that was asked for")
            yield response.aiter_raw()

    async def delete(self, blob: bytes, upload: bytes) -> None:
        """See `Blobs.delete`."""
        try:
            await self._exchange.ask("DELETE", _path(blob), headers=lambda: _secret(upload))
        except RelayRefused as error:
            if error.code is not Code.UNKNOWN:
                raise

    def _number(self, response: httpx.Response, name: str) -> int:
        text = response.headers.get(name, "")
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise NotHavre(self._exchange.address.url, f"it does not say the {name} of a file")
        return int(text)


def _path(blob: bytes) -> str:
    return f"/v1/blobs/{blob.hex()}"


def _secret(upload: bytes) -> dict[str, str]:
    return {UPLOAD_HEADER: b64encode(upload).decode()}
