"""What an upload will send, fixed before its first byte goes out; kept in the vault until the message is sent.

An upload may be interrupted anywhere and go on in another process. It then has to seal some chunks again, under the
same key and nonces, and the bytes must be the same: AES-GCM under one nonce for two different texts gives away both and
lets anyone forge. "The same file" is not enough to trust, files change. So the file is read twice. The first reading
fixes the SHA-256 of every chunk, and of the whole; the second one, whenever and by whichever process, seals a chunk
only if its hash is the one that was fixed. The rule needs no order of writes, no state that grows during the upload,
and no second copy of the file on disk; it costs 32 bytes for each 256 KiB, one more reading (mostly from the system's
cache), and in return a file that changes is noticed before anything wrong is sent, not after.
"""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from havre.client.errors import FileChanged
from havre.client.files.chunks import KEY, PREFIX, FileKey
from havre.client.files.layout import chunk_count, sealed_size
from havre.client.files.safe_name import safe_name
from havre.client.files.source import Fingerprint, SourceFile
from havre.wire.frames import Frame
from havre.wire.sizes import BLOB_BYTES, HASH_BYTES, SECRET_BYTES

Random = Callable[[int], bytes]
"""Gives so many random bytes."""


@dataclass(frozen=True, slots=True)
class UploadPlan:
    """One file on its way to a relay. Holds secrets: it belongs into the vault, and its parts are never shown."""

    path: bytes
    """As the operating system has it, which need not be UTF-8."""
    size: int
    modified: int
    name: str
    media_type: str
    sha256: bytes
    blob: bytes = field(repr=False)
    upload: bytes = field(repr=False)
    """The secret that uploads and deletes the blob."""
    key: bytes = field(repr=False)
    prefix: bytes = field(repr=False)
    digests: bytes = field(repr=False)
    """SHA-256 of every chunk before it is sealed, one after the other."""

    @property
    def source(self) -> Path:
        """Where the file lies."""
        return Path(os.fsdecode(self.path))

    @property
    def fingerprint(self) -> Fingerprint:
        """What the file must still look like."""
        return Fingerprint(self.size, self.modified)

    @property
    def file_key(self) -> FileKey:
        """The key of this file alone."""
        return FileKey(self.key, self.prefix)

    @property
    def sealed_size(self) -> int:
        """Bytes that go to the relay."""
        return sealed_size(self.size)

    def check_chunk(self, index: int, chunk: bytes) -> None:
        """Raise `FileChanged` unless this is the very chunk that was planned; nothing else may be sealed."""
        if sha256(chunk).digest() != self.digests[index * HASH_BYTES : (index + 1) * HASH_BYTES]:
            raise FileChanged(str(self.source))


PLAN: Final[Frame[UploadPlan]] = Frame(UploadPlan)
"""How a plan is stored; `PLAN.decode` raises `WireError`."""


class Planning:
    """The first reading of a file: `steps` hashes it, `plan` tells the result."""

    def __init__(self, path: Path, random: Random, name: str | None = None, media_type: str | None = None) -> None:
        self._path = path
        self._random = random
        self._name = safe_name(path.name if name is None else name)
        self._media_type = media_type or mimetypes.guess_type(self._name)[0] or "application/octet-stream"
        self._whole = sha256()
        self._digests = bytearray()
        self._fingerprint = Fingerprint(0, 0)

    def steps(self) -> Iterator[tuple[int, int]]:
        """Read the file chunk by chunk, yielding bytes read and bytes in all.

        Raises `FileGone` and `FileChanged`.
        """
        # Both hashes of a chunk at once: the hash of the whole has a thread of its own.
        with SourceFile(self._path) as source, ThreadPoolExecutor(1) as beside:
            self._fingerprint = source.fingerprint
            left = size = source.fingerprint.size
            for index in range(chunk_count(size)):
                chunk = source.chunk(index)
                whole = beside.submit(self._whole.update, memoryview(chunk)[:left])
                self._digests += sha256(chunk).digest()
                whole.result()
                left = max(0, left - len(chunk))
                yield size - left, size
            source.check(self._fingerprint)

    def plan(self) -> UploadPlan:
        """Return the plan, with fresh keys, once all steps were taken."""
        return UploadPlan(
            path=os.fsencode(self._path.absolute()),
            size=self._fingerprint.size,
            modified=self._fingerprint.modified,
            name=self._name,
            media_type=self._media_type,
            sha256=self._whole.digest(),
            blob=self._random(BLOB_BYTES),
            upload=self._random(SECRET_BYTES),
            key=self._random(KEY),
            prefix=self._random(PREFIX),
            digests=bytes(self._digests),
        )
