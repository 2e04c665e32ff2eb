"""What somebody with the key finds in a vault's files: every page of them, also those that no table uses any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PAGE, RESERVED, IV, SALT = 4096, 80, 16, 16
"""SQLCipher 4: AES-256-CBC a page; at its end an IV and an HMAC-SHA512; the first 16 bytes of the file are a salt."""
WAL_HEADER, FRAME_HEADER = 32, 24


def plain_pages(path: Path, key: bytes) -> Iterator[bytes]:
    """Yield the decrypted pages of a vault at `path`, of its write-ahead log as well."""
    data = path.read_bytes()
    for start in range(0, len(data), PAGE):
        yield _opened(data[start : start + PAGE], key, SALT if start == 0 else 0)
    log = path.with_name(path.name + "-wal")
    frames = log.read_bytes()[WAL_HEADER:] if log.exists() else b""
    for start in range(0, len(frames), FRAME_HEADER + PAGE):
        header, page = frames[start : start + FRAME_HEADER], frames[start + FRAME_HEADER :][:PAGE]
        if len(page) == PAGE:
            first = int.from_bytes(header[:4], "big") == 1
            yield _opened(page, key, SALT if first else 0)


def _opened(page: bytes, key: bytes, salt: int) -> bytes:
    iv = page[PAGE - RESERVED :][:IV]
    opening = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return opening.update(page[salt : PAGE - RESERVED])


def holds(path: Path, key: bytes, words: bytes) -> bool:
    """Tell whether these bytes stand anywhere in a vault's files."""
    return any(words in page for page in plain_pages(path, key))
