"""Strangers who want to talk, and people I do not want to hear from."""

from __future__ import annotations

from havre.desk import shown, views
from havre.desk.contract import method
from havre.desk.desk import Desk


@method
async def requests(desk: Desk) -> list[views.Request]:
    """Return those who want to talk and wait for an answer, oldest first."""
    return [shown.request(request) for request in desk.me.contacts.requests()]


@method
async def accept_request(desk: Desk, request: str) -> views.Chat:
    """Let somebody in; they can see so from then on."""
    person = await desk.me.contacts.accept(desk.me.contacts.request(request))
    return shown.chat(desk.me.chat(person))


@method
async def decline_request(desk: Desk, request: str, block: bool) -> None:
    """Forget a request; what the same account asks for later is dropped in silence."""
    await desk.me.contacts.decline(desk.me.contacts.request(request), block)


@method
async def refused(desk: Desk) -> list[views.Refused]:
    """Return those whom I declined or blocked, oldest first."""
    return [views.Refused(one.account_id, one.name, one.blocked) for one in desk.me.contacts.refused()]


@method
async def unblock(desk: Desk, account: str) -> None:
    """Let somebody be heard again whom I declined or blocked."""
    await desk.me.contacts.unblock(account)


@method
async def block(desk: Desk, person: str) -> None:
    """Hear nothing more of a person; they are not told."""
    await desk.me.contacts.block(desk.me.person(person))
