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

from havre.relay.http import openapi
from havre.relay.http.call import Services, refused
from havre.relay.http.routes import ENDPOINTS
from havre.relay.logs import places
from havre.wire.refusals import Code, Refusal
from havre.wire.sizes import VERSION

_CODES: Final = {404: Code.UNKNOWN, 405: Code.NOT_ALLOWED}
log = structlog.get_logger("havre.relay")


def application(services: Services) -> Starlette:
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
    return app


async def _refuse_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    words = {404: "there is nothing at this address", 405: "this address takes another method"}
    return refused(Refusal(_CODES.get(status, Code.MALFORMED), words.get(status, "the request cannot be read")), status)


async def _refuse_bug(request: Request, error: Exception) -> Response:
    """Our own mistake: noted by its kind and place, without the request's data."""
    log.error("a request failed", **places(error))
    return refused(Refusal(Code.BUSY, "the relay could not do this; try again later", 5.0), 500)
