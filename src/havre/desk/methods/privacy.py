"""What others learn of me."""

from __future__ import annotations

from havre.desk import views
from havre.desk.contract import method
from havre.desk.desk import Desk
from havre.desk.methods.groups import Timer


@method
async def switches(desk: Desk) -> views.Switches:
    """Return what others learn of me, and I of them."""
    return _shown(desk)


@method
async def set_switches(
    desk: Desk, read_receipts: bool, delivery_receipts: bool, typing: bool, default_timer: Timer | None
) -> views.Switches:
    """Let others learn things of me or not, and have messages disappear in chats that I begin."""
    settings = desk.me.settings
    await settings.set_read_receipts(read_receipts)
    await settings.set_delivery_receipts(delivery_receipts)
    await settings.set_typing(typing)
    await settings.set_default_timer(default_timer)
    return _shown(desk)


def _shown(desk: Desk) -> views.Switches:
    found = desk.me.settings
    return views.Switches(found.read_receipts, found.delivery_receipts, found.typing, found.default_timer)
