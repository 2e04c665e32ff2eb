"""What every part of the api works with: the open vault, the driver, the network, and how rows become views."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from havre import mls
from havre.client import group_views, profiles, views
from havre.client.api.notices import notice_body
from havre.client.driver import Driver
from havre.client.driver import News as DriverNews
from havre.client.engine.effects import PersonChanged
from havre.client.engine.engine import Engine
from havre.client.engine.mls_groups import SUITE, MlsGroups
from havre.client.engine.terms import Terms, decode_terms
from havre.client.message_views import Around, Message, Quoted, message_view
from havre.client.profiles import Profile
from havre.client.transport.base import Jitter, Network
from havre.client.vault import rows
from havre.client.vault.applicants import Applicant
from havre.client.vault.sqlcipher import SqlcipherVault
from havre.client.views import Chat, MyAccount, Person
from havre.content import is_portrait
from havre.mls.crypto.provider import Provider

LONGEST_NAME: Final = 64
_NONE: Final[Mapping[bytes, Sequence[rows.Amendment]]] = MappingProxyType({})
_AT_ONCE: Final = 500
"""Messages whose amendments one query looks for."""


def now() -> int:
    """Return unix milliseconds."""
    return time.time_ns() // 1_000_000


class Names:
    """The names under which people are shown, worked out once until somebody is called something else."""

    def __init__(self, vault: SqlcipherVault) -> None:
        self._vault = vault
        self.me = vault.me().account
        """My own account, which never changes."""
        self._shown: Mapping[bytes, str] | None = None

    def of(self, account: bytes) -> str:
        """Return the name under which an account is shown."""
        if self._shown is None:
            self._shown = views.shown_names(self._vault.people())
        return self._shown.get(account) or views.unnamed(account)

    def forget(self) -> None:
        """Somebody is new, or is called something else now."""
        self._shown = None


@dataclass(frozen=True)
class Core:
    """One open account."""

    profile: Profile
    network: Network
    driver: Driver
    provider: Provider
    jitter: Jitter
    names: Names
    groups: MlsGroups
    uploading: set[bytes] = field(default_factory=set)
    """Blobs that this process is filling."""

    @property
    def vault(self) -> SqlcipherVault:
        """The open vault."""
        return self.profile.vault

    async def close(self) -> None:
        """Stop, and let go of the network and the vault."""
        await self.driver.close()
        await self.network.close()
        self.profile.close()

    # --- views ------------------------------------------------------------------------------------------------

    def message_view(self, row: rows.Message) -> Message:
        """Return a message as it is shown."""
        return self.message_views([row])[0]

    def message_views(self, found: Sequence[rows.Message]) -> list[Message]:
        """Return messages of one chat as they are shown."""
        starred = self.vault.stars(found[0].seq if len(found) == 1 else None)
        around = self.around(found[0].chat if found else b"", self._amendments(found), starred)
        return [message_view(row, around) for row in found]

    def _amendments(self, found: Sequence[rows.Message]) -> Mapping[bytes, Sequence[rows.Amendment]]:
        amendments: dict[bytes, list[rows.Amendment]] = {}
        for start in range(0, len(found), _AT_ONCE):
            named = [(row.chat, row.id) for row in found[start : start + _AT_ONCE]]
            for amendment in self.vault.amendments_anywhere(named):
                amendments.setdefault(amendment.target, []).append(amendment)
        return amendments

    def around(
        self,
        chat: bytes,
        amendments: Mapping[bytes, Sequence[rows.Amendment]] = _NONE,
        starred: frozenset[int] = frozenset(),
    ) -> Around:
        """Return what views of a chat's messages need besides rows."""
        return Around(
            self.names.me,
            self.name_of,
            amendments,
            starred,
            lambda target: self._quoted(chat, target),
            lambda row: notice_body(row, self.called),
            self._ahead(),
        )

    def _ahead(self) -> int:
        clock, counted = self.vault.timekeeping() or (0, 0)
        return clock - counted

    def _quoted(self, chat: bytes, target: bytes) -> Quoted | None:
        row = self.vault.message_in(chat, target)
        return None if row is None else Quoted(row, self.vault.amendments(chat, [target]))

    def called(self, account: bytes) -> str:
        """Return what an account is called in a sentence."""
        return "you" if account == self.names.me else self.name_of(account)

    def name_of(self, account: bytes) -> str:
        """Return the name under which an account is shown."""
        return self.vault.me().name if account == self.names.me else self.names.of(account)

    def account_view(self) -> MyAccount:
        """Return who I am."""
        me = self.vault.me()
        return MyAccount(me.name, me.account.hex(), me.relay, me.device.hex(), self.vault.picture_of(me.account))

    def person_view(self, row: rows.Person) -> Person:
        """Return a person as they are shown."""
        last = self.vault.last_messages(row.account, 1)
        return Person(
            id=row.account.hex(),
            name=self.name_of(row.account),
            fingerprint=views.fingerprint(row.account),
            verified=row.verified,
            unread=self.vault.unread(row.account),
            last=self.message_view(last[0]) if last else None,
            picture=self.vault.picture_of(row.account),
        )

    def chat_view(self, row: rows.Chat) -> Chat:
        """Return a chat as it is shown."""
        last, person = self.vault.last_messages(row.chat, 1), self.vault.person(row.chat)
        said = self.message_view(last[0]) if last else None
        verified = person is not None and person.verified
        unread, picture = self.vault.unread(row.chat), self.picture_of(row)
        return views.chat_view(row, self.title_of(row), unread, said, verified, picture)

    def chat_views(self, found: Sequence[rows.Chat]) -> list[Chat]:
        """Return many chats as they are shown, for which the vault is asked once, not once a chat."""
        last, unread, starred = self.vault.last_of_each(), self.vault.unread_of_each(), self.vault.stars()
        amendments = self._amendments(list(last.values()))
        shown = {chat: message_view(row, self.around(chat, amendments, starred)) for chat, row in last.items()}
        verified = {person.account for person in self.vault.people() if person.verified}
        return [
            views.chat_view(
                row,
                self.title_of(row),
                unread.get(row.chat, 0),
                shown.get(row.chat),
                row.chat in verified,
                self.picture_of(row),
            )
            for row in found
        ]

    def applicant_view(self, row: Applicant) -> group_views.Applicant:
        """Return somebody who asks to be let into a group as they are shown."""
        known = self.vault.person(row.account)
        return group_views.applicant_view(row, None if known is None else self.name_of(row.account))

    def members_of(self, chat: bytes) -> frozenset[bytes]:
        """Return the accounts that are in a chat, this one's included."""
        found = [self.vault.epoch(row.queue, row.epoch) for row in self.vault.conversations(chat)]
        groups = [self.groups.load(*states) for states in found if states is not None]
        return frozenset(member.account for group in groups for member in group.members)

    def terms_of(self, chat: bytes) -> Terms | None:
        """Return what a chat's members have agreed on; none: this device is not in it."""
        found = [self.vault.epoch(row.queue, row.epoch) for row in self.vault.conversations(chat)]
        return next((decode_terms(self.groups.load(*states).terms) for states in found if states is not None), None)

    def title_of(self, row: rows.Chat) -> str:
        """Return what stands above a chat: the other's name, the group's title."""
        return self.name_of(row.chat) if row.kind is rows.ChatKind.DIRECT else row.title

    def picture_of(self, row: rows.Chat) -> bytes | None:
        """Return what stands beside a chat; what a group has that is no small JPEG is not shown to anybody."""
        if row.kind is rows.ChatKind.GROUP:
            return row.picture if is_portrait(row.picture) else None
        return self.vault.picture_of(row.chat)


class Part:
    """One area of the api."""

    def __init__(self, core: Core) -> None:
        self._core = core


def open_core(profile: Profile, network: Network, hear: Callable[[DriverNews], None]) -> Core:
    """Return the core of an open profile, its driver running; must be called inside a running event loop."""
    vault = profile.vault
    names = Names(vault)

    def heard(news: DriverNews) -> None:
        if isinstance(news, PersonChanged):
            names.forget()
        hear(news)

    groups = profiles.groups_of(vault)
    engine = Engine(vault, groups, profiles.random_bytes)
    driver = Driver(vault, engine, network, profiles.signer_of(vault, now), now, heard)
    driver.start()
    provider, jitter = mls.cipher_suite(SUITE).provider, secrets.SystemRandom().random
    return Core(profile, network, driver, provider, jitter, names, groups)
