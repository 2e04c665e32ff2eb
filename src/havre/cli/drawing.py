"""Pictures in the terminal: two pixels a character, one above the other."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from itertools import zip_longest
from typing import Final

from PIL import Image

COLUMNS: Final = 32
ROWS: Final = 24
"""Pixels, two in a line."""


def half_blocks(jpeg: bytes) -> Iterator[str]:
    """Yield a small picture's lines in rich's markup; nothing where it cannot be decoded."""
    try:
        with Image.open(BytesIO(jpeg), formats=("JPEG",)) as opened:
            picture = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError):
        return
    picture.thumbnail((COLUMNS, ROWS))
    bands, width = picture.tobytes(), picture.width
    colours = [f"#{bands[at : at + 3].hex()}" for at in range(0, len(bands), 3)]
    lines = [colours[at : at + width] for at in range(0, len(colours), width)]
    for upper, lower in zip_longest(lines[::2], lines[1::2]):
        yield "    " + "".join(map(_block, upper, lower) if lower else map(_block, upper))


def _block(upper: str, lower: str | None = None) -> str:
    return f"[{upper}]▀[/]" if lower is None else f"[{upper} on {lower}]▀[/]"
