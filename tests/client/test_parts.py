"""The descriptor and MIMI's external part say the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from havre.client.errors import FileDamaged
from havre.client.files.chunks import FileKey
from havre.client.files.descriptor import FileDescriptor
from havre.client.identity.address import RelayAddress
from havre.client.parts import external_part, file_descriptor

DESCRIPTOR = FileDescriptor(
    RelayAddress("127.0.0.1", 8441, tls=False),
    b"b" * 16,
    FileKey(b"k" * 32, b"prefix!"),
    12345,
    b"h" * 32,
    "image/png",
    "picture.png",
)


def test_round_trip() -> None:
    part = external_part(DESCRIPTOR, expires=99)
    assert file_descriptor(part) == DESCRIPTOR
    assert part.url == "http://127.0.0.1:8441/v1/blobs/" + "62" * 16
    assert part.expires == 99


@pytest.mark.parametrize(
    "change",
    [
        {"enc_alg": 1},
        {"hash_alg": 0},
        {"aad": b""},
        {"key": b"k" * 16},
        {"nonce": b"n" * 12},
        {"content_hash": b""},
        {"size": -1},
        {"size": 2**60},
        {"url": ""},
        {"url": "http://relay.example/v1/blobs/" + "62" * 16},
        {"url": "https://relay.example/v1/blobs/" + "62" * 15},
        {"url": "https://relay.example/v1/blobs/" + "zz" * 16},
        {"url": "https://relay.example/v1/blobs/../" + "62" * 16},
        {"url": "file:///v1/blobs/" + "62" * 16},
        {"url": "https://me@relay.example/v1/blobs/" + "62" * 16},
    ],
)
def test_hostile_parts(change: dict[str, object]) -> None:
    with pytest.raises(FileDamaged):
        file_descriptor(replace(external_part(DESCRIPTOR, 0), **change))  # type: ignore[arg-type]  # hostile on purpose
