"""Safety numbers: both sides see the same, and anybody else's keys give another."""

from __future__ import annotations

from hashlib import sha512

from havre.client.identity.safety import safety_number
from tests.client.identity.people import ALICE, BOB, keys

ALICE_KEY, BOB_KEY = ALICE.account.public, BOB.account.public


def test_both_sides_see_the_same() -> None:
    assert safety_number(ALICE_KEY, BOB_KEY) == safety_number(BOB_KEY, ALICE_KEY)


def test_sixty_digits_in_twelve_groups() -> None:
    number = safety_number(ALICE_KEY, BOB_KEY)
    assert [len(group) for group in str(number).split()] == [5] * 12
    assert str(number).replace(" ", "").isdigit()
    assert len(number.qr) == 65


def test_another_key_gives_another_number() -> None:
    honest = safety_number(ALICE_KEY, BOB_KEY)
    swapped = safety_number(ALICE_KEY, keys(3).public)
    assert len(set(honest.groups) & set(swapped.groups)) <= 7  # Alice's own half stays
    assert honest.groups != swapped.groups
    assert honest.qr != swapped.qr


def test_definition() -> None:
    """Work it out once more, as the docstring says it."""
    halves = []
    for key in (ALICE_KEY, BOB_KEY):
        value = sha512(b"havre/1 safety number\x00" + key).digest()
        for _ in range(5199):
            value = sha512(value + key).digest()
        halves.append("".join(f"{int.from_bytes(value[i : i + 5], 'big') % 100000:05}" for i in range(0, 30, 5)))
    assert str(safety_number(ALICE_KEY, BOB_KEY)).replace(" ", "") == "".join(sorted(halves))
