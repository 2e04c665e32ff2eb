"""What a person sees: colours only on a terminal, JSON where a script asked for it, one sentence when it goes wrong."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from havre.client.errors import HavreError

if TYPE_CHECKING:
    from rich.status import Status

OUT: Final = Console(highlight=False, soft_wrap=True)
ERR: Final = Console(stderr=True, highlight=False, soft_wrap=True)


class CannotGoOn(HavreError):
    """The command ends here; one sentence says why."""


class WrongUsage(HavreError):
    """The command was not called as it should be; one sentence says how."""

    exit_code = 2


def say(line: str) -> None:
    """Print one line in rich's markup; words from elsewhere go through `quoted` first."""
    OUT.print(line)


def quoted(words: str) -> str:
    """Return words that were written elsewhere, so that none of them is taken for markup."""
    return escape(words)


def complain(sentence: str) -> None:
    """Print what went wrong, on standard error."""
    ERR.print(Text(sentence, style="red"))


def remark(sentence: str) -> None:
    """Print what a person should know, on standard error: no part of what was asked for."""
    ERR.print(Text(sentence, style="dim"))


def emit(value: dict[str, Any]) -> None:
    """Print one JSON object on a line of its own, for scripts."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def clock(milliseconds: int) -> str:
    """Return a time (milliseconds since 1970) in the reader's zone: the hour today, with the day before that."""
    then = datetime.fromtimestamp(milliseconds / 1000).astimezone()
    today = datetime.now().astimezone().date()
    return then.strftime("%H:%M") if then.date() == today else then.strftime("%Y-%m-%d %H:%M")


def size_words(count: int) -> str:
    """Return a number of bytes as a person says it."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def time_words(seconds: float) -> str:
    """Return a waiting time as a person says it."""
    for unit, length in (("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * length:
            return f"about {round(seconds / length):,} {unit}s"
    if seconds >= 45:
        return "about a minute"
    return f"about {max(1, round(seconds / 5)) * 5} seconds" if seconds > 2 else "a moment"


class Passing:
    """A line on standard error that changes in place on a terminal; elsewhere each new one is printed."""

    def __init__(self) -> None:
        self._status: Status | None = None
        self._last = ""

    def __enter__(self) -> Passing:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Take the line away."""
        if self._status is not None:
            self._status.stop()

    def show(self, line: str) -> None:
        """Show a line in rich's markup in place of the one before."""
        if not ERR.is_terminal:
            if line != self._last:
                ERR.print(line)
        elif self._status is None:
            self._status = ERR.status(line)
            self._status.start()
        else:
            self._status.update(line)
        self._last = line


class Bar:
    """A progress bar on standard error; use it as a context and hand `advance` on as the callback.

    It shows from the first step on, so that what fails before has its one sentence alone.
    """

    def __init__(self, title: str) -> None:
        # Most commands move no files.
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=ERR,
        )
        self._task = self._progress.add_task(quoted(title), total=None)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self, done: int, total: int) -> None:
        """Show that `done` of `total` bytes have gone through."""
        if not self._progress.live.is_started:
            self._progress.start()
        self._progress.update(self._task, completed=done, total=total)
