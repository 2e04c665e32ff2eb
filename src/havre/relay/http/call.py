"""One HTTP request as the handlers see it: bounded, strictly decoded, refused in one way only."""

from __future__ import annotations

import binascii
import math
from base64 import b64decode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from havre.relay.blobs.base import BlobStore
from havre.relay.budgets import Budgets, Thing
from havre.relay.committer import Committer
from havre.relay.config import RelayConfig
from havre.relay.core import requests
from havre.relay.core.ledger import RefusalError
from havre.relay.doorkeeper import Doorkeeper
from havre.relay.gate import Place
from havre.relay.peers import Peer
from havre.relay.pool import Pool
from havre.relay.status import Condition
from havre.relay.store.base import Store
from havre.wire.refusals import STATUS, Code, Refusal
from havre.wire.sizes import BlobId

T = TypeVar("T")
MAX_BODY: Final = 4 * 1024 * 1024
"""Bytes of a JSON body: a sign-up with a hundred of the largest key packages is smaller."""
RETRY_BODY: Final = 2.0
NO_STORE: Final = {"Cache-Control": "no-store"}


@dataclass(slots=True)
class Services:
    """What the handlers work with; `config` is replaced when the settings change."""

    config: RelayConfig
    committer: Committer
    store: Store
    blobs: BlobStore
    has_room: Callable[[], bool]
    budgets: Budgets
    bodies: Pool
    doorkeeper: Doorkeeper
    condition: Condition
    refusals: Counter[Code]
    """How often each was given."""
    uploads: set[BlobId] = field(default_factory=set)
    """Blobs to which somebody is uploading at this moment."""


class Call:
    """A request and what is needed to answer it."""

    def __init__(self, request: Request, services: Services) -> None:
        self.request = request
        self.services = services
        self._held = 0

    @property
    def peer(self) -> Peer:
        """Who asks, as far as budgets are concerned."""
        place: Place = self.request.scope["state"]["place"]
        return place.peer

    def spend(self, thing: Thing, amount: float = 1) -> None:
        """Take from the peer's budget; raises RefusalError when it is used up."""
        self.services.budgets.spend(thing, self.peer, amount)

    def path_id(self, name: str, size: int) -> bytes:
        """Return an id of `size` bytes from the path; raises RefusalError unless it is lower-case hex."""
        return hex_id(self.request.path_params[name], name, size)

    def header(self, name: str) -> str:
        """Return a header; raises RefusalError when it is missing."""
        value = self.request.headers.get(name)
        if value is None:
            raise RefusalError(Code.MALFORMED, f"the header {name} is missing")
        return value

    def header_number(self, name: str) -> int:
        """Return a header that holds a number; raises RefusalError."""
        value = self.header(name)
        if not (value.isascii() and value.isdigit() and len(value) < 20 and int(value) < 2**63):
            raise RefusalError(Code.MALFORMED, f"the header {name} is no number")
        return int(value)

    def header_bytes(self, name: str, size: int) -> bytes:
        """Return a header that holds `size` bytes as base64; raises RefusalError."""
        try:
            value = b64decode(self.header(name), validate=True)
        except (binascii.Error, ValueError):
            value = b""
        if len(value) != size:
            raise RefusalError(Code.MALFORMED, f"the header {name} is not {size} bytes as base64")
        return value

    async def body(self) -> bytes:
        """Return the whole body; raises RefusalError when it is too large or cut off."""
        body = bytearray()
        try:
            async for chunk in self.request.stream():
                body += chunk
                if len(body) > MAX_BODY:
                    raise RefusalError(Code.OVERSIZED, f"a body holds at most {MAX_BODY} bytes")
                self._hold(len(chunk))
        except ClientDisconnect:
            raise RefusalError(Code.MALFORMED, "the body was cut off") from None
        return bytes(body)

    def _hold(self, size: int) -> None:
        if not self.services.bodies.take(size):
            raise RefusalError(Code.BUSY, "the relay has too much to do; try again in a moment", RETRY_BODY)
        self._held += size

    def release(self) -> None:
        """The answer is there: what the request carried is not needed any more."""
        self.services.bodies.give_back(self._held)
        self._held = 0

    async def ask(self, request: requests.Request) -> Any:
        """Carry a request out and return its result; raises RefusalError."""
        result = await self.services.committer.ask(request)
        if isinstance(result, Refusal):
            raise RefusalError(result.code, result.message, result.retry_after)
        return result

    async def read(self, read: Callable[[Store], T]) -> T:
        """Read from the store."""
        return await self.services.committer.read(lambda: read(self.services.store))


def decoded(body: bytes, kind: type[T]) -> T:
    """Return the value that a JSON body holds; raises RefusalError."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RefusalError(Code.MALFORMED, f"the body cannot be read: {error}") from None


def hex_id(text: str, name: str, size: int) -> bytes:
    """Return the bytes of an id; raises RefusalError unless it is lower-case hex of the right length."""
    if len(text) != 2 * size or set(text) - set("0123456789abcdef"):
        raise RefusalError(Code.MALFORMED, f"the {name} is not {2 * size} lower-case hex digits")
    return bytes.fromhex(text)


def json(value: object, status: int = 200) -> Response:
    """Return a JSON answer that nobody may keep."""
    return Response(msgspec.json.encode(value), status, NO_STORE, "application/json")


def empty(headers: dict[str, str] | None = None) -> Response:
    """Return an answer without a body: done."""
    return Response(None, 204, NO_STORE | (headers or {}))


class RefusedResponse(Response):
    """The answer to a request that was refused; it knows why, so that it can be counted."""

    code: Code


def refused(refusal: Refusal, status: int | None = None, headers: dict[str, str] | None = None) -> RefusedResponse:
    """Return a refusal; the status follows from its code unless HTTP has a closer one."""
    extra = dict(headers or {})
    if refusal.retry_after is not None:
        extra["Retry-After"] = str(math.ceil(refusal.retry_after))
    body = msgspec.json.encode(refusal)
    response = RefusedResponse(body, status or STATUS[refusal.code], NO_STORE | extra, "application/json")
    response.code = refusal.code
    return response
