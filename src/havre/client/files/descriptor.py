"""What a message says about a file: where it lies, how it opens, what must come out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from havre.client.errors import FileDamaged
from havre.client.files.chunks import FileKey
from havre.client.files.layout import LARGEST, padded_size, sealed_size
from havre.client.identity.address import RelayAddress
from havre.wire.sizes import BLOB_BYTES, HASH_BYTES

_BLOBS: Final = "/v1/blobs/"


@dataclass(frozen=True, slots=True)
class FileDescriptor:
    """A file on a relay; whoever holds this can fetch and open it. `size` in bytes, `sha256` of the file itself."""

    relay: RelayAddress
    blob: bytes
    file_key: FileKey = field(repr=False)
    size: int
    sha256: bytes
    media_type: str = "application/octet-stream"
    name: str = ""

    def __post_init__(self) -> None:
        """Raise `FileDamaged` for what a hostile sender might make up."""
        if len(self.blob) != BLOB_BYTES or len(self.sha256) != HASH_BYTES or not 0 <= self.size <= LARGEST:
            raise FileDamaged(self.name, "what the message says about it makes no sense")

    @property
    def padded_size(self) -> int:
        """Bytes of the file with its padding; what the relay can infer."""
        return padded_size(self.size)

    @property
    def sealed_size(self) -> int:
        """Bytes that lie on the relay."""
        return sealed_size(self.size)

    @property
    def url(self) -> str:
        """Where the file lies."""
        return f"{self.relay.url}{_BLOBS}{self.blob.hex()}"


def parse_blob_url(url: str) -> tuple[RelayAddress, bytes]:
    """Return relay and blob id of a file's URL; raises ValueError for anything else."""
    base, separator, blob = url.rpartition(_BLOBS)
    if not separator or "://" not in base or len(blob) != 2 * BLOB_BYTES or blob != blob.lower():
        raise ValueError("this is not the URL of a file on a relay")
    return RelayAddress.parse(base), bytes.fromhex(blob)
