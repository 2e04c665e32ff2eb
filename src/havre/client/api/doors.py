"""How people come into a group: links, and those who ask to be let in."""

from __future__ import annotations

from havre.client import contacts, views
from havre.client.api.core import Part
from havre.client.engine import events
from havre.client.engine.applications import link_name
from havre.client.engine.group_intents import LetIn, TurnAway
from havre.client.engine.groups import Group as EngineGroup
from havre.client.engine.terms import Door, Invitation, Terms, decode_terms
from havre.client.engine.wishes import SetInvitation, Wish
from havre.client.errors import ChatUnknown, HavreError, PersonUnknown
from havre.client.group_views import Applicant
from havre.client.identity.address import RelayAddress
from havre.client.identity.group_link import GroupLink, decode_group_link, encode_group_link
from havre.client.profiles import random_bytes
from havre.client.sentences import said
from havre.client.vault import rows
from havre.client.views import Chat
from havre.wire.sizes import SECRET_BYTES


class Doors(Part):
    """What `me.groups` does with links, and with those who ask to be let in."""

    async def open_link(self, group: Chat, *, approval: bool = False) -> str:
        """Have people come in by a link, at once and with nobody else there; returns it. An older one is dead then.

        With `approval` they ask, and whoever may add people lets them in or does not.
        """
        state, terms = self._state(group)
        if terms.door is None:
            raise HavreError(said("NoDoor", "This group has no door, so that nobody can come in by a link."))
        invitation = Invitation(random_bytes(SECRET_BYTES), approval)
        await self._wish(group, SetInvitation(invitation))
        return self._link(state, terms, terms.door, invitation)

    async def close_link(self, group: Chat) -> Chat:
        """Have nobody come in by the link any more."""
        return await self._wish(group, SetInvitation(None))

    def link(self, group: Chat) -> str | None:
        """Return the invitation link; none: there is none at present."""
        state, terms = self._state(group)
        if terms.invitation is None or terms.door is None:
            return None
        return self._link(state, terms, terms.door, terms.invitation)

    async def join(self, link: str) -> Chat:
        """Enter a group by its link, or ask to be let in. The chat waits until the device is in; raises LinkInvalid.

        When the link lets nobody in any more, or the group says no, a `ChangeFailed` tells.
        """
        wanted = decode_group_link(link)
        return await self._do(
            lambda ticket: events.JoinByLink(
                ticket,
                wanted.relay.url,
                wanted.group,
                wanted.door,
                wanted.title,
                wanted.secret,
                wanted.link,
                wanted.asks,
            )
        )

    # --- those who ask ----------------------------------------------------------------------------------------

    def applicants(self, group: Chat) -> list[Applicant]:
        """Return who asks to be let in and waits for an answer; only whoever may add people hears of them."""
        _, terms = self._state(group)
        found = self._core.vault.applicants(bytes.fromhex(group.id))
        return [self._core.applicant_view(row) for row in found if row.account not in terms.banned]

    def applicant(self, group: Chat, query: str) -> Applicant:
        """Return the applicant of this name or beginning of a fingerprint; raises PersonUnknown."""
        wanted, digits = views.folded(query.strip()), query.strip().replace("-", "").lower()
        waiting = self.applicants(group)
        found = [one for one in waiting if views.folded(one.name) == wanted]
        found = found or [one for one in waiting if digits and one.id.startswith(digits)]
        if len(found) != 1:
            raise PersonUnknown(query)
        return found[0]

    async def approve(self, applicant: Applicant) -> Chat:
        """Let somebody in who has asked."""
        chat, account = bytes.fromhex(applicant.chat), bytes.fromhex(applicant.id)
        return await self._do(lambda ticket: LetIn(ticket, chat, account))

    async def refuse(self, applicant: Applicant) -> Chat:
        """Tell somebody who has asked no; they may ask again."""
        chat, account = bytes.fromhex(applicant.chat), bytes.fromhex(applicant.id)
        return await self._do(lambda ticket: TurnAway(ticket, chat, account))

    # --- doing ------------------------------------------------------------------------------------------------

    def _state(self, group: Chat) -> tuple[EngineGroup, Terms]:
        vault = self._core.vault
        for conversation in vault.conversations(bytes.fromhex(group.id)):
            states = vault.epoch(conversation.queue, conversation.epoch)
            if states is not None and group.kind is rows.ChatKind.GROUP:
                state = self._core.groups.load(*states)
                return state, decode_terms(state.terms)
        raise ChatUnknown(group.title)

    async def _wish(self, group: Chat, wish: Wish) -> Chat:
        return await self._do(lambda ticket: events.ChangeChat(ticket, bytes.fromhex(group.id), wish))

    async def _do(self, intent: contacts.Intention) -> Chat:
        changed = await self._core.driver.do(intent)
        assert isinstance(changed, rows.Chat)
        return self._core.chat_view(changed)

    def _link(self, state: EngineGroup, terms: Terms, door: Door, invitation: Invitation) -> str:
        relay = RelayAddress.parse(terms.homes[0].relay)
        opens = invitation.secret
        if invitation.approval:
            opens = link_name(self._core.groups.letter_key(opens))
        found = GroupLink(
            relay, door.queue, state.group_id, terms.title, secret=door.secret, link=opens, asks=invitation.approval
        )  # fmt: skip
        return encode_group_link(found)
