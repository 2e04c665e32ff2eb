"""Files that the page brings for a method, or takes away after one: under random names, for a moment, in one folder."""

from __future__ import annotations

import secrets
import shutil
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

from havre.client.errors import HavreError

T = TypeVar("T")

KEPT: Final = 8
"""Parcels that wait at once; the oldest makes room."""


class NoParcel(HavreError):
    """A parcel that is not there, or was taken already."""

    def __init__(self) -> None:
        super().__init__("That file is not here any more; choose it again.")


class Parcels:
    """What waits, by its random name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: OrderedDict[str, Path] = OrderedDict()
        self.empty()

    def empty(self) -> None:
        """Delete everything, also what an earlier run has left."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._waiting.clear()

    def place(self, name: str) -> tuple[str, Path]:
        """Return a fresh random name, and the path of a file of its own that is still to be written."""
        parcel = secrets.token_urlsafe(18)
        folder = self._folder / parcel
        folder.mkdir(parents=True, mode=0o700)
        self._waiting[parcel] = folder / (Path(name).name[:200] or "file")
        while len(self._waiting) > KEPT:
            self.drop(next(iter(self._waiting)))
        return parcel, self._waiting[parcel]

    def find(self, parcel: str) -> Path:
        """Return where a parcel lies; raises NoParcel."""
        path = self._waiting.get(parcel)
        if path is None or not path.exists():
            raise NoParcel
        return path

    async def use(self, parcel: str | None, work: Callable[[Path | None], Awaitable[T]]) -> T:
        """Have something done with what the page has brought, if anything, and forget it; raises NoParcel."""
        if parcel is None:
            return await work(None)
        try:
            return await work(self.find(parcel))
        finally:
            self.drop(parcel)

    def drop(self, parcel: str) -> None:
        """Forget a parcel."""
        self._waiting.pop(parcel, None)
        shutil.rmtree(self._folder / parcel, ignore_errors=True)
