"""Configuration files that have proved themselves, numbered in the data folder; and the mark of one that has not.

config/000007.toml    the newest is the confirmed one; so many older ones stay for `havre relay rollback`
config/unconfirmed    SHA-256 (hex) of the file that is on trial, or was taken back: a start passes it over
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

KEPT: Final = 20
"""Files that are kept, the confirmed one included."""
MARK: Final = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Good:
    """A file that was confirmed: its number, when (seconds), what it says."""

    number: int
    at: int
    text: str


class Kept:
    """The kept files of one data folder; raises OSError when the disk does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def confirmed(self) -> Good | None:
        """Return the newest; None: nothing was ever confirmed here."""
        numbers = self.numbers()
        return self.read(numbers[-1]) if numbers else None

    def numbers(self) -> list[int]:
        """Return the numbers of all, oldest first."""
        return sorted(int(path.stem) for path in self._folder.glob("*.toml") if path.stem.isdigit())

    def read(self, number: int) -> Good | None:
        """Return one of them, None if it is not there."""
        path = self._path(number)
        try:
            return Good(number, int(path.stat().st_mtime), path.read_text(errors="replace"))
        except FileNotFoundError:
            return None

    def confirm(self, text: str, passed_over: str | None = None) -> Good:
        """Make this the confirmed one, and let the oldest go; a start passes over the other one, if there is one."""
        if passed_over is not None and passed_over != text:
            self.mark(passed_over)
        last = self.confirmed()
        if last is None or last.text != text:
            number = last.number + 1 if last else 1
            self._write(self._path(number).name, text)
            for old in self.numbers()[:-KEPT]:
                self._path(old).unlink(missing_ok=True)
        if passed_over is None:
            self.mark(None)
        found = self.confirmed()
        assert found is not None
        return found

    def mark(self, text: str | None) -> None:
        """Note that this file is not to be used at a start; None: take the mark away."""
        if text is None:
            (self._folder / MARK).unlink(missing_ok=True)
        else:
            self._write(MARK, _digest(text) + "\n")

    def is_marked(self, text: str) -> bool:
        """Tell whether this file was tried and not confirmed."""
        try:
            return (self._folder / MARK).read_text().strip() == _digest(text)
        except FileNotFoundError:
            return False

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06}.toml"

    def _write(self, name: str, text: str) -> None:
        """Write a file so that a crash leaves the old one or the new one."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        part = self._folder / f"{name}.part"
        with part.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self._folder / name)
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
