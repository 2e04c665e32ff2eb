"""What is sent besides texts and files, and what is sent later."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from havre.desk import shown, views
from havre.desk.contract import method
from havre.desk.desk import Desk

Moment = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""Unix milliseconds."""


@method
async def send_location(
    desk: Desk,
    chat: str,
    latitude: Annotated[float, Meta(ge=-90, le=90)],
    longitude: Annotated[float, Meta(ge=-180, le=180)],
    label: Annotated[str, Meta(max_length=200)],
) -> views.Message:
    """Send a place, in degrees."""
    return shown.message(await desk.me.send_location(desk.me.chat(chat), latitude, longitude, label))


@method
async def send_card(desk: Desk, chat: str, person: str) -> views.Message:
    """Pass somebody's contact link on."""
    return shown.message(await desk.me.send_card(desk.me.chat(chat), desk.me.person(person)))


@method
async def preview_link(desk: Desk, text: str) -> views.Preview:
    """Ask the first link in a text what it is; the site learns of this machine, and nobody else of the site."""
    return shown.preview(await desk.me.preview(text))


@method
async def schedule(desk: Desk, chat: str, text: str, at: Moment) -> views.Scheduled:
    """Send a text at a time, or when this app runs next after it."""
    return shown.scheduled(await desk.me.schedule(desk.me.chat(chat), text, at))


@method
async def scheduled(desk: Desk, chat: str) -> list[views.Scheduled]:
    """Return what is to be sent into a chat later, in the order of sending."""
    found = desk.me.chat(chat)
    return [shown.scheduled(one) for one in desk.me.scheduled() if one.chat == found.id]


@method
async def unschedule(desk: Desk, number: int) -> None:
    """Do not send something that was to be sent later."""
    await desk.me.unschedule(number)
