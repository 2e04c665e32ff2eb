"""One account on this device, open: the one class that every face works with."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final

from havre.client import profiles
from havre.client.api.backup import Backup
from havre.client.api.chats import Chats
from havre.client.api.contacts import Contacts
from havre.client.api.core import LONGEST_NAME, Core, now, open_core
from havre.client.api.devices import Devices
from havre.client.api.exporting import Exporting
from havre.client.api.groups import Groups
from havre.client.api.homes import HomesPart
from havre.client.api.news import Listeners
from havre.client.api.people import People
from havre.client.api.profile import MyProfile
from havre.client.api.searching import Searching
from havre.client.api.settings import Settings
from havre.client.backup.coming_back import come_back, is_returning
from havre.client.backup.restore import Restoring, restore
from havre.client.engine import events
from havre.client.errors import HavreError
from havre.client.leaving import check_closing, close_account, destroy_vault, is_heard, leave_groups, say_farewell
from havre.client.linking.newcomer import NewDevice, be_linked, new_device
from havre.client.moving import Home
from havre.client.profiles import Newcomer, Profile
from havre.client.transport.base import Network, Waiting, unseen_line
from havre.client.transport.network import InternetNetwork
from havre.client.vault.keys import Cost, VaultKey, change_key, opens_by_keyring
from havre.client.views import Chat, News, Person, Settled
from havre.content import clean_label

_PATIENCE: Final = 10.0
"""Seconds that leaving waits for relays other than one's own."""
_HEARING: Final = 3.0
"""Seconds that leaving waits for others to have its farewell, so that nothing need stay at a relay for them."""


class Havre(People, Chats, Searching, Exporting):
    """One account on this device, open. Made by `open` or `sign_up`; everything happens inside one event loop."""

    def __init__(self, profile: Profile, network: Network) -> None:
        """For `open` and `sign_up`; must be called inside a running event loop."""
        self._listeners = Listeners()
        core = open_core(profile, network, lambda news: self._listeners.tell(self._core, news))
        super().__init__(core)
        self.profile = MyProfile(core)
        self.contacts = Contacts(core)
        self.settings = Settings(core)
        self.backup = Backup(core)
        self.devices = Devices(core)
        self.groups = Groups(core)
        self.homes = HomesPart(core)

    # --- opening ----------------------------------------------------------------------------------------------

    @staticmethod
    def exists(folder: Path) -> bool:
        """Tell whether somebody has signed up in this folder."""
        return profiles.exists(folder)

    @staticmethod
    def opens_by_keyring(folder: Path) -> bool:
        """Tell whether the vault in this folder needs no passphrase; raises VaultDamaged."""
        return opens_by_keyring(folder / "vault.key")

    @staticmethod
    def open(folder: Path, key: VaultKey, *, network: Network | None = None) -> Opening:
        """Open an existing profile, with `await` or `async with`.

        Raises NoProfile, VaultBusy, WrongPassphrase, VaultDamaged.
        """
        return Opening(lambda: _open(folder, key, network))

    @staticmethod
    def sign_up(
        folder: Path,
        key: VaultKey,
        relay: str,
        name: str = "",
        *,
        user_name: str | None = None,
        network: Network | None = None,
        cost: Cost | None = None,
        waiting: Waiting = unseen_line,
    ) -> Opening:
        """Make an account at a relay and a vault for it in `folder`, with `await` or `async with`.

        `name` is told to those I talk with, end to end encrypted. `user_name`, if given, can be looked up at the
        relay. Where new accounts wait in line, this waits, too, and tells `waiting` every place. Raises ProfileExists,
        NameTaken, NameNotAllowed, NoRelay and its kin; a failure leaves nothing behind.
        """
        address = profiles.parse_relay(relay)
        newcomer = Newcomer(folder, key, address, clean_label(name, LONGEST_NAME), user_name, cost)
        return Opening(lambda: _sign_up(newcomer, network, waiting))

    @staticmethod
    def new_device(relay: str, name: str | None = None) -> NewDevice:
        """Return a device with fresh keys; another reads its code, for which `join_account` then waits."""
        return new_device(profiles.parse_relay(relay), name or profiles.machine_name(), profiles.random_bytes)

    @staticmethod
    def join_account(
        folder: Path, key: VaultKey, new: NewDevice, *, network: Network | None = None, cost: Cost | None = None
    ) -> Opening:
        """Wait until another device takes this one into its account, with `await` or `async with`.

        Raises ProfileExists, KeyMismatch, NoRelay and its kin; a failure leaves nothing behind.
        """
        return Opening(lambda: _link(new, Home(folder, key, cost), network))

    @staticmethod
    def restore(
        folder: Path,
        key: VaultKey,
        backup: Path,
        secret: str,
        *,
        network: Network | None = None,
        cost: Cost | None = None,
    ) -> Opening:
        """Make an installation of a backup in `folder`, which `key` then opens, with `await` or `async with`.

        `secret` is the backup's passphrase or recovery key. The account goes on with a new device in place of the one
        that was backed up. Raises ProfileExists, BackupDamaged, WrongPassphrase, NoRelay and its kin; a failure leaves
        nothing behind.
        """
        wanted = Restoring(backup, secret, folder, key, cost)
        return Opening(lambda: _restore(wanted, network))

    @staticmethod
    def change_passphrase(folder: Path, old: VaultKey, new: VaultKey) -> None:
        """Have `new` open the vault in place of `old`; raises WrongPassphrase."""
        change_key(folder / "vault.key", old, new, profiles.random_bytes)

    async def close(self) -> None:
        """Stop. What is not sent yet goes out when the profile is open again."""
        await self._core.close()

    async def delete_account(self) -> None:
        """Leave for good: the relay forgets my account, name, key packages and inbox, and this vault is destroyed.

        I leave every group before, and whom I talk with is told; relays that are away are waited for a while only. What
        others have had goes from the relays, too; people keep what they have received. Raises NoAccountKey on a device
        that may not, NoRelay and its kin when my relay cannot be reached: then everything is as it was.
        """
        core = self._core
        await check_closing(core.vault, core.network)
        await leave_groups(core.driver, core.vault)
        said = await say_farewell(core.driver, core.vault, now)
        await core.driver.settle(_PATIENCE)
        await core.driver.until(lambda: is_heard(core.vault, said), _HEARING)
        await core.driver.do(events.DropQueues)
        await core.driver.settle(_PATIENCE)
        await close_account(core.vault, core.network, now)
        folder = core.profile.folder
        await self.close()
        await asyncio.to_thread(destroy_vault, folder)

    # --- what happens -----------------------------------------------------------------------------------------

    def events(self) -> AsyncIterator[News]:
        """Yield what happens from now on. Who listens far too slowly gets one `Missed` in place of what was missed."""
        return self._listeners.listen()

    async def catch_up(self, chat: Chat | Person, within: float = 30.0) -> bool:
        """Wait until what others have said and changed in a chat is here, `within` so many seconds; False: it is not.

        For a program that has just been started: who came into the chat meanwhile can read only what is sent after
        this. A relay that does not answer keeps nobody waiting.
        """
        return await self._core.driver.catch_up(bytes.fromhex(chat.id), within)

    async def settle(self, within: float = 30.0) -> Settled:
        """Wait until everything is sent and everything new fetched, `within` so many seconds."""
        driver = self._core.driver
        done = await driver.settle(within)
        reasons = () if done else tuple(driver.reasons())
        return Settled(done, self._core.vault.outbox_size(), reasons)


class Opening:
    """A profile that is being opened: `await` it, or use it in `async with`, which closes it at the end."""

    def __init__(self, begin: Callable[[], Coroutine[None, None, Havre]]) -> None:
        self._begin = begin
        self._havre: Havre | None = None

    def __await__(self) -> Generator[None, None, Havre]:
        return self._begin().__await__()

    async def __aenter__(self) -> Havre:
        self._havre = await self._begin()
        return self._havre

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._havre is not None:
            await self._havre.close()


def _internet() -> Network:
    return InternetNetwork(secrets.SystemRandom().random)


async def _open(folder: Path, key: VaultKey, network: Network | None) -> Havre:
    profile = await asyncio.to_thread(profiles.open_profile, folder, key)
    me = Havre(profile, network or _internet())
    if is_returning(profile.vault):
        me._core.driver.attend(_come_back(me._core))
    return me


async def _link(new: NewDevice, home: Home, network: Network | None) -> Havre:
    meeting = _internet()
    try:
        profile = await be_linked(new, home, meeting, profiles.random_bytes, now, secrets.SystemRandom().random)
    finally:
        await meeting.close()
    return Havre(profile, network or _internet())


async def _restore(wanted: Restoring, network: Network | None) -> Havre:
    network = network or _internet()
    try:
        profile = await restore(wanted, network, profiles.random_bytes, now)
    except BaseException:
        await network.close()
        raise
    me = Havre(profile, network)
    await _come_back(me._core)
    return me


async def _come_back(core: Core) -> None:
    with suppress(HavreError):  # it is tried again at the next start
        await come_back(core.driver, core.network, core.vault, core.provider)


async def _sign_up(newcomer: Newcomer, network: Network | None, waiting: Waiting) -> Havre:
    network = network or _internet()
    try:
        profile = await profiles.sign_up(newcomer, network, profiles.random_bytes, now, waiting)
    except BaseException:
        await network.close()
        raise
    return Havre(profile, network)
