"""What faces are shown of those who want to talk to me, and of those I do not want to hear from."""

from __future__ import annotations

from dataclasses import dataclass

from havre.client.vault import requests


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody who wants to talk to me and waits for my answer; they are not told that I have seen it.

    `account_id` in hex; `name` is what they call themselves and `relay` their conversation's home, neither vouched for
    by anybody; `at` in unix milliseconds.
    """

    account_id: str
    name: str
    relay: str
    kind: str
    at: int

    @property
    def fingerprint(self) -> str:
        """A short form of the account's id, to tell people apart by."""
        return f"{self.account_id[:4]}-{self.account_id[4:8]}"


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody I do not want to hear from: declined (what they ask for is dropped), or `blocked` altogether."""

    account_id: str
    name: str
    blocked: bool


@dataclass(frozen=True, slots=True)
class RequestArrived:
    """Somebody whom I do not know wants to talk to me."""

    request: Request


def request_view(row: requests.Request) -> Request:
    """Return a request as it is shown."""
    return Request(row.account.hex(), row.name, row.relay, row.kind, row.at)


def refused_view(row: requests.Refused) -> Refused:
    """Return somebody refused as they are shown."""
    return Refused(row.account.hex(), row.name, row.blocked)
