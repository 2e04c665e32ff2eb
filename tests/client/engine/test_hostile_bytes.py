"""Bytes changed at random: every one ends as a typed reason, none as a fault, and none is taken for the real thing."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from havre.client.engine.groups import Reason, Step, Unusable
from havre.client.engine.terms import (
    Handover,
    Home,
    Terms,
    decode_handover,
    decode_terms,
    encode_handover,
    encode_terms,
)
from havre.client.vault.rows import Purpose
from tests.client.engine.looking import group
from tests.simulation.world import Device, World

ROUNDS = 150


def changed(random: Random, body: bytes) -> bytes:
    """Return the bytes with something flipped, cut, doubled or put in."""
    place = random.randrange(len(body))
    match random.randrange(4):
        case 0:
            return body[:place] + bytes([body[place] ^ (1 << random.randrange(8))]) + body[place + 1 :]
        case 1:
            return body[:place]
        case 2:
            return body[:place] + random.randbytes(random.randrange(1, 9)) + body[place:]
        case _:
            return body + body[place:]


def refuse_all(random: Random, body: bytes, use: Callable[[bytes], object]) -> set[Reason]:
    reasons = set()
    for _ in range(ROUNDS):
        try:
            use(changed(random, body))
        except Unusable as error:
            reasons.add(error.reason)
        else:
            raise AssertionError("changed bytes were accepted")
    assert Reason.FAULT not in reasons
    return reasons


def test_messages(talking: World, alice: Device, bob: Device) -> None:
    _, body = alice.groups.encrypt(group(alice), b"words")
    reasons = refuse_all(talking.random, body, lambda data: bob.groups.open(group(bob), data, talking.now // 1000))
    assert {Reason.MALFORMED, Reason.UNREADABLE} <= reasons


def test_commits(talking: World, alice: Device, bob: Device) -> None:
    body = alice.groups.commit(group(alice), Step(), talking.now // 1000).message
    refuse_all(talking.random, body, lambda data: bob.groups.open(group(bob), data, talking.now // 1000))


def test_welcomes(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    alice.add(bob)
    rows = [alice.vault.outgoing(seq) for seq in range(1, 9)]
    (welcome,) = [row.body for row in rows if row is not None and row.purpose is Purpose.WELCOME]
    (ref,) = bob.groups.wanted(welcome)
    package = bob.vault.key_package(ref)
    assert package is not None
    refuse_all(world.random, welcome, lambda data: bob.groups.join(data, package.bundle, world.now // 1000))


def test_key_packages(world: World, alice: Device, bob: Device) -> None:
    package = world.packages[bob.account][0]
    me = bob.vault.me()
    refuse_all(
        world.random,
        package,
        lambda data: alice.groups.check_key_package(data, me.account, me.device, world.now // 1000),
    )


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x90", b"\x93\x01\xa6direct\x90", bytes(40)])
def test_terms_and_handover(data: bytes) -> None:
    for decode in (decode_terms, decode_handover):
        with pytest.raises(Unusable):
            decode(data)


def test_terms_and_handover_come_back() -> None:
    terms = Terms(1, "direct", [Home("https://relay.example", bytes(16))])
    handover = Handover(b"r" * 32, b"w" * 32, None, 7)
    assert decode_terms(encode_terms(terms)) == terms
    assert decode_handover(encode_handover(handover)) == handover
    assert "rrr" not in repr(handover)
