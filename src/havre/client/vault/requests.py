"""Requests of strangers, and accounts that I do not want to hear from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from havre.client.vault.tables import Connection, Table


@dataclass(frozen=True, slots=True)
class Request:
    """A conversation into which somebody put me whom I do not know: kept, neither entered nor answered.

    `queue` and `relay` are its home, `account` is who asks and `name` what they call themselves. `at` in milliseconds.
    """

    queue: bytes
    account: bytes
    account_key: bytes
    relay: str
    kind: str
    name: str
    at: int
    welcome: bytes = field(repr=False)
    bundle: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """An account whose requests are dropped; if `blocked`, its direct messages are not shown either."""

    account: bytes
    account_key: bytes
    name: str
    blocked: bool
    at: int


@dataclass(frozen=True, slots=True)
class ParkedWelcome:
    """A Welcome into a group that this device takes itself to be in, and the epoch that it leads to."""

    queue: bytes
    epoch: int
    welcome: bytes = field(repr=False)
    bundle: bytes = field(repr=False)


_REQUESTS: Final = Table("request", Request, "queue", calm=True)
_REFUSED: Final = Table("refused", Refused, "account", calm=True)
_PARKED: Final = Table("parked_welcome", ParkedWelcome, "queue", calm=True)


class RequestTables(Connection):
    """Keeps to `havre.client.vault.base.RequestRows`."""

    def put_request(self, request: Request) -> None:
        """Insert or replace by queue."""
        _REQUESTS.put(self, request)

    def requests(self, account: bytes | None = None) -> Sequence[Request]:
        """Return what waits to be accepted, all or one account's, oldest first."""
        if account is None:
            return _REQUESTS.select(self, "ORDER BY at, queue")
        return _REQUESTS.select(self, "WHERE account = ? ORDER BY at, queue", account)

    def drop_requests(self, account: bytes) -> None:
        """Delete all requests of an account, with what would have opened them."""
        self.execute("DELETE FROM request WHERE account = ?", (account,))

    def put_refused(self, refused: Refused) -> None:
        """Insert or replace by account."""
        _REFUSED.put(self, refused)

    def refused(self, account: bytes) -> Refused | None:
        """Return what was decided about an account, if it was refused."""
        return _REFUSED.get(self, account)

    def all_refused(self) -> Sequence[Refused]:
        """Return everybody who was declined or blocked, oldest first."""
        return _REFUSED.select(self, "ORDER BY at, account")

    def drop_refused(self, account: bytes) -> None:
        """Delete what was decided about an account."""
        _REFUSED.drop(self, account)

    def put_parked(self, parked: ParkedWelcome) -> None:
        """Insert or replace by queue."""
        _PARKED.put(self, parked)

    def parked(self) -> Sequence[ParkedWelcome]:
        """Return the Welcomes that wait for this device to be out of a group."""
        return _PARKED.select(self, "ORDER BY queue")

    def drop_parked(self, queue: bytes) -> None:
        """Forget it: taken, or of no use."""
        _PARKED.drop(self, queue)
