"""A relay that hands out somebody else's key is refused, loudly, and nothing is sent."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.scenarios.town import Town, moved


class FalseRelay(ThreadingHTTPServer):
    """Hands on what the real relay says, but answers for one account with the record of another."""

    def __init__(self, real: str, asked: str, given: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.real, self.asked, self.given = real, asked, given
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.taken: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: FalseRelay

    def do_GET(self) -> None:
        self.server.taken.append(self.path)
        path = self.path.replace(self.server.asked, self.server.given)
        with urllib.request.urlopen(self.server.real + path) as answer:
            body = answer.read()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.server.taken.append(self.path)
        self.send_error(500)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def false_relay(town: Town) -> Iterator[FalseRelay]:
    for who in ("alice", "bob", "mallory"):
        town.sign_up(who)
    accounts = {who: account_of(town, who) for who in ("bob", "mallory")}
    server = FalseRelay(town.relay.url, accounts["bob"], accounts["mallory"])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def account_of(town: Town, who: str) -> str:
    """Sign-up printed it; the link carries it too, but that would be testing the link with itself."""
    return str(town.ask(who, "link")[0]["account"])


def test_a_false_key_is_refused_before_anything_is_sent(town: Town, false_relay: FalseRelay) -> None:
    link = moved(town.ask("bob", "link")[0]["link"], false_relay.url)
    done = town.run("alice", "add", link)
    assert done.returncode == 31, done.stderr
    assert "WARNING" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert any("/v1/accounts/" in path for path in false_relay.taken), "the false relay was never asked"
    assert not any("take" in path for path in false_relay.taken), "no key package was taken"
    assert town.ask("alice", "people") == []
