"""A file in a message: MIMI's external part, with our sealing described in its fields.

encAlg   2, AEAD_AES_256_GCM (IANA), applied to each chunk as `chunks` says
nonce    the 7 bytes that begin the nonce of every chunk
aad      the label of our scheme, by which it is told from a file sealed in one piece
hashAlg  1, SHA-256 (IANA), of the file itself
size     bytes of the file itself; what lies on the relay follows from it
"""

from __future__ import annotations

from typing import Final

from havre.client.errors import FileDamaged
from havre.client.files.chunks import KEY, LABEL, PREFIX, FileKey
from havre.client.files.descriptor import FileDescriptor, parse_blob_url
from havre.content.model import ExternalPart

_AES_256_GCM: Final = 2
_SHA_256: Final = 1


def to_part(descriptor: FileDescriptor, expires: int = 0, description: str = "") -> ExternalPart:
    """Return the part of a message that carries a file; `expires` in seconds since 1970, 0 if it stays."""
    return ExternalPart(
        content_type=descriptor.media_type,
        url=descriptor.url,
        expires=expires,
        size=descriptor.size,
        enc_alg=_AES_256_GCM,
        key=descriptor.file_key.key,
        nonce=descriptor.file_key.prefix,
        aad=LABEL,
        hash_alg=_SHA_256,
        content_hash=descriptor.sha256,
        description=description,
        filename=descriptor.name,
    )


def from_part(part: ExternalPart) -> FileDescriptor:
    """Return the file that a message carries; raises `FileDamaged` for one that this version cannot open."""
    scheme = (part.enc_alg, part.aad, part.hash_alg, len(part.key), len(part.nonce))
    if scheme != (_AES_256_GCM, LABEL, _SHA_256, KEY, PREFIX):
        raise FileDamaged(part.filename, "it is sealed in a way that this version does not know")
    try:
        relay, blob = parse_blob_url(part.url)
    except ValueError:
        raise FileDamaged(part.filename, "the message does not say where it lies") from None
    file_key = FileKey(part.key, part.nonce)
    return FileDescriptor(relay, blob, file_key, part.size, part.content_hash, part.content_type, part.filename)
