"""A file on a relay as MIMI's external part, and back."""

from __future__ import annotations

from typing import Final

from havre.client.errors import FileDamaged
from havre.client.files.chunks import KEY, LABEL, PREFIX, FileKey
from havre.client.files.descriptor import FileDescriptor, parse_blob_url
from havre.content import ExternalPart

CHUNKED: Final = 0xF001
"""AEAD number of IANA's private-use range: AES-256-GCM in chunks, as `files.chunks` describes it."""
SHA_256: Final = 1


def external_part(file: FileDescriptor, expires: int) -> ExternalPart:
    """Return what a message says about an uploaded file; `expires` in unix seconds."""
    return ExternalPart(
        content_type=file.media_type, url=file.url, expires=expires, size=file.size, enc_alg=CHUNKED,
        key=file.file_key.key, nonce=file.file_key.prefix, aad=LABEL, hash_alg=SHA_256, content_hash=file.sha256,
        filename=file.name,
    )  # fmt: skip


def file_descriptor(part: ExternalPart) -> FileDescriptor:
    """Return where a file lies and how it opens; raises FileDamaged for what makes no sense."""
    sound = (part.enc_alg, part.hash_alg, part.aad) == (CHUNKED, SHA_256, LABEL)
    if not sound or (len(part.key), len(part.nonce)) != (KEY, PREFIX):
        raise FileDamaged(part.filename, "it is encrypted in a way that this version does not know")
    try:
        relay, blob = parse_blob_url(part.url)
    except ValueError:
        raise FileDamaged(part.filename, "the message does not say where it lies") from None
    key = FileKey(part.key, part.nonce)
    return FileDescriptor(relay, blob, key, part.size, part.content_hash, part.content_type, part.filename)
