"""One app a profile: the first start leaves a note for the second, which has the first open another window."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import httpx
import msgspec
from filelock import FileLock, Timeout

from havre.client.errors import HavreError

NOTE: Final = "app.json"
LOCK: Final = "app.lock"
_PATIENCE: Final = 5.0


class AppUnreachable(HavreError):
    """Another app of this profile runs, but does not answer."""

    exit_code = 11

    def __init__(self, folder: Path) -> None:
        super().__init__(f"The app for {folder} is running but does not answer; end it and start again.")


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the running app is, and what lets another process of this person ask it for a window."""

    port: int
    secret: str

    def __repr__(self) -> str:
        return f"Note(port={self.port})"


class Address(msgspec.Struct, frozen=True):
    """The one-time address of a new window."""

    address: str


def hold(folder: Path) -> FileLock | None:
    """Become this profile's one app, as long as the lock is held; none when another is."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(folder / LOCK, blocking=False, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock


def leave_note(folder: Path, note: Note) -> None:
    """Say where the app is, to those who may read this folder."""
    fresh = folder / f"{NOTE}.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(note))
    fresh.replace(folder / NOTE)


def ask_for_window(folder: Path) -> str:
    """Return the address of a new window of the app that runs already; raises AppUnreachable."""
    try:
        note = msgspec.json.decode((folder / NOTE).read_bytes(), type=Note)
        said = httpx.post(
            f"http://127.0.0.1:{note.port}/window",
            headers={"authorization": f"Bearer {note.secret}"},
            timeout=_PATIENCE,
            trust_env=False,
        ).raise_for_status()
        return msgspec.json.decode(said.content, type=Address).address
    except (OSError, msgspec.DecodeError, httpx.HTTPError):
        raise AppUnreachable(folder) from None
