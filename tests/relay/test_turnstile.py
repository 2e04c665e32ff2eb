"""The turnstile: few at a turn, few inside, in the order in which they came, and others in between."""

from __future__ import annotations

import asyncio

import pytest

from havre.relay.turnstile import MOST_AT_A_TURN, Turnstile


def test_between_two_turns_everybody_else_gets_on() -> None:
    async def scene() -> None:
        turnstile, events = Turnstile(at_a_turn=2, inside=100), list[str]()

        async def sign_up(number: int) -> None:
            async with turnstile.passed():
                events.append(f"sign-up {number}")

        async def message() -> None:
            for _ in range(5):
                await asyncio.sleep(0)
                events.append("message")

        await asyncio.gather(*(sign_up(number) for number in range(8)), message())
        assert [event for event in events if event != "message"] == [f"sign-up {number}" for number in range(8)]
        row = 0
        for event in events:
            row = 0 if event == "message" else row + 1
            assert row <= 2

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("seconds", "least", "most"), [(0.0, 1, 1), (0.005, 10, 20), (60.0, MOST_AT_A_TURN, MOST_AT_A_TURN)]
)
def test_more_pass_at_a_turn_that_comes_late(seconds: float, least: int, most: int) -> None:
    async def scene() -> None:
        now = 0.0
        turnstile, passed = Turnstile(at_a_turn=1, inside=1000, clock=lambda: now), 0

        async def sign_up() -> None:
            nonlocal passed
            async with turnstile.passed():
                passed += 1

        people = [asyncio.create_task(sign_up()) for _ in range(100)]
        rows = []
        for _ in range(6):
            now, before = now + seconds, passed
            await asyncio.sleep(0)
            rows.append(passed - before)
        assert least <= max(rows) <= most
        await asyncio.gather(*people)

    asyncio.run(scene())


def test_only_so_many_are_inside() -> None:
    async def scene() -> None:
        turnstile, inside, most = Turnstile(at_a_turn=10, inside=3), 0, 0

        async def sign_up() -> None:
            nonlocal inside, most
            async with turnstile.passed():
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.001)
                inside -= 1

        await asyncio.gather(*(sign_up() for _ in range(20)))
        assert (most, inside, len(turnstile)) == (3, 0, 0)

    asyncio.run(scene())


def test_those_who_give_up_take_no_place() -> None:
    async def scene() -> None:
        turnstile, may_end = Turnstile(at_a_turn=1, inside=1), asyncio.Event()

        async def sign_up() -> None:
            async with turnstile.passed():
                await may_end.wait()

        first = asyncio.create_task(sign_up())
        impatient = [asyncio.create_task(sign_up()) for _ in range(5)]
        await asyncio.sleep(0)
        last = asyncio.create_task(sign_up())
        await asyncio.sleep(0)
        for one in impatient:
            one.cancel()
        may_end.set()
        async with asyncio.timeout(60):
            await asyncio.gather(first, last)
            await sign_up()

    asyncio.run(scene())
