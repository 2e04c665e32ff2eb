"""Contacts: who may talk to me. Strangers ask first; nothing of what I decide is told to anybody."""

from __future__ import annotations

from havre.client.api.core import Part
from havre.client.engine import events
from havre.client.engine.requests import OPEN_DOOR, REQUESTS
from havre.client.errors import PersonUnknown
from havre.client.request_views import Refused, Request, refused_view, request_view
from havre.client.vault import rows
from havre.client.views import Person, folded


class Contacts(Part):
    """`me.contacts`: requests of strangers, and people I do not want to hear from."""

    def requests(self) -> list[Request]:
        """Return those who want to talk to me and wait for an answer, oldest first."""
        return [request_view(row) for row in self._core.vault.requests()]

    def request(self, query: str) -> Request:
        """Return the request of this id, name or beginning of an account's id; raises PersonUnknown."""
        found = [row for row in self.requests() if row.account_id == query]  # before names: see `contacts.whole_id`
        found = found or [row for row in self.requests() if _means(query, row.name, row.account_id)]
        if len({row.account_id for row in found}) != 1:
            raise PersonUnknown(query)
        return found[0]

    async def accept(self, request: Request) -> Person:
        """Let somebody in: their conversations are entered, and they can see so from then on."""
        account = bytes.fromhex(request.account_id)
        person = await self._core.driver.do(lambda ticket: events.AcceptRequest(ticket, account))
        assert isinstance(person, rows.Person)
        return self._core.person_view(person)

    async def decline(self, request: Request, block: bool = False) -> None:
        """Forget a request; what the same account asks for later is dropped in silence."""
        account = bytes.fromhex(request.account_id)
        await self._core.driver.do(lambda ticket: events.DeclineRequest(ticket, account, block))

    async def block(self, person: Person) -> None:
        """Hear nothing more of a person: neither requests nor direct messages. They are not told."""
        account = bytes.fromhex(person.id)
        await self._core.driver.do(lambda ticket: events.Block(ticket, account))

    def refused(self) -> list[Refused]:
        """Return everybody whom I declined or blocked, oldest first."""
        return [refused_view(row) for row in self._core.vault.all_refused()]

    async def unblock(self, query: str) -> None:
        """Let somebody be heard again, by name or beginning of the account's id; raises PersonUnknown."""
        found = [row for row in self.refused() if _means(query, row.name, row.account_id)]
        if len(found) != 1:
            raise PersonUnknown(query)
        account = bytes.fromhex(found[0].account_id)
        await self._core.driver.do(lambda ticket: events.Unblock(ticket, account))

    async def let_everybody_in(self, yes: bool) -> None:
        """Have strangers enter without being asked, as a bot may want; their relays then learn this address."""
        value = OPEN_DOOR if yes else ""
        await self._core.driver.do(lambda ticket: events.ChangeSetting(ticket, REQUESTS, value))


def _means(query: str, name: str, account: str) -> bool:
    wanted = folded(query.strip())
    digits = wanted.replace("-", "")
    return folded(name) == wanted or (len(digits) >= 4 and account.startswith(digits))
