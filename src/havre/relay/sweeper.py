"""Forgets what has had its time: entries and files, a little at a time, so that traffic never waits for it."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import structlog

from havre.relay.blobs.base import BlobStore, BlobStoreError
from havre.relay.committer import Committer
from havre.relay.core.requests import Gone
from havre.relay.store.base import Store, StoreError

SLICE: Final = 2000
"""Entries forgotten between two transactions."""
BLOB_SLICE: Final = 50
log = structlog.get_logger("havre.relay")


async def sweep(committer: Committer, store: Store, blobs: BlobStore, seconds: float) -> None:
    """Forget what is due, every so many seconds; never returns."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await sweep_once(committer, store, blobs, int(time.time()))
        except (StoreError, BlobStoreError) as error:
            log.error("sweeping failed", reason=str(error))


async def sweep_once(committer: Committer, store: Store, blobs: BlobStore, now: int) -> None:
    """Forget all that is due by `now` (seconds); raises StoreError, BlobStoreError."""
    while await committer.write(lambda: store.expire(now, SLICE)):
        pass  # transactions run in between
    while due := await committer.read(lambda: store.due_blobs(now, BLOB_SLICE)):
        for blob in due:
            await blobs.delete(blob)
            await committer.ask(Gone(blob))
