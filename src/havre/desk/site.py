"""The app over HTTP: the built page, the socket, files in and out, and a door for a second start."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

import havre.desk.methods  # noqa: F401  # fills the contract
from havre.desk import transfers, window
from havre.desk.desk import Desk
from havre.desk.guard import Guard, Keys
from havre.desk.socket import Window

PAGE: Final = Path(__file__).with_name("page")
"""The page as built from `web/`; a wheel carries it."""


def site(desk: Desk, keys: Keys, note: window.Note) -> ASGIApp:
    """Return the whole app, behind its guard."""

    async def rpc(socket: WebSocket) -> None:
        await Window(socket, desk).run()

    async def another_window(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {note.secret}".encode()):
            raise HTTPException(401)
        return _json(window.Address(address(note.port, keys)))

    async def fetch(request: Request) -> Response:
        return await transfers.fetch(desk, request)

    async def upload(request: Request) -> Response:
        return _json(await transfers.upload(desk, request))

    async def bring(request: Request) -> Response:
        return _json(await transfers.bring(desk, request))

    async def picture(request: Request) -> Response:
        return transfers.picture(desk, request)

    async def take(request: Request) -> Response:
        return await transfers.take(desk, request)

    routes = [
        WebSocketRoute("/rpc", rpc),
        Route("/window", another_window, methods=["POST"]),
        Route("/files/{chat}/{message}", fetch),
        Route("/files/{chat}", upload, methods=["POST"]),
        Route("/pictures/{owner}/{picture}", picture),
        Route("/uploads", bring, methods=["POST"]),
        Route("/downloads/{download}", take),
        Route("/", _index),
        Mount("/", StaticFiles(directory=PAGE, check_dir=False)),
    ]
    return Guard(Starlette(routes=routes), keys, note.port)


def address(port: int, keys: Keys) -> str:
    """Return a fresh one-time address of a window."""
    return f"http://127.0.0.1:{port}/open?{keys.token()}"


async def _index(_: Request) -> Response:
    return FileResponse(PAGE / "index.html")


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
