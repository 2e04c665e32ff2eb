"""A relay in surge mode, and people who want to sign up there."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from havre.wire.refusals import Code, Refusal
from tests.relay.rig import Person, RelayProcess, running_relay, visit


@contextmanager
def strained_relay(folder: Path, **settings: object) -> Iterator[RelayProcess]:
    """A relay whose disk has room, but little more than must stay free: one new account a second."""
    reserve = int(shutil.disk_usage(folder).free * 0.6)
    with running_relay(folder / "data", free_bytes=reserve, sign_ups_at_least=1, **settings) as relay:
        with visit(relay.http) as http:
            wait_for_surge(http)
        yield relay


def wait_for_surge(http: httpx.Client) -> None:
    """Sign people up until one has to wait, and let that one in again."""
    deadline = time.monotonic() + 60
    while (answer := attempt(http, person := Person())).status_code == 204:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    enter(http, person, told(answer))


def attempt(http: httpx.Client, person: Person, ticket: str | None = None) -> httpx.Response:
    body = msgspec.json.encode(person.sign_up())
    headers = person.headers("PUT", person.path, body) | ({} if ticket is None else {"Havre-Ticket": ticket})
    return http.put(person.path, content=body, headers=headers)


def told(answer: httpx.Response) -> Refusal:
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    return msgspec.json.decode(answer.content, type=Refusal)


def ticket_of(no: Refusal) -> str:
    assert no.code is Code.WAITING
    assert no.line is not None
    return no.line.ticket


def enter(http: httpx.Client, person: Person, no: Refusal) -> float:
    """Come back as told until it works, and return when it did."""
    deadline = time.monotonic() + 60
    while True:
        time.sleep(min(0.2, no.retry_after or 0))
        answer = attempt(http, person, ticket_of(no))
        if answer.status_code == 204:
            return time.monotonic()
        assert time.monotonic() < deadline
        no = told(answer)


def crowd(http: httpx.Client, count: int) -> list[tuple[Person, Refusal]]:
    """Return people who stand in line, in their order; whoever is let in at once is none of them."""
    standing: list[tuple[Person, Refusal]] = []
    while len(standing) < count:
        answer = attempt(http, person := Person())
        if answer.status_code == 429:
            standing.append((person, told(answer)))
    return standing


def place(http: httpx.Client, person: Person, no: Refusal) -> int:
    """Ask for somebody's place, 0 being called, with a request that cannot succeed."""
    answer = http.put(person.path, content=b"", headers={"Havre-Ticket": ticket_of(no)})
    if answer.status_code == 400:
        return 0
    line = told(answer).line
    assert line is not None
    return line.place


def is_called(http: httpx.Client, person: Person, no: Refusal) -> bool:
    return place(http, person, no) == 0
