"""Peers are told apart for an hour, and nothing leads back to an address."""

from __future__ import annotations

import pytest

from havre.relay.peers import SALT_SECONDS, Peers


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
        ("203.0.113.9", "::ffff:203.0.113.9", True),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        (None, "no address", True),
        (None, "127.0.0.1", False),
    ],
)
def test_who_is_one_peer(one: str | None, other: str | None, same: bool) -> None:
    peers = Peers(Clock())
    assert (peers.name(one).key == peers.name(other).key) is same


@pytest.mark.claim("hourly-hash")
def test_an_hour_later_the_same_address_is_somebody_else() -> None:
    clock = Clock()
    peers = Peers(clock)
    first = peers.name("203.0.113.9").key
    clock.now = SALT_SECONDS - 1
    assert peers.name("203.0.113.9").key == first
    clock.now = SALT_SECONDS
    second = peers.name("203.0.113.9").key
    assert second != first
    assert peers.name("203.0.113.9").key == second


def test_two_relays_call_one_address_differently() -> None:
    assert Peers(Clock()).name("203.0.113.9").key != Peers(Clock()).name("203.0.113.9").key


def test_neither_address_nor_hash_is_shown() -> None:
    peer = Peers(Clock()).name("203.0.113.9")
    assert repr(peer) == str(peer) == "Peer()"
