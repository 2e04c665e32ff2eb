"""Forgets what has had its time, and takes it off the disk: a little at a time, so that traffic never waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import cycle
from typing import Final

import structlog

from havre.relay.blobs.base import BlobStore, BlobStoreError
from havre.relay.committer import Committer
from havre.relay.core.requests import Gone
from havre.relay.logs import places
from havre.relay.store.base import Store, StoreError
from havre.wire.refusals import Refusal

SLICE: Final = 2000
"""Entries forgotten between two transactions."""
BLOB_SLICE: Final = 50
log = structlog.get_logger("havre.relay")


async def sweep(
    committer: Committer, store: Store, blobs: BlobStore, clock: Callable[[], float], seconds: float
) -> None:
    """Forget what is due by the relay's clock, every so many seconds; never returns."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await sweep_once(committer, store, blobs, int(clock()))
        except (StoreError, BlobStoreError) as error:
            log.error("sweeping failed", reason=str(error))
        except Exception as error:  # ours; the next round may do better
            log.error("sweeping failed", **places(error))


async def tidy(compact: Callable[[int], None], parts: int, seconds: float) -> None:
    """Take what was forgotten off the disk, one part after the other, all within so many seconds; never returns."""
    for part in cycle(range(parts)):
        await asyncio.sleep(seconds / parts)
        try:
            await asyncio.to_thread(compact, part)
        except StoreError as error:
            log.error("tidying failed", reason=str(error))


async def sweep_once(committer: Committer, store: Store, blobs: BlobStore, now: int) -> None:
    """Forget all that is due by `now` (seconds); raises StoreError, BlobStoreError."""
    while await committer.expire(now, SLICE):
        pass  # transactions run in between
    while due := await committer.read(lambda: store.due_blobs(now, BLOB_SLICE)):
        for blob in due:
            await blobs.delete(blob)
            answer = await committer.ask(Gone(blob))
            if isinstance(answer, Refusal):
                return  # the store takes no writes; the row is due in the next round, too
