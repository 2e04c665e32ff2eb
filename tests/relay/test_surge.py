"""Surge mode over real sockets: new accounts wait and are served in order, existing users notice nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from havre.relay.core.surge import Rules
from havre.wire.refusals import Code
from havre.wire.stream import Append, Appended, Create, Done
from tests.relay.crowd import attempt, crowd, enter, is_called, strained_relay, ticket_of, told
from tests.relay.rig import Person, Queue, RelayProcess, Stream, refusal, run, visit


@pytest.fixture
def strained(tmp_path: Path) -> Iterator[RelayProcess]:
    with strained_relay(tmp_path, line_places=4, peer_sign_ups=100) as relay:
        yield relay


@pytest.fixture
def http(strained: RelayProcess) -> Iterator[httpx.Client]:
    with visit(strained.http) as client:
        yield client


def test_new_accounts_wait_and_come_in_one_after_the_other(http: httpx.Client) -> None:
    standing = crowd(http, 3)
    people = [person for person, _ in standing]
    assert all(no.line is not None and no.line.place >= 1 and "wait in line" in no.message for _, no in standing)
    for place in reversed(range(len(standing))):
        if is_called(http, *standing[place]):
            assert all(is_called(http, *one) for one in standing[:place]), "nobody before whoever came earlier"
    for person, no in standing:
        enter(http, person, no)
    assert all(http.get(person.path).status_code == 200 for person in people)


def test_a_ticket_is_no_use_to_anybody_else(http: httpx.Client) -> None:
    (first, no), (_, behind) = crowd(http, 2)
    thief = told(attempt(http, Person(), ticket_of(no)))
    assert thief.line is not None
    assert behind.line is not None
    assert thief.line.ticket != ticket_of(no)
    assert thief.line.place >= behind.line.place
    enter(http, first, no)


def test_who_must_wait_hears_so_before_the_body_is_sent_and_keeps_the_connection(
    strained: RelayProcess, http: httpx.Client
) -> None:
    with told_early(strained, http) as connection:
        connection.sendall(b"x" * 10 + b"GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def told_early(relay: RelayProcess, http: httpx.Client) -> socket.socket:
    """Return a connection on which somebody was told to wait, having sent no body; who is let in gives up."""
    head = f"PUT {Person().path} HTTP/1.1\r\nHost: relay\r\nContent-Length: 10\r\n\r\n".encode()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        crowd(http, 1)
        connection = socket.create_connection(("127.0.0.1", httpx.URL(relay.http).port or 0), timeout=2)
        connection.sendall(head)
        try:
            assert connection.recv(65536).startswith(b"HTTP/1.1 429 ")
        except TimeoutError:
            connection.close()
        else:
            connection.settimeout(60)
            return connection
    raise AssertionError("nobody is told to wait")


def test_a_line_that_is_full_says_so_and_still_when_to_come_back(http: httpx.Client) -> None:
    answers = [attempt(http, Person()) for _ in range(15)]
    waiting = [told(answer) for answer in answers if answer.status_code == 429]
    assert max(no.line.place for no in waiting if no.line is not None) == 4
    no = next(no for no in waiting if no.line is None)
    assert (no.code, no.retry_after) == (Code.WAITING, Rules().longest_wait)
    assert "line is full" in no.message


def test_asking_for_ones_place_uses_up_nothing_of_the_budget(http: httpx.Client) -> None:
    standing = crowd(http, 2)
    person, no = standing[-1]
    answers = [attempt(http, person, ticket_of(no)).status_code for _ in range(120)]
    assert set(answers) <= {429, 204}
    enter(http, person, no)


def test_a_network_that_takes_all_the_places_runs_out_of_budget(http: httpx.Client) -> None:
    codes = [refusal(answer) for _ in range(120) if (answer := attempt(http, Person())).status_code == 429]
    assert codes[-1] == "busy"
    assert "waiting" in codes


def test_existing_users_are_answered_as_ever(strained: RelayProcess, http: httpx.Client) -> None:
    async def scene() -> None:
        stream, queue = await Stream.open(strained.stream), Queue()
        assert isinstance(await stream.ask(Create, queue.id, queue.hashes, 0), Done)
        delays = []
        for _ in range(100):
            began = time.monotonic()
            answer = await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"x" * 300)
            delays.append(time.monotonic() - began)
            assert isinstance(answer, Appended)
        assert sorted(delays)[50] < 1, "new accounts wait for many times as long"
        assert await asyncio.to_thread(crowd, http, 1), "new accounts still wait"

    crowd(http, 2)
    run(scene())
