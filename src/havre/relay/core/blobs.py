"""The rules of blobs: what is reserved, how far it has come, when it goes. The bytes themselves lie elsewhere."""

from __future__ import annotations

from havre.relay.core.ledger import Ledger, RefusalError
from havre.relay.core.requests import Gone, Grown, NewFile
from havre.relay.store.rows import BlobRow
from havre.wire.refusals import Code


def new_file(ledger: Ledger, request: NewFile) -> BlobRow:
    """Reserve a blob, or find it reserved by the same secret; returns its row."""
    if request.size > ledger.limits.blob_bytes:
        raise RefusalError(Code.OVERSIZED, f"a file holds at most {ledger.limits.blob_bytes} bytes")
    if request.size == 0:
        raise RefusalError(Code.MALFORMED, "an encrypted file is not empty")
    row = ledger.draft.blob(request.blob)
    if row is None:
        row = BlobRow(request.size, 0, request.upload, ledger.now + ledger.limits.life(request.ttl))
        ledger.draft.set_blob(request.blob, row)
    elif (row.size, row.upload) != (request.size, request.upload):
        raise RefusalError(Code.TAKEN, "this blob id is used up; choose another at random")
    return row


def grown(ledger: Ledger, request: Grown) -> None:
    """Note that more of a blob is on disk."""
    row = ledger.draft.blob(request.blob)
    if row is None:
        raise RefusalError(Code.UNKNOWN, "there is no such file here, or no longer")
    ledger.draft.set_blob(request.blob, BlobRow(row.size, request.offset, row.upload, row.expires))


def gone(ledger: Ledger, request: Gone) -> None:
    """Forget a blob."""
    row = ledger.draft.blob(request.blob)
    if row is not None:
        ledger.draft.drop_blob(request.blob, row)
