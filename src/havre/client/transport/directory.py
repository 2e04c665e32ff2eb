"""A relay's directory over HTTP."""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec

from havre.client.errors import NotHavre, RelayRefused, WrongVersion
from havre.client.identity.requests import RequestSigner
from havre.client.transport.base import Waiting, unseen_line
from havre.client.transport.http import Exchange, Repeat
from havre.client.transport.line import wait_in_line
from havre.wire.directory import (
    TICKET_HEADER,
    Named,
    Publish,
    Published,
    RelayInfo,
    SignUp,
    Stock,
    Taken,
    TakenAll,
    Upload,
)
from havre.wire.records import SignedRecord
from havre.wire.refusals import Code
from havre.wire.sizes import VERSION

T = TypeVar("T")

_DECODERS: Final[dict[Any, msgspec.json.Decoder[Any]]] = {
    kind: msgspec.json.Decoder(kind) for kind in (Named, Published, RelayInfo, Stock, TakenAll)
}


class HttpDirectory:
    """A `Directory` at the other end of an `Exchange`."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def relay_info(self) -> RelayInfo:
        """See `Directory.relay_info`."""
        info = self._read(RelayInfo, await self._exchange.ask("GET", "/v1/relay"))
        if info.version != VERSION:
            raise WrongVersion(self._exchange.address.url, info.version, VERSION)
        return info

    async def sign_up(
        self, body: SignUp, signer: RequestSigner, waiting: Waiting = unseen_line, ticket: str | None = None
    ) -> None:
        """See `Directory.sign_up`."""
        path, data = f"/v1/accounts/{signer.account.hex()}", msgspec.json.encode(body)

        async def attempt(ticket: str | None) -> None:
            held = {} if ticket is None else {TICKET_HEADER: ticket}
            await self._exchange.ask("PUT", path, data, headers=lambda: signer.headers("PUT", path, data) | held)

        await wait_in_line(attempt, self._exchange.jitter, waiting, ticket)

    async def account(self, account: bytes) -> SignedRecord | None:
        """See `Directory.account`."""
        answer = await self._unless_unknown("GET", f"/v1/accounts/{account.hex()}")
        if answer is None:
            return None
        published = self._read(Published, answer)
        return SignedRecord(published.record, published.signature)

    async def publish(self, record: SignedRecord, signer: RequestSigner) -> None:
        """See `Directory.publish`."""
        body = Publish(record.record, record.signature)
        await self._signed("PUT", f"/v1/accounts/{signer.account.hex()}/record", body, signer)

    async def close_account(self, signer: RequestSigner) -> None:
        """See `Directory.close_account`."""
        try:
            await self._signed("DELETE", f"/v1/accounts/{signer.account.hex()}", None, signer)
        except RelayRefused as error:
            if error.code is not Code.UNKNOWN:
                raise

    async def named(self, name_hash: bytes) -> bytes | None:
        """See `Directory.named`."""
        answer = await self._unless_unknown("GET", f"/v1/names/{name_hash.hex()}")
        return None if answer is None else self._read(Named, answer).account

    async def claim_name(self, name_hash: bytes, signer: RequestSigner) -> None:
        """See `Directory.claim_name`."""
        await self._signed("PUT", f"/v1/names/{name_hash.hex()}", Named(signer.account), signer)

    async def upload_key_packages(self, upload: Upload, signer: RequestSigner) -> int:
        """See `Directory.upload_key_packages`."""
        answer = await self._signed("POST", _key_packages(signer), upload, signer, Repeat.UNDONE)
        return self._read(Stock, answer).one_time

    async def stock(self, signer: RequestSigner) -> int:
        """See `Directory.stock`."""
        return self._read(Stock, await self._signed("GET", _key_packages(signer), None, signer)).one_time

    async def take_key_packages(self, account: bytes) -> list[Taken]:
        """See `Directory.take_key_packages`."""
        path = f"/v1/accounts/{account.hex()}/key-packages/take"
        return self._read(TakenAll, await self._exchange.ask("POST", path, repeat=Repeat.UNDONE)).key_packages

    async def _signed(
        self, method: str, path: str, body: object, signer: RequestSigner, repeat: Repeat = Repeat.ALWAYS
    ) -> bytes:
        data = b"" if body is None else msgspec.json.encode(body)
        return await self._exchange.ask(
            method, path, data, headers=lambda: signer.headers(method, path, data), repeat=repeat
        )

    async def _unless_unknown(self, method: str, path: str) -> bytes | None:
        try:
            return await self._exchange.ask(method, path)
        except RelayRefused as error:
            if error.code is Code.UNKNOWN:
                return None
            raise

    def _read(self, kind: type[T], answer: bytes) -> T:
        try:
            value: T = _DECODERS[kind].decode(answer)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise NotHavre(self._exchange.address.url, f"its answer is no {kind.__name__}") from None
        return value


def _key_packages(signer: RequestSigner) -> str:
    """Return the path of the signing device's key packages."""
    if signer.device is None:
        raise ValueError("key packages belong to a device, so a device must sign for them")
    return f"/v1/accounts/{signer.account.hex()}/devices/{signer.device.hex()}/key-packages"
