"""Previews of links: what is taken from a page, what is bounded, and where nothing is asked at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO

import httpx
import pytest
from PIL import Image

from havre.client.pictures.thumbnail import shrunk
from havre.client.preview import NoPreview, _public_address, fetch_preview, first_link
from havre.content.kinds.preview import MAX_THUMBNAIL, MAX_TITLE

pytestmark = pytest.mark.anyio


def a_picture(side: int = 600) -> bytes:
    data = BytesIO()
    Image.effect_noise((side, side), 80).save(data, "PNG")
    return data.getvalue()


PAGES = {
    "/page": (
        "text/html; charset=utf-8",
        '<html><head><title>own title</title><meta property="og:title" content="L’été">'
        '<meta name="description" content="Ce que c’est"><meta property="og:image" content="/picture"></head>'.encode(),
    ),
    "/plain": ("text/html", b"<title>Only a title</title>" + b"x" * 2_000_000),
    "/long": ("text/html", b"<title>" + b"a\xe2\x80\xae" * 5000 + b"</title>"),
    "/untitled": ("text/html", b"<p>nothing to see"),
    "/picture": ("image/png", a_picture()),
    "/file": ("application/zip", b"PK"),
}


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/loop":
            self.send_response(302)
            self.send_header("Location", "/loop")
            self.end_headers()
            return
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "/page")
            self.end_headers()
            return
        kind, body = PAGES[self.path]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        with suppress(OSError):  # who asks stops reading when it has enough
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Site)
    running = threading.Thread(target=server.serve_forever)
    running.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    running.join()
    server.server_close()


async def test_what_a_page_says_of_itself(site: str) -> None:
    for path in ("page", "away"):
        found = await fetch_preview(f"look: {site}/{path}, nice", allow_private=True)
        assert (found.url, found.title, found.description) == (f"{site}/{path}", "L’été", "Ce que c’est")
        with Image.open(BytesIO(found.thumbnail)) as picture:
            assert picture.format == "JPEG"
            assert max(picture.size) <= 240
        assert len(found.thumbnail) <= MAX_THUMBNAIL


async def test_a_long_page_is_read_as_far_as_needed(site: str) -> None:
    assert (await fetch_preview(f"{site}/plain", allow_private=True)).title == "Only a title"
    assert (await fetch_preview(f"{site}/long", allow_private=True)).title == "a" * MAX_TITLE


@pytest.mark.parametrize("path", ["untitled", "file", "picture", "loop"])
async def test_what_has_no_preview(site: str, path: str) -> None:
    with pytest.raises(NoPreview):
        await fetch_preview(f"{site}/{path}", allow_private=True)


async def test_this_machine_and_its_network_are_not_asked(site: str) -> None:
    with pytest.raises(NoPreview, match="public"):
        await fetch_preview(f"{site}/page")


@pytest.mark.parametrize(
    "link",
    [
        "http://localhost/", "http://127.0.0.1:8441/", "http://[::1]/", "http://10.1.2.3/", "http://192.168.1.1/",
        "http://169.254.169.254/latest/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://[fe80::1]/",
        "ftp://1.1.1.1/", "http://me:secret@1.1.1.1/", "http://224.0.0.1/", "http://100.64.0.1/", "http://2130706433/",
    ],
)  # fmt: skip
async def test_addresses_that_are_not_public(link: str) -> None:
    with pytest.raises(NoPreview):
        await _public_address(httpx.URL(link), allow_private=False)


async def test_a_public_address_is() -> None:
    assert await _public_address(httpx.URL("https://1.1.1.1/x"), allow_private=False) == "1.1.1.1"


def test_links_in_a_text() -> None:
    assert first_link("see (https://a.example/b?c=d), or http://e.example.") == "https://a.example/b?c=d"
    assert first_link("no link here: example.org") is None


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"GIF89a" + bytes(20)])
def test_what_is_no_picture(data: bytes) -> None:
    assert shrunk(data) == b""


def test_a_picture_that_unfolds_without_measure_is_left_out() -> None:
    data = BytesIO()
    Image.new("1", (9000, 9000)).save(data, "PNG")
    assert len(data.getvalue()) < 50_000
    assert shrunk(data.getvalue()) == b""
