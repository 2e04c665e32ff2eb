"""Letting people in, through the api and a real relay."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from havre.client.api import Cost, Havre, Passphrase, RequestArrived
from havre.client.errors import HavreError, PersonUnknown
from tests.client.relays import running_relay

pytestmark = pytest.mark.anyio

CHEAP = Cost(passes=1, memory_kib=64, lanes=1)
SECRET = Passphrase("correct horse")


async def signed_up(stack: AsyncExitStack, folder: Path, name: str) -> tuple[Havre, AsyncExitStack]:
    """Sign somebody up at a relay of their own; what comes second stops that relay."""
    own = await stack.enter_async_context(AsyncExitStack())
    relay = await own.enter_async_context(running_relay(folder / f"{name}-relay"))
    opening = Havre.sign_up(folder / name, SECRET, relay.url, name, cost=CHEAP)
    return await stack.enter_async_context(opening), own


async def test_a_stranger_whose_relay_is_dead_keeps_nobody_waiting(stack: AsyncExitStack, tmp_path: Path) -> None:
    alice, relay_of_alice = await signed_up(stack, tmp_path, "alice")
    bob, _ = await signed_up(stack, tmp_path, "bob")
    await alice.add(bob.link())
    assert (await alice.settle(60)).done
    await relay_of_alice.aclose()
    settled = await bob.settle(60)
    assert settled.done, settled
    (request,) = bob.contacts.requests()
    assert (request.name, request.relay) == ("alice", alice.account.relay)
    assert bob.people() == []


async def test_request_is_news_and_is_found_by_name_or_fingerprint(stack: AsyncExitStack, tmp_path: Path) -> None:
    alice, _ = await signed_up(stack, tmp_path, "alice")
    bob, _ = await signed_up(stack, tmp_path, "bob")
    news = bob.events()
    await alice.add(bob.link())
    request = await anext(event.request async for event in news if isinstance(event, RequestArrived))
    assert request.name == "alice"
    assert bob.contacts.request("Alice") == bob.contacts.request(request.fingerprint) == request
    with pytest.raises(PersonUnknown):
        bob.contacts.request("mallory")
    person = await bob.contacts.accept(request)
    assert person.name == "alice"
    await bob.contacts.block(person)
    assert [one.blocked for one in bob.contacts.refused()] == [True]
    with pytest.raises(HavreError, match="blocked"):
        await bob.add(alice.link())
    await bob.contacts.unblock("alice")
    assert bob.contacts.refused() == []
