"""Carries out what comes over the admin socket."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog

from havre.relay.admin.changes import ChangeError, Changes
from havre.relay.admin.requests import (
    AdminAnswer,
    AdminRequest,
    Backup,
    Confirm,
    Drain,
    Inspect,
    Reload,
    Rollback,
    Status,
)
from havre.relay.backup.contents import BackupError, Note
from havre.relay.config import ConfigError
from havre.relay.privacy.holdings import Holding, NoIdError
from havre.relay.store.base import StoreError

log = structlog.get_logger("havre.relay")


@dataclass(slots=True)
class Desk:
    """What an operator may do; `report` tells about the running parts, `stop` begins the end."""

    changes: Changes
    report: Callable[[], dict[str, Any]]
    stop: Callable[[], None]
    renew: Callable[[], None]
    """Looks at the certificate's files at once."""
    back_up: Callable[[Path], Note]
    """Backs everything up; runs in a thread of its own."""
    inspect: Callable[[str], Awaitable[list[Holding]]]
    """Finds all that is held about an id; raises NoIdError."""
    one_backup: asyncio.Lock = field(default_factory=asyncio.Lock)
    started_at: float = field(default_factory=time.time)

    async def answer(self, request: AdminRequest) -> AdminAnswer:
        """Carry a request out; a refusal is an answer too."""
        try:
            match request:
                case Status():
                    return AdminAnswer(True, "The relay is running.", self._status())
                case Reload(within):
                    self.renew()
                    return self._told(await self.changes.reload(within))
                case Confirm():
                    return self._told(await self.changes.confirm())
                case Rollback(number):
                    return self._told(await self.changes.rollback(number))
                case Drain():
                    self.stop()
                    return AdminAnswer(True, "The relay sends everybody away and stops.", {"pid": os.getpid()})
                case Inspect(name):
                    return await self._inspected(name)
                case Backup(folder):
                    return await self._backed_up(Path(folder))
        except (ChangeError, ConfigError) as error:
            return AdminAnswer(False, str(error))

    async def _backed_up(self, folder: Path) -> AdminAnswer:
        async with self.one_backup:
            try:
                note = await asyncio.to_thread(self.back_up, folder)
            except BackupError as error:
                return AdminAnswer(False, f"No backup was made: {error}.")
        log.info("a backup was made", blobs=note.blobs)
        return AdminAnswer(True, f"A backup is in {folder}.", {"folder": str(folder), "at": note.at})

    async def _inspected(self, name: str) -> AdminAnswer:
        try:
            found = await self.inspect(name)
        except (NoIdError, StoreError) as error:
            return AdminAnswer(False, f"It cannot be looked at: {error}.")
        return AdminAnswer(True, f"{len(found)} kinds of rows.", {"holdings": [asdict(one) for one in found]})

    def _told(self, sentence: str) -> AdminAnswer:
        return AdminAnswer(True, sentence, {"configuration": self.changes.facts()})

    def _status(self) -> dict[str, Any]:
        return {
            "version": version("havre"),
            "pid": os.getpid(),
            "started_at": int(self.started_at),
            "configuration": self.changes.facts(),
            **self.report(),
        }
