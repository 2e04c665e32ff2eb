"""Who may talk to the app: the browser that was opened for it, and nobody else on this machine or behind it.

A page of another site can make a browser send requests to loopback. So each request must name this very host and port
(DNS rebinding), what changes things must come from our own origin, and all of it needs a cookie that only a one-time
address sets, and that no other site's page can have sent along (SameSite=Strict).
"""

from __future__ import annotations

import hmac
import secrets
import time
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_LIFE: Final = 600.0
"""Seconds in which a one-time address must be opened."""
OPEN_TOKENS: Final = 16

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=(self)",
    "cache-control": "no-store",
}


class Keys:
    """The secrets of one run: one-time tokens, and the cookie's value that each of them is exchanged for."""

    def __init__(self) -> None:
        self._session = secrets.token_urlsafe(32)
        self._tokens: dict[str, float] = {}

    def token(self) -> str:
        """Return a fresh one-time token."""
        while len(self._tokens) >= OPEN_TOKENS:
            del self._tokens[next(iter(self._tokens))]
        token = secrets.token_urlsafe(32)
        self._tokens[token] = time.monotonic() + TOKEN_LIFE
        return token

    def exchange(self, token: str) -> str | None:
        """Return the cookie's value for a token, which is spent by this; none when it is not or no longer good."""
        until = self._tokens.pop(token, 0.0)
        return self._session if time.monotonic() < until else None

    def opens(self, cookie: str | None) -> bool:
        """Tell whether a cookie is this run's."""
        return cookie is not None and hmac.compare_digest(cookie.encode(), self._session.encode())


class Guard:
    """ASGI middleware that lets through only our own page."""

    def __init__(self, app: ASGIApp, keys: Keys, port: int) -> None:
        self._app, self._keys = app, keys
        self._cookie = f"havre-{port}"  # cookies do not tell ports apart, and another profile may run beside us
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse, or hand on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._judge(scope)
        if refusal is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4403, "reason": "refused"})
        else:
            await refusal(scope, receive, _with_headers(send))

    def _judge(self, scope: Scope) -> Response | None:
        """Return what answers in the app's place, if anything does."""
        headers = Headers(scope=scope)
        if headers.get("host") not in self._hosts:
            return PlainTextResponse("This address is not this app's.", 421)
        if scope["path"] == "/window":
            return None  # another process of ours, which shows a secret of its own
        if not self._is_same_origin(scope, headers):
            return PlainTextResponse("Another site's page may not do this.", 403)
        if scope["path"] == "/open":
            return self._open(scope)
        if self._keys.opens(cookie_parser(headers.get("cookie", "")).get(self._cookie)):
            return None
        return PlainTextResponse("This window's address has been used or is too old: start `havre app` again.", 401)

    def _is_same_origin(self, scope: Scope, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is not None:
            return origin in [f"http://{host}" for host in self._hosts]
        return scope["type"] == "http" and scope["method"] in ("GET", "HEAD")

    def _open(self, scope: Scope) -> Response:
        cookie = self._keys.exchange(scope["query_string"].decode("ascii", "replace"))
        if cookie is None:
            return PlainTextResponse("This address has been used or is too old: start `havre app` again.", 401)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self._cookie, cookie, httponly=True, samesite="strict")
        return answer


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
