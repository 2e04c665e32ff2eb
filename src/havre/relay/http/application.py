"""The ASGI application: the route table, its documentation, and one way to say no to everything else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from havre.relay.http import openapi
from havre.relay.http.call import Services, refused
from havre.relay.http.routes import ACCOUNT, ENDPOINTS
from havre.relay.logs import places
from havre.wire.refusals import Code, Refusal
from havre.wire.sizes import VERSION

SIGN_UP: Final = next(endpoint for endpoint in ENDPOINTS if (endpoint.method, endpoint.path) == ("PUT", ACCOUNT))
_ACCOUNTS: Final = ACCOUNT.rpartition("/")[0]
_CODES: Final = {404: Code.UNKNOWN, 405: Code.NOT_ALLOWED}
log = structlog.get_logger("havre.relay")


class SignUpsFirst:
    """The application with a short cut for sign-ups, of which a day may bring millions.

    It leads past the table of routes and the layers around it, which cost as much as two signatures.
    """

    def __init__(self, rest: ASGIApp, services: Services) -> None:
        self._rest = rest
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        account = _applicant(scope)
        if account is None:
            await self._rest(scope, receive, send)
            return
        scope["path_params"] = {"account": account}
        request = Request(scope, receive, send)
        try:
            answer = await SIGN_UP.answer(request, self._services)
        except Exception as error:  # ours, as in the exception handlers of the other routes
            answer = await _refuse_bug(request, error)
        await answer(scope, receive, send)


def _applicant(scope: Scope) -> str | None:
    """Return the account that a request signs up; None: it is another request."""
    if scope["type"] != "http" or scope["method"] != SIGN_UP.method:
        return None
    start, _, account = scope["path"].rpartition("/")
    return account if start == _ACCOUNTS and account else None


def application(services: Services) -> ASGIApp:
    """Return the relay's HTTP side."""
    document = openapi.describe(ENDPOINTS, str(VERSION))
    encoded, page = msgspec.json.encode(document), openapi.page(document)

    async def description(request: Request) -> Response:
        return Response(encoded, media_type="application/json")

    async def documentation(request: Request) -> Response:
        return HTMLResponse(page, headers={"Content-Security-Policy": openapi.CSP, "X-Content-Type-Options": "nosniff"})

    routes = [endpoint.route(services) for endpoint in ENDPOINTS]
    routes += [Route("/v1/openapi.json", description), Route("/docs", documentation)]
    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
        HTTPException: _refuse_http,
        Exception: _refuse_bug,
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return SignUpsFirst(app, services)


async def _refuse_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    words = {404: "there is nothing at this address", 405: "this address takes another method"}
    return refused(Refusal(_CODES.get(status, Code.MALFORMED), words.get(status, "the request cannot be read")), status)


async def _refuse_bug(request: Request, error: Exception) -> Response:
    """Our own mistake: noted by its kind and place, without the request's data."""
    log.error("a request failed", **places(error))
    return refused(Refusal(Code.BUSY, "the relay could not do this; try again later", 5.0), 500)
