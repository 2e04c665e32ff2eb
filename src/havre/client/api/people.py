"""People: finding them, naming them, being sure of them."""

from __future__ import annotations

from havre.client import contacts, profiles
from havre.client.api.core import LONGEST_NAME, Part
from havre.client.engine import events
from havre.client.engine.requests import BLOCKED
from havre.client.errors import HavreError
from havre.client.identity.link import ContactLink, encode_link, encode_link_for_qr
from havre.client.identity.safety import SafetyNumber, safety_number
from havre.client.vault import rows
from havre.client.views import MyAccount, Person
from havre.content import clean_label


class People(Part):
    """What `Havre` does with people."""

    @property
    def account(self) -> MyAccount:
        """Who I am."""
        return self._core.account_view()

    def link(self) -> str:
        """Return my contact link, for whoever is to reach me."""
        return encode_link(self._contact_link())

    def link_for_qr(self) -> str:
        """Return my contact link in the form that makes the smallest QR code."""
        return encode_link_for_qr(self._contact_link())

    def _contact_link(self) -> ContactLink:
        me = self._core.vault.me()
        return ContactLink(profiles.parse_relay(me.relay), me.account, me.name)

    async def add(self, link: str, name: str | None = None) -> Person:
        """Begin to talk with the person whom a contact link names, or a user name at my relay; `name` is mine for them.

        Somebody who is among my people already only gets the name. Raises LinkInvalid, NameUnknown, NoRelay,
        KeyMismatch, RecordStale and their kin; then nothing was sent.
        """
        core = self._core
        nickname = None if name is None else clean_label(name, LONGEST_NAME)
        me = core.vault.me()
        wanted = await contacts.read_link_or_name(link, me.account, core.network, profiles.parse_relay(me.relay))
        await self._answer_request(wanted.account)
        if core.vault.conversations(wanted.account):
            known = await core.driver.do(lambda ticket: events.ChangePerson(ticket, wanted.account, nickname))
        else:
            found = await contacts.find(core.network, core.vault, core.provider, wanted)
            begin = found.begin(nickname or "", clean_label(wanted.hint, LONGEST_NAME))
            known = await core.driver.do(begin)
        assert isinstance(known, rows.Person)
        return core.person_view(known)

    async def _answer_request(self, account: bytes) -> None:
        """Whoever has asked to talk to me is let in, rather than asked in turn."""
        refused = self._core.vault.refused(account)
        if refused is not None and refused.blocked:
            raise HavreError(BLOCKED)
        if self._core.vault.requests(account):
            await self._core.driver.do(lambda ticket: events.AcceptRequest(ticket, account))

    def people(self) -> list[Person]:
        """Return everybody whom I talk with in person."""
        return [self._core.person_view(row) for row in self._rows()]

    def person(self, query: str) -> Person:
        """Return the person of this id, name or beginning of a fingerprint.

        Raises PersonUnknown, or HavreError naming those whom it could mean.
        """
        account = contacts.whole_id(query)
        chat, row = self._core.vault.chat(account), self._core.vault.person(account)
        if row is None or chat is None or chat.kind is not rows.ChatKind.DIRECT:
            row = contacts.choose(self._rows(), query)
        return self._core.person_view(row)

    def picture(self, whose: str) -> bytes | None:
        """Return the picture of an account or a chat (an id in hex), mine included: a small JPEG; none: it has none."""
        name = contacts.whole_id(whose)
        chat = self._core.vault.chat(name)
        return self._core.vault.picture_of(name) if chat is None else self._core.picture_of(chat)

    def _rows(self) -> list[rows.Person]:
        direct = {chat.chat for chat in self._core.vault.chats() if chat.kind is rows.ChatKind.DIRECT}
        return [row for row in self._core.vault.people() if row.account in direct]

    async def rename(self, person: Person, name: str) -> Person:
        """Call a person something of my own choosing; empty: what they call themselves."""
        return await self._change(person, nickname=clean_label(name, LONGEST_NAME))

    async def set_verified(self, person: Person, verified: bool) -> Person:
        """Note whether I have compared safety numbers with a person."""
        return await self._change(person, verified=verified)

    def safety_number(self, person: Person) -> SafetyNumber:
        """Return the number that both of us see if nobody sits between us."""
        vault = self._core.vault
        return safety_number(vault.me().account_key, contacts.row_of(vault, person.id).account_key)

    async def _change(self, person: Person, nickname: str | None = None, verified: bool | None = None) -> Person:
        account = bytes.fromhex(person.id)
        changed = await self._core.driver.do(lambda ticket: events.ChangePerson(ticket, account, nickname, verified))
        assert isinstance(changed, rows.Person)
        return self._core.person_view(changed)
