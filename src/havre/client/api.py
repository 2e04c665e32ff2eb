"""Havre for those who build on it: one account on this device, its people, its messages. All else is inside.

    async with Havre.open(folder, Passphrase("...")) as me:
        bob = await me.add(link)
        await me.send_text(bob, "Hello")
        async for news in me.events():
            ...

Whatever can go wrong raises `havre.client.errors.HavreError` or one of its kinds, in one sentence for a person.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from pathlib import Path
from types import TracebackType
from typing import Final

from havre import mls
from havre.client import contacts, profiles, views
from havre.client.driver import ConnectionChanged as WireChanged
from havre.client.driver import Driver, Trouble
from havre.client.driver import News as DriverNews
from havre.client.engine import effects, events
from havre.client.engine.engine import Engine
from havre.client.engine.mls_groups import SUITE
from havre.client.errors import FileDamaged, HavreError
from havre.client.files.download import Download
from havre.client.files.persistence import Progress, unseen
from havre.client.files.upload import Upload, plan_upload
from havre.client.identity.link import ContactLink, encode_link, encode_link_for_qr
from havre.client.identity.safety import SafetyNumber, safety_number
from havre.client.parts import external_part, file_descriptor
from havre.client.profiles import Newcomer, Profile
from havre.client.transport.base import Network
from havre.client.transport.network import InternetNetwork
from havre.client.vault import rows
from havre.client.vault.keys import Cost, Keyring, Passphrase, VaultKey, change_key, opens_by_keyring
from havre.client.vault.rows import MessageState
from havre.client.views import (
    ConnectionChanged,
    FileBody,
    Message,
    MessageArrived,
    MessageChanged,
    Missed,
    MyAccount,
    News,
    OtherBody,
    Person,
    PersonChanged,
    Problem,
    Settled,
    TextBody,
)
from havre.content import Content, ContentError, File, clean_label, decode, read, text
from havre.content import file as content_file
from havre.wire.sizes import MAX_TTL

__all__ = [
    "ConnectionChanged",
    "Cost",
    "FileBody",
    "Havre",
    "Keyring",
    "Message",
    "MessageArrived",
    "MessageChanged",
    "MessageState",
    "Missed",
    "MyAccount",
    "News",
    "OtherBody",
    "Passphrase",
    "Person",
    "PersonChanged",
    "Problem",
    "SafetyNumber",
    "Settled",
    "TextBody",
    "VaultKey",
]

WAITING_NEWS: Final = 1000
"""News that wait for one listener at most."""
LONGEST_NAME: Final = 64


class Havre:
    """One account on this device, open. Made by `open` or `sign_up`; everything happens inside one event loop."""

    def __init__(self, profile: Profile, network: Network) -> None:
        """For `open` and `sign_up`; must be called inside a running event loop."""
        self._profile, self._vault, self._network = profile, profile.vault, network
        self._provider = mls.cipher_suite(SUITE).provider
        self._jitter = secrets.SystemRandom().random
        self._listeners: list[asyncio.Queue[News]] = []
        engine = Engine(self._vault, profiles.groups_of(self._vault), profiles.random_bytes)
        signer = profiles.signer_of(self._vault, _now)
        self._driver = Driver(self._vault, engine, network, signer, _now, self._hear)
        self._driver.start()

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
    ) -> Opening:
        """Make an account at a relay and a vault for it in `folder`, with `await` or `async with`.

        `name` is told to those I talk with, end to end encrypted. `user_name`, if given, can be looked up at the
        relay. Raises ProfileExists, NameTaken, NameNotAllowed, NoRelay and its kin; a failure leaves nothing behind.
        """
        address = profiles.parse_relay(relay)
        newcomer = Newcomer(folder, key, address, clean_label(name, LONGEST_NAME), user_name, cost)
        return Opening(lambda: _sign_up(newcomer, network))

    @staticmethod
    def change_passphrase(folder: Path, old: VaultKey, new: VaultKey) -> None:
        """Have `new` open the vault in place of `old`; raises WrongPassphrase."""
        change_key(folder / "vault.key", old, new, profiles.random_bytes)

    async def close(self) -> None:
        """Stop. What is not sent yet goes out when the profile is open again."""
        await self._driver.close()
        await self._network.close()
        self._profile.close()

    # --- me ---------------------------------------------------------------------------------------------------

    @property
    def account(self) -> MyAccount:
        """Who I am."""
        me = self._vault.me()
        return MyAccount(me.name, me.account.hex(), me.relay, me.device.hex())

    def link(self) -> str:
        """Return my contact link, for whoever is to reach me."""
        return encode_link(self._contact_link())

    def link_for_qr(self) -> str:
        """Return my contact link in the form that makes the smallest QR code."""
        return encode_link_for_qr(self._contact_link())

    def _contact_link(self) -> ContactLink:
        me = self._vault.me()
        return ContactLink(profiles.parse_relay(me.relay), me.account, me.name)

    # --- people -----------------------------------------------------------------------------------------------

    async def add(self, link: str, name: str | None = None) -> Person:
        """Begin to talk with the person whom a contact link names, or a user name at my relay; `name` is mine for them.

        Somebody who is among my people already only gets the name. Raises LinkInvalid, NameUnknown, NoRelay,
        KeyMismatch, RecordStale and their kin; then nothing was sent.
        """
        nickname = None if name is None else clean_label(name, LONGEST_NAME)
        me = self._vault.me()
        wanted = await contacts.read_link_or_name(link, me.account, self._network, profiles.parse_relay(me.relay))
        if self._vault.conversations(wanted.account):
            known = await self._driver.do(lambda ticket: events.ChangePerson(ticket, wanted.account, nickname))
        else:
            found = await contacts.find(self._network, self._vault, self._provider, wanted)
            begin = found.begin(nickname or clean_label(wanted.hint, LONGEST_NAME))
            known = await self._driver.do(begin)
        assert isinstance(known, rows.Person)
        return self._person_view(known)

    def people(self) -> list[Person]:
        """Return everybody whom I talk with."""
        return [self._person_view(row) for row in self._vault.people()]

    def person(self, query: str) -> Person:
        """Return the person of this name, id or beginning of a fingerprint.

        Raises PersonUnknown, or HavreError naming those whom it could mean.
        """
        return self._person_view(contacts.choose(self._vault.people(), query))

    async def rename(self, person: Person, name: str) -> Person:
        """Call a person something of my own choosing; empty: what they call themselves."""
        return await self._change(person, nickname=clean_label(name, LONGEST_NAME))

    async def set_verified(self, person: Person, verified: bool) -> Person:
        """Note whether I have compared safety numbers with a person."""
        return await self._change(person, verified=verified)

    def safety_number(self, person: Person) -> SafetyNumber:
        """Return the number that both of us see if nobody sits between us."""
        return safety_number(self._vault.me().account_key, contacts.row_of(self._vault, person.id).account_key)

    async def _change(self, person: Person, nickname: str | None = None, verified: bool | None = None) -> Person:
        account = bytes.fromhex(person.id)
        changed = await self._driver.do(lambda ticket: events.ChangePerson(ticket, account, nickname, verified))
        assert isinstance(changed, rows.Person)
        return self._person_view(changed)

    # --- messages ---------------------------------------------------------------------------------------------

    async def send_text(self, person: Person, words: str, reply_to: Message | None = None) -> Message:
        """Send a text in Markdown; returns once it is in the vault, on its way whatever happens."""
        replied = None if reply_to is None else bytes.fromhex(reply_to.id)
        try:
            content = text(_NO_SALT, words, _now(), replied)
        except ContentError as error:
            raise HavreError(f"This cannot be sent: {error}.") from None
        return await self._send(person, content)

    async def send_file(self, person: Person, path: Path, progress: Progress | None = None) -> Message:
        """Encrypt and upload a file of any size, then send it; `progress` is told bytes done and in all.

        It goes to the conversation's home, which the others use anyway: no relay of mine learns of them by it.
        Raises FileGone, FileChanged, FileTooLarge, NoRelay and its kin; then no message was sent.
        """
        relay = contacts.home(self._vault, person.id)
        plan = await plan_upload(path, profiles.random_bytes)
        blobs = self._network.blobs(relay)
        upload = Upload(plan, relay, blobs, self._provider, self._jitter, progress=progress or unseen)
        part = external_part(await upload.run(), _now() // 1000 + MAX_TTL)
        return await self._send(person, content_file(_NO_SALT, part, _now()))

    async def save_file(self, message: Message, folder: Path, progress: Progress | None = None) -> Path:
        """Fetch a message's file into `folder` and return where it lies; goes on where an earlier attempt stopped.

        Raises FileDamaged, FileExpired, NoSpace, NoRelay and its kin.
        """
        try:
            body = read(decode(message.row.content))
        except ContentError:
            raise FileDamaged("", "the message cannot be read") from None
        if not isinstance(body, File):
            raise HavreError("There is no file in this message.")
        file = file_descriptor(body.part)
        contacts.check_place(self._vault, message.person, file)
        blobs = self._network.blobs(file.relay)
        fetching = Download(file, folder, blobs, self._provider, self._jitter, progress=progress or unseen)
        return await fetching.run()

    def messages(self, person: Person, after: Message | None = None, limit: int | None = None) -> list[Message]:
        """Return the chat with a person in the order in which both sides see it, at most `limit` (none: all).

        With `after` what follows that message, without it the last ones.
        """
        account, most = bytes.fromhex(person.id), _ALL if limit is None else limit
        if after is None:
            found = self._vault.last_messages(account, most)
        else:
            found = self._vault.messages(account, self._as_now(after), most)
        return [self._message_view(row) for row in found]

    async def mark_read(self, person: Person, through: Message | None = None) -> None:
        """Note that I have read everything of a person, or everything up to a message; they are told."""
        row = None if through is None else (through.row.queue, through.row.id)
        await self._driver.do(lambda ticket: events.MarkRead(ticket, bytes.fromhex(person.id), row))

    async def _send(self, person: Person, content: Content) -> Message:
        account = bytes.fromhex(person.id)
        stored = await self._driver.do(lambda ticket: events.Send(ticket, account, content))
        assert isinstance(stored, rows.Message)
        return self._message_view(stored)

    def current(self, message: Message) -> Message:
        """Return a message as it is now: sent, delivered or read in the meantime."""
        return self._message_view(self._as_now(message))

    def _as_now(self, message: Message) -> rows.Message:
        return self._vault.message(message.row.queue, message.row.id) or message.row

    # --- what happens -----------------------------------------------------------------------------------------

    async def events(self) -> AsyncIterator[News]:
        """Yield what happens from now on. Who listens far too slowly gets one `Missed` in place of what was missed."""
        queue: asyncio.Queue[News] = asyncio.Queue(WAITING_NEWS)
        self._listeners.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.remove(queue)

    async def settle(self, within: float = 30.0) -> Settled:
        """Wait until everything is sent and everything new fetched, `within` so many seconds."""
        done = await self._driver.settle(within)
        reasons = () if done else tuple(self._driver.reasons())
        return Settled(done, self._vault.outbox_size(), reasons)

    def _hear(self, news: DriverNews) -> None:
        for queue in self._listeners:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(Missed())
            else:
                queue.put_nowait(self._shown(news))

    def _shown(self, news: DriverNews) -> News:
        match news:
            case effects.MessageArrived(row):
                return MessageArrived(self._message_view(row))
            case effects.MessageChanged(row):
                return MessageChanged(self._message_view(row))
            case effects.PersonChanged(row):
                return PersonChanged(self._person_view(row))
            case effects.EntrySkipped(_, _, reason):
                return Problem(f"Something that arrived could not be used and was passed over ({reason}).")
            case effects.RelayRefused(relay, code, sentence):
                return Problem(f"The relay {relay} refused ({code}): {sentence}")
            case WireChanged(relay, connected, reason):
                return ConnectionChanged(relay, connected, reason)
            case Trouble(sentence):
                return Problem(sentence)

    # --- views ------------------------------------------------------------------------------------------------

    def _message_view(self, row: rows.Message) -> Message:
        return views.message_view(row, self._name_of(row.sender))

    def _name_of(self, account: bytes) -> str:
        me = self._vault.me()
        if account == me.account:
            return me.name
        row = self._vault.person(account)
        return views.UNNAMED if row is None else views.shown_name(row, self._vault.people())

    def _person_view(self, row: rows.Person) -> Person:
        last = self._vault.last_messages(row.account, 1)
        return Person(
            id=row.account.hex(),
            name=views.shown_name(row, self._vault.people()),
            fingerprint=views.fingerprint(row.account),
            verified=row.verified,
            unread=self._vault.unread(row.account),
            last=self._message_view(last[0]) if last else None,
        )


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


_NO_SALT: Final = b""
"""The engine puts a fresh one in its place."""
_ALL: Final = 1 << 31


def _now() -> int:
    return time.time_ns() // 1_000_000


def _internet() -> Network:
    return InternetNetwork(secrets.SystemRandom().random)


async def _open(folder: Path, key: VaultKey, network: Network | None) -> Havre:
    profile = await asyncio.to_thread(profiles.open_profile, folder, key)
    return Havre(profile, network or _internet())


async def _sign_up(newcomer: Newcomer, network: Network | None) -> Havre:
    network = network or _internet()
    try:
        profile = await profiles.sign_up(newcomer, network, profiles.random_bytes, _now)
    except BaseException:
        await network.close()
        raise
    return Havre(profile, network)
