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
from havre.relay.http.call import RefusedResponse, Services, refused
from havre.relay.http.endpoint import Endpoint
from havre.relay.http.routes import ACCOUNT, ENDPOINTS
from havre.relay.logs import places
from havre.wire.refusals import Code, Refusal
from havre.wire.sizes import VERSION

SIGN_UP: Final = next(endpoint for endpoint in ENDPOINTS if (endpoint.method, endpoint.path) == ("PUT", ACCOUNT))
_ABOUT: Final = {one.path: one for one in ENDPOINTS if one.path in ("/healthz", "/readyz", "/status", "/status.json")}
_ACCOUNTS: Final = ACCOUNT.rpartition("/")[0]
_CODES: Final = {404: Code.UNKNOWN, 405: Code.NOT_ALLOWED}
log = structlog.get_logger("havre.relay")


class Shortcuts:
    """The application with a short cut for sign-ups, of which a day may bring millions, and for how the relay is.

    It leads past the table of routes and the layers around it, which cost as much as two signatures.
    """

    def __init__(self, rest: ASGIApp, services: Services) -> None:
        self._rest = rest
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = _short_cut(scope)
        if endpoint is None:
            await self._rest(scope, receive, send)
            return
        request = Request(scope, receive, send)
        try:
            answer = await endpoint.answer(request, self._services)
        except Exception as error:  # ours, as in the exception handlers of the other routes
            answer = _counted(_own_mistake(error), self._services)
        await answer(scope, receive, send)


def _short_cut(scope: Scope) -> Endpoint | None:
    """Return who answers a request that the short cut is for; None: it is another request."""
    if scope["type"] != "http":
        return None
    if scope["method"] == SIGN_UP.method:
        start, _, account = scope["path"].rpartition("/")
        scope["path_params"] = {"account": account}
        return SIGN_UP if start == _ACCOUNTS and account else None
    return _ABOUT.get(scope["path"]) if scope["method"] == "GET" else None


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

    async def refuse_http(request: Request, error: Exception) -> Response:
        return _counted(_no_such_thing(error), services)

    async def refuse_bug(request: Request, error: Exception) -> Response:
        return _counted(_own_mistake(error), services)

    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
        HTTPException: refuse_http,
        Exception: refuse_bug,
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return Shortcuts(app, services)


def _counted(answer: RefusedResponse, services: Services) -> Response:
    services.refusals[answer.code] += 1
    return answer


def _no_such_thing(error: Exception) -> RefusedResponse:
    status = error.status_code if isinstance(error, HTTPException) else 400
    words = {404: "there is nothing at this address", 405: "this address takes another method"}
    return refused(Refusal(_CODES.get(status, Code.MALFORMED), words.get(status, "the request cannot be read")), status)


def _own_mistake(error: Exception) -> RefusedResponse:
    """Our own mistake: noted by its kind and place, without the request's data."""
    log.error("a request failed", **places(error))
    return refused(Refusal(Code.BUSY, "the relay could not do this; try again later", 5.0), 500)
