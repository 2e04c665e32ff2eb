"""The `Range` header (RFC 9110, 14.2): one range of bytes, or the whole file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_ONE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Whole:
    """All of the file: no range was asked for, or none that can be understood."""


@dataclass(frozen=True, slots=True)
class Part:
    """`length` bytes from `start` on."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Beyond:
    """Nothing of the file lies in the range."""


def parse(header: str | None, size: int) -> Whole | Part | Beyond:
    """Return which part of a file of `size` bytes a `Range` header asks for."""
    match = _ONE.fullmatch(header.strip()) if header else None
    if match is None or match.group(1) == match.group(2) == "":
        return Whole()
    if match.group(1) == "":
        length = min(int(match.group(2)), size)
        return Part(size - length, length) if length else Beyond()
    start = int(match.group(1))
    end = min(int(match.group(2)), size - 1) if match.group(2) else size - 1
    if match.group(2) and int(match.group(2)) < start:
        return Whole()
    return Part(start, end - start + 1) if start < size else Beyond()
