"""Only the browser that was opened for it may talk to the app."""

from __future__ import annotations

import json

import pytest
from websockets.exceptions import InvalidStatus

from havre.desk.guard import OPEN_TOKENS
from tests.desk.conftest import RELAY, Running


def test_without_the_one_time_address_nothing_is_shown(app: Running) -> None:
    for path in ("/", "/icon.svg", "/files/a/b"):
        assert app.client.get(path).status_code == 401


def test_the_address_opens_once(app: Running) -> None:
    address = app.address()
    cookie = app.client.get(address).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert f"havre-{app.port}=" in cookie
    app.client.cookies.clear()
    assert app.client.get(address).status_code == 401


def test_only_so_many_addresses_are_good_at_once(app: Running) -> None:
    first = app.address()
    for _ in range(OPEN_TOKENS):
        last = app.address()
    assert app.client.get(first).status_code == 401
    assert app.client.get(last).status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "[::1]:8450"])
def test_another_name_for_this_machine_is_refused(opened: Running, host: str) -> None:
    assert opened.client.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"])
def test_another_sites_page_is_refused(opened: Running, origin: str) -> None:
    assert opened.client.get("/", headers={"origin": origin}).status_code == 403
    assert opened.client.post("/files/aa", headers={"origin": origin}).status_code == 403
    with pytest.raises(InvalidStatus):
        opened.socket(origin)


def test_what_changes_things_must_say_where_it_comes_from(opened: Running) -> None:
    assert opened.client.post("/files/aa").status_code == 403


def test_the_socket_opens_for_our_own_page(opened: Running) -> None:
    with opened.socket() as socket:
        socket.send('{"jsonrpc": "2.0", "id": 1, "method": "profile", "params": {}}')
        assert json.loads(socket.recv(10)) == {"jsonrpc": "2.0", "id": 1, "result": {"kind": "new", "relay": RELAY}}


def test_the_socket_needs_the_cookie(app: Running) -> None:
    with pytest.raises(InvalidStatus):
        app.socket()


def test_a_locked_profile_answers_in_one_sentence(opened: Running) -> None:
    with opened.socket() as socket:
        socket.send('{"jsonrpc": "2.0", "id": 1, "method": "chats", "params": {}}')
        assert json.loads(socket.recv(10))["error"]["data"] == {"kind": "NotOpen"}


def test_the_page_may_load_nothing_from_elsewhere(opened: Running) -> None:
    answer = opened.client.get("/")
    assert answer.status_code == 200
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "http:" not in answer.headers["content-security-policy"]


def test_a_second_start_gets_a_window_with_the_notes_secret_only(app: Running) -> None:
    assert app.client.post("/window").status_code == 401
    assert app.client.post("/window", headers={"authorization": "Bearer wrong"}).status_code == 401
    answer = app.client.post("/window", headers={"authorization": f"Bearer {app.note.secret}"})
    assert app.client.get(answer.json()["address"]).status_code == 303
