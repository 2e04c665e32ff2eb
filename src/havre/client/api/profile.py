"""What I am called and look like."""

from __future__ import annotations

import asyncio
from pathlib import Path

from havre.client.api.core import LONGEST_NAME, Part
from havre.client.engine.device_intents import ChangeProfile
from havre.client.errors import HavreError
from havre.client.pictures.portraits import portrait
from havre.client.sentences import said
from havre.client.views import MyAccount
from havre.content import clean_label


class MyProfile(Part):
    """`me.profile`. Those whom I talk with learn of it, end to end encrypted, and my other devices; no relay does."""

    def show(self) -> MyAccount:
        """Return what I am called and look like."""
        return self._core.account_view()

    async def set_name(self, name: str) -> MyAccount:
        """Be called something else; a user name at the relay stays. Raises HavreError for a name without letters."""
        called = clean_label(name, LONGEST_NAME)
        if not called:
            raise HavreError(said("NoName", "A name needs at least one letter or sign that can be seen."))
        return await self._change(name=called)

    async def set_picture(self, picture: Path | None) -> MyAccount:
        """Look like a picture, which is made small and loses all that was hidden in it; none: have no picture.

        JPEG, PNG, WebP and GIF. Raises FileGone, HavreError for what is no picture.
        """
        small = b"" if picture is None else await asyncio.to_thread(portrait, picture)
        return await self._change(picture=small)

    async def _change(self, name: str | None = None, picture: bytes | None = None) -> MyAccount:
        await self._core.driver.do(lambda ticket: ChangeProfile(ticket, name, picture))
        return self.show()
