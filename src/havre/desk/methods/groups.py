"""Groups: making one, who is in it, who may do what, and going."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta

from havre.client.api import Chat, Role
from havre.desk import shown, views
from havre.desk.contract import method
from havre.desk.desk import Desk

ROLES: Final[Mapping[views.RoleName, Role]] = {"member": Role.MEMBER, "admin": Role.ADMIN, "owner": Role.OWNER}
Timer = Annotated[int, Meta(ge=30, le=28 * 24 * 3600)]
"""Seconds."""


@method
async def create_group(desk: Desk, title: str, people: list[str], timer: Timer | None = None) -> views.Chat:
    """Create a group with several people at once; I am its owner."""
    found = [desk.me.person(person) for person in people]
    return shown.chat(await desk.me.groups.create(title, found, timer=timer))


@method
async def group(desk: Desk, chat: str) -> views.Group:
    """Return who is in a group and who may do what."""
    found = desk.me.chat(chat)
    return shown.group(desk.me.groups.show(found), desk.me.groups.link(found))


@method
async def add_members(desk: Desk, chat: str, people: list[str]) -> views.Group:
    """Bring people into a group."""
    found = desk.me.chat(chat)
    return _shown(desk, await desk.me.groups.add(found, [desk.me.person(person) for person in people]))


@method
async def remove_member(desk: Desk, chat: str, member: str, ban: bool) -> views.Group:
    """Take somebody out; they can fetch nothing that comes after."""
    found = desk.me.chat(chat)
    return _shown(desk, await desk.me.groups.remove(found, desk.me.groups.member(found, member), ban=ban))


@method
async def set_role(desk: Desk, chat: str, member: str, role: views.RoleName) -> views.Group:
    """Make somebody an admin, a plain member, or the owner in my place."""
    found = desk.me.chat(chat)
    return _shown(desk, await desk.me.groups.set_role(found, desk.me.groups.member(found, member), ROLES[role]))


@method
async def set_rules(desk: Desk, chat: str, rules: views.Rules) -> views.Group:
    """Say who may do what in a group."""
    write, add, edit, pin = (ROLES[role] for role in (rules.write, rules.add, rules.edit, rules.pin))
    found = desk.me.chat(chat)
    changed = await desk.me.groups.set_rules(found, write=write, add=add, edit=edit, pin=pin, history=rules.history)
    return _shown(desk, changed)


@method
async def unban(desk: Desk, chat: str, name: str) -> views.Group:
    """Let somebody who was banned come back, by their name in the list of the banned."""
    return _shown(desk, await desk.me.groups.unban(desk.me.chat(chat), name))


@method
async def describe_group(desk: Desk, chat: str, title: str, description: str) -> views.Chat:
    """Call a group something else, or say something else of it."""
    found = desk.me.chat(chat)
    if title != found.title:
        found = await desk.me.groups.set_title(found, title)
    if description != found.description:
        found = await desk.me.groups.set_description(found, description)
    return shown.chat(found)


@method
async def set_group_picture(desk: Desk, chat: str, upload: str | None) -> views.Chat:
    """Give a group an uploaded picture, which is made small first; none: take it away."""
    found = desk.me.chat(chat)
    return shown.chat(await desk.parcels.use(upload, lambda path: desk.me.groups.set_picture(found, path)))


@method
async def open_link(desk: Desk, chat: str, approval: bool = False) -> views.Group:
    """Have people come in by a fresh link; with `approval` they ask, and somebody lets them in."""
    found = desk.me.chat(chat)
    link = await desk.me.groups.open_link(found, approval=approval)
    return shown.group(desk.me.groups.show(found), link)


@method
async def close_link(desk: Desk, chat: str) -> views.Group:
    """Have nobody come in by the link any more."""
    return _shown(desk, await desk.me.groups.close_link(desk.me.chat(chat)))


@method
async def join_group(desk: Desk, link: str) -> views.Chat:
    """Enter a group by its link; the chat waits until this device is in."""
    return shown.chat(await desk.me.groups.join(link))


@method
async def applicants(desk: Desk, chat: str) -> list[views.Applicant]:
    """Return who asks to be let into a group."""
    return [shown.applicant(one) for one in desk.me.groups.applicants(desk.me.chat(chat))]


@method
async def decide_on_applicant(desk: Desk, chat: str, applicant: str, let_in: bool) -> views.Chat:
    """Let somebody in who has asked, or tell them no."""
    found = desk.me.groups.applicant(desk.me.chat(chat), applicant)
    decide = desk.me.groups.approve if let_in else desk.me.groups.refuse
    return shown.chat(await decide(found))


@method
async def leave_group(desk: Desk, chat: str) -> views.Chat:
    """Leave a group; what was read stays here."""
    return shown.chat(await desk.me.groups.leave(desk.me.chat(chat)))


@method
async def set_timer(desk: Desk, chat: str, seconds: Timer | None) -> views.Chat:
    """Have messages written from now on disappear so many seconds after they were read; none: never."""
    return shown.chat(await desk.me.set_timer(desk.me.chat(chat), seconds))


def _shown(desk: Desk, chat: Chat) -> views.Group:
    return shown.group(desk.me.groups.show(chat), desk.me.groups.link(chat))
