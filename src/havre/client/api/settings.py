"""Settings: what others learn of me, and the timer of chats that I begin."""

from __future__ import annotations

from havre.client.api.core import Part
from havre.client.engine import settings
from havre.client.engine.events import ChangeSetting
from havre.client.errors import HavreError
from havre.client.sentences import said

LONGEST_TIMER = 4 * 7 * 24 * 3600
SHORTEST_TIMER = 30
"""Seconds."""


class Settings(Part):
    """`me.settings`."""

    @property
    def read_receipts(self) -> bool:
        """Whether others learn what I have read, and I what they have."""
        return self._is_on(settings.READ_RECEIPTS)

    @property
    def delivery_receipts(self) -> bool:
        """Whether others learn what has arrived here."""
        return self._is_on(settings.DELIVERED_RECEIPTS)

    @property
    def typing(self) -> bool:
        """Whether others see that I am writing, and I that they are."""
        return self._is_on(settings.TYPING)

    @property
    def default_timer(self) -> int | None:
        """Seconds after which messages disappear in chats that I begin; None: they stay."""
        return int(self._core.vault.setting(settings.TIMER) or 0) or None

    async def set_read_receipts(self, on: bool) -> None:
        """Let others learn what I have read, or not; then I do not learn it of them either."""
        await self._switch(settings.READ_RECEIPTS, on)

    async def set_delivery_receipts(self, on: bool) -> None:
        """Let others learn what has arrived here, or not; the relay then keeps messages for as long as it may."""
        await self._switch(settings.DELIVERED_RECEIPTS, on)

    async def set_typing(self, on: bool) -> None:
        """Let others see that I am writing, or not; then I do not see it of them either."""
        await self._switch(settings.TYPING, on)

    async def set_default_timer(self, seconds: int | None) -> None:
        """Have messages disappear in chats that I begin from now on: 30 seconds to 4 weeks; None: they stay."""
        if seconds is not None and not SHORTEST_TIMER <= seconds <= LONGEST_TIMER:
            raise HavreError(said("TimerSpan", "A timer is between 30 seconds and 4 weeks long."))
        await self._set(settings.TIMER, str(seconds or 0))

    def _is_on(self, name: str) -> bool:
        return self._core.vault.setting(name) != settings.OFF

    async def _switch(self, name: str, on: bool) -> None:
        await self._set(name, settings.ON if on else settings.OFF)

    async def _set(self, name: str, value: str) -> None:
        await self._core.driver.do(lambda ticket: ChangeSetting(ticket, name, value))
