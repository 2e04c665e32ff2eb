"""Groups: making one, who is in it, who may do what, and going."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from msgspec import structs

from havre.client import contacts, views
from havre.client.api.doors import Doors
from havre.client.engine import events
from havre.client.engine.groups import Group as EngineGroup
from havre.client.engine.terms import (
    MAX_DESCRIPTION,
    MAX_TITLE,
    Role,
    Rules,
    Terms,
)
from havre.client.engine.wishes import Edit, GiveRole, RemovePeople, Unban
from havre.client.errors import HavreError, PersonUnknown
from havre.client.group_views import Group, GroupMember, GroupRules
from havre.client.pictures.portraits import portrait
from havre.client.sentences import said
from havre.client.views import Chat, Person
from havre.content import clean_label


class Groups(Doors):
    """`me.groups`. What changes a group is kept until it has come about; whatever cannot raises HavreError.

    Somebody else's change may come first and rule it out after all: then a `ChangeFailed` says so.
    """

    async def create(
        self, title: str, people: Sequence[Person] = (), *, description: str = "", timer: int | None = None
    ) -> Chat:
        """Create a group with several people at once; I am its owner. Raises NoRelay and its kin, KeyMismatch.

        `timer`: seconds after which messages disappear, 0: never; none: as in other chats that I begin.
        """
        named = _title(title)
        told = clean_label(description, MAX_DESCRIPTION)
        reached = [await self._reach(person) for person in people]
        return await self._do(lambda ticket: events.CreateGroup(ticket, named, told, timer, reached))

    async def add(self, group: Chat, people: Sequence[Person]) -> Chat:
        """Bring people in; they read what is written from then on."""
        reached = [await self._reach(person) for person in people]
        return await self._do(lambda ticket: events.InvitePeople(ticket, bytes.fromhex(group.id), reached))

    async def remove(self, group: Chat, member: GroupMember | Person, *, ban: bool = False) -> Chat:
        """Take somebody out: they can fetch nothing that comes after. With `ban` they cannot come back by a link.

        An open link is closed by it, since they know it.
        """
        return await self._wish(group, RemovePeople((bytes.fromhex(member.id),), ban))

    async def unban(self, group: Chat, name: str) -> Chat:
        """Let somebody who was banned come back; raises PersonUnknown."""
        _, terms = self._state(group)
        found = [one for one in terms.banned if self._is_called(one, name)]
        if len(found) != 1:
            raise PersonUnknown(name)
        return await self._wish(group, Unban(found[0]))

    async def leave(self, group: Chat) -> Chat:
        """Leave; what was read stays here. If I am the owner, the first admin or the oldest member is after me."""
        return await self._do(lambda ticket: events.LeaveGroup(ticket, bytes.fromhex(group.id)))

    async def set_role(self, group: Chat, member: GroupMember | Person, role: Role) -> Chat:
        """Make somebody an admin, a plain member, or the owner in my place."""
        return await self._wish(group, GiveRole(bytes.fromhex(member.id), role))

    async def set_title(self, group: Chat, title: str) -> Chat:
        """Call the group something else."""
        return await self._wish(group, Edit(title=_title(title)))

    async def set_description(self, group: Chat, description: str) -> Chat:
        """Say what the group is about; empty: nothing."""
        return await self._wish(group, Edit(description=clean_label(description, MAX_DESCRIPTION)))

    async def set_picture(self, group: Chat, picture: Path | None) -> Chat:
        """Give the group a picture, made small first: a JPEG, PNG, WebP or GIF file; none: take it away.

        Raises FileGone, HavreError for what is no picture.
        """
        small = b"" if picture is None else await asyncio.to_thread(portrait, picture)
        return await self._wish(group, Edit(picture=small))

    async def set_rules(
        self,
        group: Chat,
        *,
        write: Role | None = None,
        add: Role | None = None,
        edit: Role | None = None,
        history: bool | None = None,
        pin: Role | None = None,
    ) -> Chat:
        """Say from which role on people may write, add others, edit and pin; none: as it is."""
        _, terms = self._state(group)
        given = {"write": write, "add": add, "edit": edit, "history": history, "pin": pin}
        rules: Rules = structs.replace(terms.rules, **{key: value for key, value in given.items() if value is not None})
        return await self._wish(group, Edit(rules=rules))

    # --- looking ----------------------------------------------------------------------------------------------

    def show(self, group: Chat) -> Group:
        """Return a group as it is now; raises ChatUnknown when it is none that I am in."""
        state, terms = self._state(group)
        rules, link = terms.rules, terms.invitation
        return Group(
            chat=group,
            members=self._members(state, terms),
            rules=GroupRules(rules.write, rules.add, rules.edit, rules.history, rules.pin),
            banned=tuple(self._core.name_of(account) for account in terms.banned),
            link_open=link is not None,
            approval=link is not None and link.approval,
        )

    def picture(self, group: Chat) -> bytes | None:
        """Return the group's picture, a small JPEG; none: it has none."""
        return group.picture

    def member(self, group: Chat, query: str) -> GroupMember:
        """Return the member of this id, name or beginning of a fingerprint; raises PersonUnknown."""
        members = self.show(group).members
        wanted = views.folded(query.strip())
        found = [one for one in members if one.id == query]  # before names: see `contacts.whole_id`
        found = found or [one for one in members if views.folded(one.name) == wanted]
        found = found or [one for one in members if self._is_called(bytes.fromhex(one.id), query)]
        if len(found) != 1:
            raise PersonUnknown(query)
        return found[0]

    def _members(self, state: EngineGroup, terms: Terms) -> tuple[GroupMember, ...]:
        me = self._core.vault.me().account
        found: dict[bytes, GroupMember] = {}
        for leaf in state.members:
            account, known = leaf.account, found.get(leaf.account)
            found[account] = replace(known, devices=known.devices + 1) if known else GroupMember(
                account.hex(), self._core.name_of(account), views.fingerprint(account), terms.role(account),
                account == me, 1, self._core.vault.picture_of(account),
            )  # fmt: skip
        return tuple(sorted(found.values(), key=lambda one: (-one.role, views.folded(one.name))))

    def _is_called(self, account: bytes, query: str) -> bool:
        row = self._core.vault.person(account)
        return row is not None and contacts.means(row, self._core.vault.people(), query)

    # --- doing ------------------------------------------------------------------------------------------------

    async def _reach(self, person: Person) -> events.Reachable:
        core = self._core
        return await contacts.reach(core.driver, core.network, core.vault, core.provider, bytes.fromhex(person.id))


def _title(title: str) -> str:
    named = clean_label(title, MAX_TITLE)
    if not named:
        raise HavreError(said("NoTitle", "A group needs a title."))
    return named
