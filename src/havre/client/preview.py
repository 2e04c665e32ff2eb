"""Previews of links: the sender asks the site, once and only on request; the answer travels inside the message.

What is asked for is bounded in size and time, and leads to public addresses only: a link must not make this machine
call its own services, nor a page that it redirects to. The name is resolved once, and that address is called.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urljoin

import httpx

from havre.client.errors import HavreError
from havre.content import Preview, clean_label
from havre.content.kinds.preview import MAX_DESCRIPTION, MAX_TITLE

SECONDS: Final = 8.0
PAGE_BYTES: Final = 512 * 1024
PICTURE_BYTES: Final = 2 * 1024 * 1024
REDIRECTS: Final = 3
SIDE: Final = 240
"""Pixels of a thumbnail's longer side."""
_LINK: Final = re.compile(r"https?://[^\s<>\"'\])]+")
_HEADERS: Final = {"User-Agent": "Havre", "Accept": "text/html,image/*", "Accept-Encoding": "identity"}
_PICTURE: Final = 24 * 1024
"""Bytes of a thumbnail at most."""


class NoPreview(HavreError):
    """A link has no preview; the message can be sent without."""


def first_link(words: str) -> str | None:
    """Return the first link in a text."""
    found = _LINK.search(words)
    return found[0].rstrip(".,;:!?") if found else None


async def fetch_preview(words: str, allow_private: bool = False) -> Preview:
    """Return the preview of the first link in a text; raises NoPreview. `allow_private` is for tests."""
    link = first_link(words)
    if link is None:
        raise NoPreview("There is no link in this text.")
    try:
        async with asyncio.timeout(SECONDS), _client() as client:
            return await _preview(client, link, allow_private)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError, UnicodeError, ValueError):
        raise NoPreview(f"There is no preview of {link}: the site does not answer as a page should.") from None


@asynccontextmanager
async def _client() -> AsyncIterator[httpx.AsyncClient]:
    # No proxy and no cookies of this machine, and redirects are followed by hand.
    async with httpx.AsyncClient(headers=_HEADERS, timeout=SECONDS, trust_env=False) as client:
        yield client


async def _preview(client: httpx.AsyncClient, link: str, allow_private: bool) -> Preview:
    address, kind, body = await _get(client, link, PAGE_BYTES, allow_private)
    if not kind.startswith("text/html"):
        raise NoPreview(f"{link} is no page, so it has no preview.")
    page = _Page()
    page.feed(body.decode("utf-8", "replace"))
    if not page.title:
        raise NoPreview(f"{link} does not say what it is, so it has no preview.")
    picture = await _thumbnail(client, urljoin(address, page.picture), allow_private) if page.picture else b""
    return Preview(link, clean_label(page.title, MAX_TITLE), clean_label(page.description, MAX_DESCRIPTION), picture)


async def _get(client: httpx.AsyncClient, link: str, limit: int, allow_private: bool) -> tuple[str, str, bytes]:
    """Return where a link has led, the media type there, and the first `limit` bytes."""
    for _ in range(REDIRECTS + 1):
        url = httpx.URL(link)
        pinned = url.copy_with(host=await _public_address(url, allow_private))
        request = client.build_request("GET", pinned, headers={"Host": url.netloc.decode()})
        request.extensions["sni_hostname"] = url.host
        answer = await client.send(request, stream=True)
        try:
            if answer.is_redirect:
                link = urljoin(link, answer.headers.get("location", ""))
                continue
            answer.raise_for_status()
            return link, answer.headers.get("content-type", ""), await _some(answer, limit)
        finally:
            await answer.aclose()
    raise NoPreview(f"{link} leads from one place to another without end.")


async def _some(answer: httpx.Response, limit: int) -> bytes:
    body = b""
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) >= limit:
            break
    return body[:limit]


async def _public_address(url: httpx.URL, allow_private: bool) -> str:
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise NoPreview("Only links to public web pages have previews.")
    port = url.port or (443 if url.scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(where[4][0]) for where in found]
    if not addresses or not (allow_private or all(_is_public(address) for address in addresses)):
        raise NoPreview("Only links to public web pages have previews.")
    return str(addresses[0])


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return address.is_global and not address.is_multicast and (inner is None or inner.is_global)


async def _thumbnail(client: httpx.AsyncClient, link: str, allow_private: bool) -> bytes:
    try:
        _, kind, data = await _get(client, link, PICTURE_BYTES, allow_private)
        return await asyncio.to_thread(_shrunk, data) if kind.startswith("image/") else b""
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, NoPreview):
        return b""


def _shrunk(data: bytes) -> bytes:
    from havre.client.pictures.thumbnail import shrunk  # few previews have a picture

    return shrunk(data, SIDE, _PICTURE)


class _Page(HTMLParser):
    """Takes a page's title, description and picture from its head: Open Graph's, or else its own."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, str] = {}
        self._in_title = False

    @property
    def title(self) -> str:
        return self._said.get("og:title") or self._said.get("title", "")

    @property
    def description(self) -> str:
        return self._said.get("og:description") or self._said.get("description", "")

    @property
    def picture(self) -> str:
        return self._said.get("og:image", "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_title = tag == "title"
        found = dict(attrs)
        name = found.get("property") or found.get("name")
        if tag == "meta" and name in ("og:title", "og:description", "og:image", "description"):
            self._said.setdefault(name, (found.get("content") or "").strip())

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self._said.setdefault("title", data.strip())
