"""The app's one profile: new, locked or open; and all windows that look at it."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from havre.client.api import Candidate, Havre, InLine, MessageGone, NewDevice, VaultKey
from havre.client.errors import HavreError
from havre.desk import shown, views
from havre.desk.files import Cache
from havre.desk.listeners import Listeners
from havre.desk.parcels import Parcels
from havre.desk.sending import Sending

LOG: Final = logging.getLogger("havre.desk")


UPLOADING: Final = "upload-"
"""How folders in the profile begin that hold a file from the page until it is sent."""


class NotOpen(HavreError):
    """The profile is not open yet."""

    exit_code = 13

    def __init__(self) -> None:
        super().__init__("This profile is locked; open it first.")


class Desk:
    """One profile in one process."""

    def __init__(self, folder: Path, relay: str) -> None:
        """`relay` is the one that a newcomer is offered."""
        self.folder, self.relay = folder, relay
        self.listeners = Listeners()
        self.cache = Cache(folder / "shown-files")
        self.parcels = Parcels(folder / "parcels")
        for left in folder.glob(f"{UPLOADING}*"):  # by an app that was killed
            shutil.rmtree(left, ignore_errors=True)
        self.new_device: NewDevice | None = None
        """What this device shows while it waits to be linked."""
        self.candidate: Candidate | None = None
        """The device whose code was read last."""
        self._me: Havre | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self.transfers: dict[str, Sending] = {}
        """Files that are being sent, by the page's own name for each."""
        self._fetching: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def me(self) -> Havre:
        """The open account; raises NotOpen."""
        if self._me is None:
            raise NotOpen
        return self._me

    def profile(self) -> views.Profile:
        """Return what the profile is now."""
        if self._me is not None:
            return views.OpenProfile(shown.account(self._me.account))
        return views.LockedProfile() if Havre.exists(self.folder) else views.NewProfile(self.relay)

    async def open(self, key: VaultKey) -> views.Profile:
        """Open the profile; raises as `Havre.open`."""
        return await self._become(lambda: _awaited(Havre.open(self.folder, key)))

    async def sign_up(self, key: VaultKey, relay: str, name: str, user_name: str | None) -> views.Profile:
        """Make an account; raises as `Havre.sign_up`."""

        def waits(line: InLine) -> None:
            self.listeners.tell(views.Waiting(line.place, round(line.wait)))

        return await self._become(
            lambda: _awaited(Havre.sign_up(self.folder, key, relay, name, user_name=user_name, waiting=waits))
        )

    async def restore(self, key: VaultKey, backup: Path, secret: str) -> views.Profile:
        """Make this installation of a backup; raises as `Havre.restore`."""
        return await self._become(lambda: _awaited(Havre.restore(self.folder, key, backup, secret)))

    async def join_account(self, key: VaultKey, new: NewDevice) -> views.Profile:
        """Wait until another device takes this one into its account; raises as `Havre.join_account`."""
        return await self._become(lambda: _awaited(Havre.join_account(self.folder, key, new)))

    async def delete_account(self) -> None:
        """Leave for good; the windows are those of a newcomer afterwards."""
        await self.me.delete_account()
        self._me = None
        await self.lock()

    async def _become(self, begin: Callable[[], Awaitable[Havre]]) -> views.Profile:
        async with self._opening:
            if self._me is None:
                self._me = await begin()
                self._hearing = asyncio.create_task(self._hear(self._me))
                self.listeners.tell(views.ProfileChanged(self.profile()))
        return self.profile()

    async def close(self) -> None:
        """Close the profile; what is not sent yet goes out when it is open again."""
        me, self._me = self._me, None
        if self._hearing is not None:
            self._hearing.cancel()
            with suppress(asyncio.CancelledError):
                await self._hearing
        if me is not None:
            await me.close()
        self.cache.empty()
        self.parcels.empty()

    async def lock(self) -> None:
        """Close the profile and tell the windows."""
        await self.close()
        self.listeners.tell(views.ProfileChanged(self.profile()))

    async def _hear(self, me: Havre) -> None:
        async for news in me.events():
            self.listeners.tell(shown.event(news))
            if isinstance(news, MessageGone):
                self.cache.forget(news.id)

    def fetching(self, message: str) -> asyncio.Lock:
        """Return the lock under which a message's file is fetched: two requests for one file fetch it once."""
        return self._fetching.setdefault(message, asyncio.Lock())

    def progress(self, transfer: str) -> Callable[[int, int], None]:
        """Return what tells the windows how far a file is."""
        return lambda done, total: self.listeners.tell(views.Progress(transfer, done, total))

    def note_fault(self, method: str, fault: BaseException) -> None:
        """Log a fault of ours by its place alone: an error's text might hold what somebody wrote."""
        trace = fault.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        LOG.error("%s failed: %s at %s", method, type(fault).__name__, place)


async def _awaited(opening: Awaitable[Havre]) -> Havre:
    return await opening
