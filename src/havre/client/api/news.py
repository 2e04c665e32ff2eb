"""What happens, told to everybody who listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from havre.client.api.core import Core
from havre.client.driver import ConnectionChanged as WireChanged
from havre.client.driver import News as DriverNews
from havre.client.driver import Trouble
from havre.client.engine import effects
from havre.client.errors import kind_of_refusal
from havre.client.group_views import ApplicantArrived
from havre.client.request_views import RequestArrived, request_view
from havre.client.sentences import said
from havre.client.views import (
    AccountChanged,
    ChangeFailed,
    ChatChanged,
    ConnectionChanged,
    DeviceAppeared,
    HomeAway,
    HomeBack,
    MessageArrived,
    MessageChanged,
    MessageGone,
    Missed,
    News,
    PersonChanged,
    Problem,
    Typing,
)

WAITING_NEWS: Final = 1000
"""News that wait for one listener at most."""


class Listeners:
    """Everybody who iterates over `Havre.events`."""

    def __init__(self) -> None:
        self._queues: list[asyncio.Queue[News]] = []

    def __len__(self) -> int:
        return len(self._queues)

    def listen(self) -> AsyncIterator[News]:
        """Return what is told from now on, not only from when it is first waited for."""
        queue: asyncio.Queue[News] = asyncio.Queue(WAITING_NEWS)
        self._queues.append(queue)
        return self._heard(queue)

    async def _heard(self, queue: asyncio.Queue[News]) -> AsyncIterator[News]:
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.remove(queue)

    def tell(self, core: Core, news: DriverNews) -> None:
        """Tell everybody; who is far too slow gets one `Missed` in place of what was missed."""
        for queue in self._queues:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(Missed())
            else:
                queue.put_nowait(shown(core, news))


def shown(core: Core, news: DriverNews) -> News:
    """Return news as faces are told them."""
    match news:
        case effects.MessageArrived(row):
            return MessageArrived(core.message_view(row))
        case effects.MessageChanged(row):
            return MessageChanged(core.message_view(row))
        case effects.MessageGone(chat, message):
            return MessageGone(chat.hex(), message.hex())
        case effects.SomebodyTyping(chat, account, active):
            return Typing(chat.hex(), core.name_of(account), active)
        case effects.PersonChanged(row):
            return PersonChanged(core.person_view(row))
        case effects.AccountChanged():
            return AccountChanged(core.account_view())
        case effects.ChatChanged(row):
            return ChatChanged(core.chat_view(row))
        case effects.WishFailed(chat, sentence):
            return ChangeFailed(chat.hex(), sentence)
        case effects.DeviceAppeared(row, device, returned):
            return DeviceAppeared(core.person_view(row), device.hex(), returned)
        case effects.HomeAway(chat, relay, second):
            return HomeAway(chat.hex(), relay, second)
        case effects.HomeBack(chat, relay):
            return HomeBack(chat.hex(), relay)
        case effects.RequestArrived(row):
            return RequestArrived(request_view(row))
        case effects.ApplicantArrived(row):
            return ApplicantArrived(core.applicant_view(row))
        case effects.EntrySkipped(_, _, reason):
            return Problem(
                said("EntrySkipped", f"Something that arrived could not be used and was passed over ({reason}).")
            )
        case effects.EntriesMissing(_, count):
            return Problem(
                said(
                    "EntriesMissing",
                    f"{count} entries of a conversation never came: expired by now, or withheld by the relay.",
                )
            )
        case effects.RelayWentBack(relay):
            return Problem(
                said(
                    "RelayWentBack",
                    f"The relay {relay} has less than it has shown before; what it has is read once more.",
                )
            )
        case effects.RelayRefused(relay, code, sentence):
            return Problem(said(kind_of_refusal(code), f"The relay {relay} refused ({code}): {sentence}"))
        case WireChanged(relay, connected, reason):
            return ConnectionChanged(relay, connected, reason)
        case Trouble(sentence):
            return Problem(sentence)
