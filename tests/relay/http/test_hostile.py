"""Requests made of rubbish: each gets one typed refusal, and the relay goes on."""

from __future__ import annotations

import os
import socket
import threading
from base64 import b64encode
from hashlib import sha256
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from havre.relay.http.routes import ENDPOINTS
from havre.wire.directory import NewBlob, Upload
from havre.wire.refusals import Code, Refusal
from tests.relay.http.test_blobs import is_open
from tests.relay.rig import PATIENCE, Person, RelayProcess, refusal, visit
from tests.relay.waiting import await_that

IDS = st.sampled_from(["0" * 64, "f" * 32, "", "..", "%00", "é", "0" * 63, "A" * 64, "a" * 5000]) | st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=10,
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Havre-Signature", "Havre-Sequence", "Havre-Device", "Havre-Upload", "Upload-Offset", "Range", "Content-Type"]
    ),
    st.sampled_from(
        ["", "0", "-1", "9" * 40, "AAAA", "bytes=0-", "bytes=9-1", "x" * 3000, b64encode(bytes(64)).decode()]
    ),
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, bytes, dict[str, str]]:
    endpoint = draw(st.sampled_from([e for e in ENDPOINTS if e.path != "/healthz"]))
    path = endpoint.path
    for name in ("account", "device", "name", "blob"):
        path = path.replace(f"{{{name}}}", draw(IDS))
    value = draw(JSON | st.binary(max_size=100))
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return endpoint.method, path, body, draw(HEADERS)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests())
def test_rubbish_gets_a_typed_refusal(http: httpx.Client, rubbish: Any) -> None:
    method, path, body, headers = rubbish
    try:
        url = httpx.URL(http.base_url).join(path)
    except httpx.InvalidURL:
        return
    answer = http.request(method, url, content=body, headers=headers)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and method != "HEAD":
        assert msgspec.json.decode(answer.content, type=Refusal).code in Code


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00" * 1000 + b"\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/blobs HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/blobs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: x\r\n\r\n",
        b"GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nX: "
        + b"y" * 20_000
        + b"\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request(relay: RelayProcess, http: httpx.Client, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", relay.port), timeout=60) as raw:
        raw.sendall(data)
        raw.shutdown(socket.SHUT_WR)
        answer = raw.recv(65536)
    assert not answer or int(answer.split(b" ")[1]) in range(400, 500), answer[:200]
    assert http.get("/healthz").status_code == 200


def test_two_uploads_of_one_file_do_not_mix(relay: RelayProcess, http: httpx.Client) -> None:
    secret, data = os.urandom(32), os.urandom(200_000)
    form = NewBlob(os.urandom(16), len(data), sha256(secret).digest())
    http.post("/v1/blobs", content=msgspec.json.encode(form))
    path = f"/v1/blobs/{form.blob.hex()}"
    headers = {"Upload-Offset": "0", "Havre-Upload": b64encode(secret).decode()}
    may_end, begun = threading.Event(), threading.Event()

    def slowly() -> Any:
        yield data[:100_000]
        begun.set()
        may_end.wait(PATIENCE)
        yield data[100_000:]

    def first() -> None:
        with visit(relay.http) as other:
            assert other.patch(path, content=slowly(), headers=headers).status_code == 204

    uploading = threading.Thread(target=first)
    uploading.start()
    assert begun.wait(PATIENCE)
    await_that(is_open(relay, path).exists)
    for method in ("PATCH", "DELETE"):
        answer = http.request(method, path, headers=headers)
        assert (answer.status_code, refusal(answer), answer.headers["Retry-After"]) == (429, "busy", "1")
    may_end.set()
    uploading.join()
    assert http.get(path).content == data


def test_a_sign_up_with_the_most_and_largest_key_packages_fits(http: httpx.Client) -> None:

    person = Person()
    upload = Upload([os.urandom(16384) for _ in range(100)], os.urandom(16384))
    assert person.send(http, "PUT", person.path, person.sign_up(packages=upload)).status_code == 204
    too_many = Upload([b"x"] * 101)
    person = Person()
    assert refusal(person.send(http, "PUT", person.path, person.sign_up(packages=too_many))) == "malformed"
