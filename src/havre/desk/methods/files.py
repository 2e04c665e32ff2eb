"""Files that others have sent."""

from __future__ import annotations

import asyncio

from havre.desk import views
from havre.desk.contract import method
from havre.desk.desk import Desk
from havre.desk.files import OPAQUE, shown_as
from havre.desk.transfers import decrypted


@method
async def fetch_file(desk: Desk, chat: str, message: str) -> views.Fetched:
    """Bring a message's file to this machine; from then on it is at its address, `Progress` is told by its message."""
    path = await decrypted(desk, chat, message)
    return views.Fetched(await asyncio.to_thread(shown_as, path) != OPAQUE)
