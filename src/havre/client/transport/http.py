"""HTTP to one relay: a request goes out, and its answer, a `RelayRefused`, a `NoRelay` or a `NotHavre` comes back."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import httpx
import msgspec

from havre.client.errors import HavreError, NoRelay, NotHavre, RelayRefused
from havre.client.identity.address import RelayAddress
from havre.client.transport.backoff import Backoff, Bounds
from havre.client.transport.base import Jitter
from havre.client.transport.proxy import proxy_for
from havre.wire.refusals import STATUS, Code, Refusal

LARGEST_ANSWER: Final = 2 * 2**20
"""Bytes of a directory answer that we are willing to read."""
_TIMEOUTS: Final = httpx.Timeout(20.0, connect=10.0)
_DEADLINE: Final = 60.0
"""Seconds that one attempt may take in all, files excepted."""
_AWAY: Final = frozenset({502, 503, 504})
"""What something in front of a relay says while the relay is away."""
_REFUSAL: Final = msgspec.json.Decoder(Refusal)


class Repeat(Enum):
    """When a failed request may be made again without asking."""

    ALWAYS = "always"
    """It is harmless twice."""
    UNDONE = "undone"
    """Only if it certainly was not carried out: no connection came about, or the relay said that it is busy."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is tried in all, and how many seconds a busy relay may ask us to wait."""

    attempts: int = 3
    longest: float = 30.0
    bounds: Bounds = field(default_factory=lambda: Bounds(0.5, 8.0))


class Unsent(NoRelay):
    """No connection came about, so the request was certainly not carried out."""


Headers = Callable[[], Mapping[str, str]]
"""Makes the headers of one attempt; a signed request must be signed anew for every one."""


class Exchange:
    """Requests to one relay over kept connections."""

    def __init__(
        self,
        address: RelayAddress,
        jitter: Jitter,
        tls: ssl.SSLContext | None = None,
        patience: Patience | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.address = address
        self.jitter = jitter
        self._patience = patience or Patience()
        self._client = httpx.AsyncClient(
            base_url=address.url,
            verify=tls or True,
            timeout=_TIMEOUTS,
            follow_redirects=False,
            trust_env=False,
            proxy=None if transport else proxy_for(address),
            transport=transport,
            headers={"User-Agent": "havre", "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        headers: Headers = dict,
        repeat: Repeat = Repeat.ALWAYS,
    ) -> bytes:
        """Make a request, repeatedly if need be, and return the body of its answer."""
        backoff = Backoff(self.jitter, self._patience.bounds)
        for left in reversed(range(self._patience.attempts)):
            try:
                return await self._attempt(method, path, body, headers())
            except HavreError as error:
                wait = self._wait(error, repeat, backoff)
                if left == 0 or wait is None:
                    raise
                await asyncio.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    @asynccontextmanager
    async def opened(
        self, method: str, path: str, headers: Mapping[str, str], content: AsyncIterator[bytes] | bytes = b""
    ) -> AsyncIterator[httpx.Response]:
        """Make a request once, and give its answer while the body is still to be read; refusals are raised."""
        answered = False
        try:
            async with self._client.stream(method, path, headers=dict(headers), content=content) as response:
                answered = True
                await self._check(response)
                yield response
        except httpx.HTTPError as error:
            raise self._translated(error, answered) from None

    async def _attempt(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        if body:
            headers = {**headers, "Content-Type": "application/json"}
        try:
            async with asyncio.timeout(_DEADLINE), self.opened(method, path, headers, body) as response:
                return await self._read(response)
        except TimeoutError:
            raise NoRelay(self.address.url, "it took too long to answer") from None

    def _wait(self, error: HavreError, repeat: Repeat, backoff: Backoff) -> float | None:
        """Return how long to wait before the next attempt, or None if there must not be one."""
        match error:
            case RelayRefused(code=Code.BUSY, retry_after=after) if (after or 0.0) <= self._patience.longest:
                return backoff.next_wait(after)
            case Unsent():
                return backoff.next_wait()
            case NoRelay() if repeat is Repeat.ALWAYS:
                return backoff.next_wait()
            case _:
                return None

    async def _check(self, response: httpx.Response) -> None:
        if response.is_success:
            return
        if not response.is_error:
            raise NotHavre(self.address.url, f"it answers {response.status_code}")
        refusal = _headless(response) or _refusal(await self._read(response))
        if refusal is not None:
            raise RelayRefused(self.address.url, refusal.code, refusal.message, refusal.retry_after, refusal.line)
        if response.status_code in _AWAY:
            raise NoRelay(self.address.url, f"what is in front of it answers {response.status_code}")
        raise NotHavre(self.address.url, f"it answers {response.status_code}")

    async def _read(self, response: httpx.Response) -> bytes:
        data = bytearray()
        async for piece in response.aiter_raw():
            data += piece
            if len(data) > LARGEST_ANSWER:
                raise NotHavre(self.address.url, "its answer is too long")
        return bytes(data)

    def _translated(self, error: httpx.HTTPError, answered: bool) -> HavreError:
        """Return what a failure of the HTTP library means to a person."""
        certificate = _certificate_error(error)
        if certificate is not None:
            return NoRelay(self.address.url, f"its certificate is not valid: {certificate.verify_message}")
        if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
            return Unsent(self.address.url, "it took too long to answer")
        if isinstance(error, httpx.ConnectError | httpx.ProxyError):
            return Unsent(self.address.url, "the connection failed")
        if isinstance(error, httpx.TimeoutException):
            return NoRelay(self.address.url, "it took too long to answer")
        if isinstance(error, httpx.RemoteProtocolError) and not answered and "disconnected" not in str(error):
            return NotHavre(self.address.url, "it does not speak HTTP")
        return NoRelay(self.address.url, "the connection broke")


def _headless(response: httpx.Response) -> Refusal | None:
    """Return the refusal of a HEAD request, which has no body to say more than its status does."""
    if response.request.method != "HEAD":
        return None
    code = next((code for code, status in STATUS.items() if status == response.status_code), None)
    return None if code is None else Refusal(code, "")


def _refusal(body: bytes) -> Refusal | None:
    try:
        return _REFUSAL.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _certificate_error(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error
        error = error.__cause__ or error.__context__
    return None
