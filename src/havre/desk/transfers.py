"""Files between the page and the client core: in as a request's body, out as a response, never a path."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response

from havre.client.api import Message, OnceBody
from havre.client.errors import HavreError
from havre.client.sentences import said
from havre.desk import shown, views
from havre.desk.desk import UPLOADING, Desk
from havre.desk.files import OPAQUE, shown_as
from havre.desk.sending import Cancelled, Progress, Sending

_NO_ROOM = views.Failure("NoSpace", "The file cannot be kept here while it is sent: is the disk full?")
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'"


async def upload(desk: Desk, request: Request) -> views.Message | views.Failure:
    """Take a file from the page and send it into a chat; the page sees `Progress` under the transfer's name.

    In the query, `voice` makes of a recording (WebM or Ogg with Opus, WAV) a voice note, `once` shows it once, and
    `exact` leaves a picture its metadata.
    """
    name = Path(request.query_params.get("name", "file")).name or "file"
    try:
        with (
            TemporaryDirectory(dir=desk.folder, prefix=UPLOADING) as folder,
            _sending(desk, request) as sending,
        ):
            path = Path(folder) / name[:200]
            await _receive(request, path)
            return shown.message(await sending.run(_sender(desk, request, path)))
    except HavreError as error:
        return shown.failure(error)
    except ClientDisconnect:
        return shown.failure(Cancelled())  # nobody hears it
    except OSError:
        return _NO_ROOM


async def bring(desk: Desk, request: Request) -> views.Upload | views.Failure:
    """Take a file from the page that a method will ask for."""
    try:
        parcel, path = desk.parcels.place("upload")
    except OSError:
        return _NO_ROOM
    try:
        await _receive(request, path)
    except OSError:
        desk.parcels.drop(parcel)
        return _NO_ROOM
    return views.Upload(parcel)


async def take(desk: Desk, request: Request) -> Response:
    """Give the page a file that a method has made, once."""
    parcel = request.path_params["download"]
    try:
        path = desk.parcels.find(parcel)
    except HavreError as error:
        return _refused(error)
    return FileResponse(
        path, media_type=OPAQUE, filename=path.name, background=BackgroundTask(desk.parcels.drop, parcel)
    )


async def _receive(request: Request, path: Path) -> None:
    with path.open("wb") as file:
        async for part in request.stream():
            file.write(part)


@contextmanager
def _sending(desk: Desk, request: Request) -> Iterator[Sending]:
    """Have a file be known under the name that the page gave its transfer, and tell the page so."""
    transfer = request.query_params.get("transfer", "")[:64]
    seen = desk.progress(transfer)
    sending = desk.transfers[transfer] = Sending(seen)
    try:
        seen(0, int(request.headers.get("content-length", "0")))
        yield sending
    finally:
        desk.transfers.pop(transfer, None)


def _sender(desk: Desk, request: Request, path: Path) -> Callable[[Progress], Coroutine[Any, Any, Message]]:
    me, chat, wanted = desk.me, desk.me.chat(request.path_params["chat"]), request.query_params
    once, exact = "once" in wanted, "exact" in wanted
    if "voice" in wanted:
        return lambda seen: me.send_voice(chat, path, seen, once=once)
    return lambda seen: me.send_file(chat, path, seen, once=once, exact=exact)


async def fetch(desk: Desk, request: Request) -> Response:
    """Give the page a message's file: to be shown if its first bytes are a picture's, a sound's or a film's."""
    chat, wanted = request.path_params["chat"], request.path_params["message"]
    try:
        path = await decrypted(desk, chat, wanted)
    except HavreError as error:
        return _refused(error)
    kind = await asyncio.to_thread(shown_as, path)
    saved = "save" in request.query_params or kind == OPAQUE
    return FileResponse(
        path,
        media_type=OPAQUE if saved else kind,
        headers={
            "content-security-policy": _SANDBOX,
            "content-disposition": f"{'attachment' if saved else 'inline'}; filename*=utf-8''{quote(path.name)}",
        },
    )


def picture(desk: Desk, request: Request) -> Response:
    """Give the page the picture of a person, a group or myself: never anything but a small JPEG."""
    try:
        found = desk.me.picture(request.path_params["owner"])
    except HavreError as error:
        return _refused(error)
    if found is None:
        return Response(status_code=404)
    return Response(found, media_type="image/jpeg", headers={"content-security-policy": _SANDBOX})


def _refused(error: HavreError) -> Response:
    return Response(msgspec.json.encode(shown.failure(error)), 409, media_type="application/json")


async def decrypted(desk: Desk, chat: str, wanted: str) -> Path:
    """Return where a message's file lies on this machine, once it has been fetched; raises what fetching raises."""
    message = desk.me.message(desk.me.chat(chat), wanted)
    async with desk.fetching(wanted):
        kept = desk.cache.find(wanted)
        if kept is None and isinstance(message.body, OnceBody):
            raise HavreError(said("OnceOnly", "This can be viewed once, and only by opening it."))
        if kept is None:
            kept = await desk.me.save_file(message, desk.cache.place(wanted), desk.progress(wanted))
            desk.cache.keep(wanted, kept)
        return kept
