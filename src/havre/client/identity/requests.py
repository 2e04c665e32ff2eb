"""Signed requests: who asks, under which number, over which bytes (`havre.wire.records.request_bytes`)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from havre.client.identity.keys import Signatures
from havre.wire.directory import DEVICE_HEADER, SEQUENCE_HEADER, SIGNATURE_HEADER
from havre.wire.records import request_bytes


class RequestNumbers:
    """Numbers that only go up, also when the clock is set back: its milliseconds, or one more than the last."""

    def __init__(self, milliseconds: Callable[[], int], last: int = 0) -> None:
        self._milliseconds = milliseconds
        self._last = last

    def next(self) -> int:
        """Return a number above every earlier one."""
        self._last = max(self._milliseconds(), self._last + 1)
        return self._last


@dataclass(frozen=True, slots=True)
class RequestSigner:
    """Whoever may sign requests for an account: the account key itself (`device` is None), or one of its devices."""

    account: bytes
    device: bytes | None
    signatures: Signatures = field(repr=False)
    private: bytes = field(repr=False)
    numbers: RequestNumbers = field(repr=False)

    def headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        """Return the headers that sign one request; every call takes a new number, so a retry must sign again."""
        number = self.numbers.next()
        signed = request_bytes(method, path, self.account, number, sha256(body).digest())
        signature = self.signatures.sign(self.private, signed)
        headers = {SIGNATURE_HEADER: b64encode(signature).decode(), SEQUENCE_HEADER: str(number)}
        if self.device is not None:
            headers[DEVICE_HEADER] = self.device.hex()
        return headers
