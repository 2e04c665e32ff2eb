"""Keeps the door through which new accounts come: asks the rules of `core.surge` and hands out tickets."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Final

import structlog

from havre.relay.core import surge
from havre.relay.core.batch import NO_ROOM, RETRY_FULL
from havre.relay.core.surge import Door, Enter, NoPlace, Open, Rules, Surge, Verdict, Wait
from havre.relay.core.tickets import KEY_BYTES, read_ticket, write_ticket
from havre.relay.core.vitals import Vitals, strained
from havre.relay.recovery import Recovery
from havre.relay.turnstile import Turnstile
from havre.wire.refusals import Code, Place, Refusal
from havre.wire.sizes import AccountId

FULL_LINE: Final = "very many people are signing up at this moment, and the line is full; try again later"
log = structlog.get_logger("havre.relay")


class Doorkeeper:
    """The one place that knows who may sign up now; `look` measures the machine, the clock is never set back."""

    def __init__(
        self, look: Callable[[], Vitals], rules: Rules, clock: Callable[[], float], recovery: Recovery
    ) -> None:
        self._look = look
        self._recovery = recovery
        self.rules = rules
        """May be replaced at any time."""
        self._clock = clock
        self._key = secrets.token_bytes(KEY_BYTES)
        self.door = Door(at=clock())
        self.vitals = Vitals()
        self.turnstile = Turnstile()
        self.entered = 0
        """Sign-ups that came in since the start."""

    async def watch(self) -> None:
        """Look at the machine every so often; never returns."""
        while True:
            await asyncio.sleep(surge.TICK)
            self.tick()

    def tick(self) -> None:
        """Look at the machine once."""
        before = self.door
        self.vitals = self._look()
        self.door = surge.watch(before, self.rules, self.vitals, self._clock())
        self._note(before)

    def knows(self, account: AccountId, ticket: str | None) -> bool:
        """Tell whether this ticket keeps a place in the line for this account."""
        return self._number(account, ticket) is not None

    def turn_away(self, account: AccountId, ticket: str | None, budget: Callable[[], Refusal | None]) -> Refusal | None:
        """Return what to tell somebody whom `admit` would not let in at this moment; None: it would.

        Those who have no place in the line yet ask for one only if their budget allows it.
        """
        number, before = self._number(account, ticket), self.door
        door, verdict = self._ask(number)
        if self.trouble is None and isinstance(verdict, Enter):
            return None
        no = self.trouble if number is not None else budget() or self.trouble
        if no is None:
            self.door = door
            self._note(before)
            no = self._told(account, verdict)
        return no

    def admit(self, account: AccountId, ticket: str | None) -> Refusal | None:
        """Let somebody in, who then must `leave`; or return what to tell them instead."""
        trouble = self.trouble
        if trouble is not None:
            return trouble  # it says more than a place in a line that cannot move
        before = self.door
        self.door, verdict = self._ask(self._number(account, ticket))
        self._note(before)
        if isinstance(verdict, Enter):
            self.entered += 1
        return self._told(account, verdict)

    def _ask(self, number: int | None) -> tuple[Door, Verdict]:
        if number is None:
            return surge.knock(self.door, self.rules)
        return surge.come_back(self.door, self.rules, number)

    @property
    def trouble(self) -> Refusal | None:
        """Why nobody at all can sign up: the store takes no writes; None: it does."""
        if self._recovery.trouble is not None:
            return self._recovery.trouble.refusal
        return Refusal(Code.FULL, NO_ROOM, RETRY_FULL) if self.vitals.disk > 1 else None

    def leave(self) -> None:
        """A sign-up is finished, however it ended."""
        self.door = surge.leave(self.door)

    @property
    def pace(self) -> float:
        """How many people a second come in, as far as can be told."""
        return surge.pace_of(self.door, self.rules)

    def _number(self, account: AccountId, ticket: str | None) -> int | None:
        number = None if ticket is None else read_ticket(self._key, account, ticket)
        return number if number is not None and number >= self.door.line.void else None

    def _told(self, account: AccountId, verdict: Verdict) -> Refusal | None:
        match verdict:
            case Enter():
                return None
            case Wait():
                return self._in_line(account, verdict)
            case NoPlace(retry_after):
                return Refusal(Code.WAITING, FULL_LINE, retry_after)

    def _in_line(self, account: AccountId, wait: Wait) -> Refusal:
        message = f"new accounts wait in line at this moment, and you are number {wait.place:,}"
        if wait.place == 0:
            message = "it is your turn, but the relay has its hands full at this moment"
        place = Place(wait.place, wait.wait, write_ticket(self._key, account, wait.number))
        return Refusal(Code.WAITING, message, wait.retry_after, place)

    def _note(self, before: Door) -> None:
        match before.mode, self.door.mode:
            case Open(), Surge(rate=rate):
                log.info("sign-ups wait in line", rate=round(rate), short_of=strained(self.vitals))
            case Surge(), Open():
                log.info("sign-ups come in freely again")
