"""One row of the route table: what is asked for where, who answers, and what the documentation says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from havre.relay.blobs.base import BlobStoreError
from havre.relay.core.ledger import RefusalError
from havre.relay.http.call import Call, RefusedResponse, Services, refused
from havre.relay.store.base import StoreError
from havre.wire.refusals import Code, Refusal


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method and path, its handler, and the types of what goes in and comes out."""

    method: str
    path: str
    handler: Callable[[Call], Awaitable[Response]]
    summary: str
    takes: type | None = None
    gives: type | None = None
    refuses: tuple[Code, ...] = ()
    signed: bool = False
    """The headers Havre-Signature and Havre-Sequence are needed."""

    def route(self, services: Services) -> Route:
        """Return the Starlette route of this endpoint."""

        async def answer(request: Request) -> Response:
            return await self.answer(request, services)

        return Route(self.path, answer, methods=[self.method], name=f"{self.method} {self.path}")

    async def answer(self, request: Request, services: Services) -> Response:
        """Return the handler's answer, or its refusal."""
        answer = await self._answer(request, services)
        if isinstance(answer, RefusedResponse):
            services.refusals[answer.code] += 1
        return answer

    async def _answer(self, request: Request, services: Services) -> Response:
        call = Call(request, services)
        try:
            return await self.handler(call)
        except RefusalError as no:
            return refused(Refusal(no.code, no.message, no.retry_after))
        except (StoreError, BlobStoreError, OSError):
            return refused(Refusal(Code.BUSY, "the relay's store does not answer; try again later", 5.0))
        finally:
            call.release()
