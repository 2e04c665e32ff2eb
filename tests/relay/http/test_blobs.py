"""Files: reserved, uploaded in pieces, read in ranges, deleted."""

from __future__ import annotations

import os
import socket
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from havre.relay.http.blobs import WRITE_BYTES
from havre.wire.directory import NewBlob
from havre.wire.refusals import STATUS, Code
from tests.relay.rig import RelayProcess, refusal
from tests.relay.waiting import await_that


@dataclass
class File:
    """A file as its uploader knows it."""

    data: bytes
    id: bytes = field(default_factory=lambda: os.urandom(16))
    secret: bytes = field(default_factory=lambda: os.urandom(32))

    @property
    def path(self) -> str:
        return f"/v1/blobs/{self.id.hex()}"

    def reserve(self, http: httpx.Client, **changes: Any) -> httpx.Response:
        form = msgspec.structs.replace(NewBlob(self.id, len(self.data), sha256(self.secret).digest()), **changes)
        return http.post("/v1/blobs", content=msgspec.json.encode(form))

    def headers(self, offset: int, secret: bytes | None = None) -> dict[str, str]:
        return {"Upload-Offset": str(offset), "Havre-Upload": b64encode(secret or self.secret).decode()}

    def send(self, http: httpx.Client, start: int, end: int | None = None) -> httpx.Response:
        return http.patch(self.path, content=self.data[start:end], headers=self.headers(start))


@pytest.fixture
def file(http: httpx.Client) -> File:
    new = File(os.urandom(1_500_000))
    assert new.reserve(http).status_code == 204
    return new


def test_a_file_comes_back_as_it_was(http: httpx.Client, file: File) -> None:
    assert file.send(http, 0).status_code == 204
    answer = http.get(file.path)
    assert (answer.status_code, answer.content == file.data) == (200, True)
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_upload_in_pieces(http: httpx.Client, file: File) -> None:
    assert file.send(http, 0, 1000).headers["Upload-Offset"] == "1000"
    assert http.head(file.path).headers["Upload-Offset"] == "1000"
    assert http.head(file.path).headers["Upload-Length"] == str(len(file.data))
    assert file.send(http, 1000).headers["Upload-Offset"] == str(len(file.data))
    assert http.get(file.path).content == file.data


def test_an_incomplete_file_is_not_readable(http: httpx.Client, file: File) -> None:
    file.send(http, 0, 1000)
    answer = http.get(file.path)
    assert (answer.status_code, refusal(answer)) == (404, "unknown")


def test_an_upload_at_the_wrong_place_is_told_the_right_one(http: httpx.Client, file: File) -> None:
    file.send(http, 0, 1000)
    answer = http.patch(file.path, content=b"x", headers=file.headers(5))
    assert (answer.status_code, refusal(answer), answer.headers["Upload-Offset"]) == (409, "offset", "1000")


def test_more_than_announced_is_refused(http: httpx.Client, file: File) -> None:
    answer = http.patch(file.path, content=file.data + b"x", headers=file.headers(0))
    assert (answer.status_code, refusal(answer)) == (413, "oversized")
    chunks = iter([file.data, b"x"])
    answer = http.patch(file.path, content=chunks, headers=file.headers(0))
    assert (answer.status_code, refusal(answer)) == (413, "oversized")
    assert http.head(file.path).headers["Upload-Offset"] == str(len(file.data))


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_another_secret_changes_nothing(http: httpx.Client, file: File, method: str) -> None:
    answer = http.request(method, file.path, headers=file.headers(0, os.urandom(32)))
    assert (answer.status_code, refusal(answer)) == (403, "capability")
    answer = http.request(method, file.path, headers={"Upload-Offset": "0"})
    assert (answer.status_code, refusal(answer)) == (400, "malformed")


def test_reserving_twice(http: httpx.Client, file: File) -> None:
    file.send(http, 0, 1000)
    assert file.reserve(http).headers["Upload-Offset"] == "1000"
    assert refusal(file.reserve(http, size=5)) == "taken"
    assert refusal(file.reserve(http, upload=os.urandom(32))) == "taken"


def test_a_file_too_large_or_empty_is_refused(http: httpx.Client) -> None:
    assert refusal(File(b"x").reserve(http, size=64 * 1024 * 1024 + 1)) == "oversized"
    assert refusal(File(b"").reserve(http)) == "malformed"


def test_ranges(http: httpx.Client, file: File) -> None:
    file.send(http, 0)
    size = len(file.data)
    for text, start, end in [("0-9", 0, 10), ("1000-", 1000, size), ("-7", size - 7, size), (f"5-{size * 2}", 5, size)]:
        answer = http.get(file.path, headers={"Range": f"bytes={text}"})
        assert (answer.status_code, answer.content == file.data[start:end]) == (206, True)
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
    for text in (f"{size}-", "-0"):
        answer = http.get(file.path, headers={"Range": f"bytes={text}"})
        assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{size}")
    for text in ("bytes=9-5", "bytes=-", "bytes=a-b", "items=0-4", "bytes=0-1,4-5"):
        assert http.get(file.path, headers={"Range": text}).status_code == 200


def test_a_deleted_file_is_gone(http: httpx.Client, file: File) -> None:
    file.send(http, 0)
    assert http.delete(file.path, headers=file.headers(0)).status_code == 204
    assert http.get(file.path).status_code == 404
    assert http.head(file.path).status_code == 404


def test_an_upload_cut_in_the_middle_keeps_what_arrived(relay: RelayProcess, http: httpx.Client, file: File) -> None:
    headers = "".join(f"{key}: {value}\r\n" for key, value in file.headers(0).items())
    request = f"PATCH {file.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(file.data)}\r\n{headers}\r\n"
    with socket.create_connection(("127.0.0.1", relay.port)) as raw:
        raw.sendall(request.encode() + file.data[:700_000])
        await_that(lambda: _written(relay, file.path) >= WRITE_BYTES)
        assert http.head(file.path).status_code == STATUS[Code.BUSY], "what it has told may have changed by now"
    offset = _settled_offset(http, file)
    assert WRITE_BYTES <= offset <= 700_000  # the server drops what waits unread on a connection that ends
    assert file.send(http, offset).status_code == 204
    assert http.get(file.path).content == file.data


def _written(relay: RelayProcess, path: str) -> int:
    here = is_open(relay, path)
    return here.stat().st_size if here.exists() else 0


def is_open(relay: RelayProcess, path: str) -> Path:
    """Return a file of the relay that is there as soon as it takes bytes of the upload to this path."""
    name = path.rpartition("/")[2]
    return relay.data / "blobs" / name[:2] / name


def _settled_offset(http: httpx.Client, file: File) -> int:
    """Wait until the relay has noticed that the upload is over: until then it does not say how far it has come."""
    answers: list[httpx.Response] = []

    def tells() -> bool:
        answers[:] = [http.head(file.path)]
        assert answers[0].status_code in (200, STATUS[Code.BUSY])
        return answers[0].status_code == 200

    await_that(tells)
    return int(answers[0].headers["Upload-Offset"])
