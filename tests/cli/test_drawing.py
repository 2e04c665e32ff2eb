"""Pictures in the terminal."""

from __future__ import annotations

from io import BytesIO

from PIL import Image
from rich.text import Text

from havre.cli.drawing import COLUMNS, ROWS, half_blocks


def jpeg(width: int, height: int) -> bytes:
    data = BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(data, "JPEG")
    return data.getvalue()


def test_a_picture_is_drawn_within_bounds() -> None:
    lines = [Text.from_markup(line) for line in half_blocks(jpeg(300, 200))]
    assert len(lines) <= ROWS // 2
    assert {line.plain for line in lines} == {"    " + "▀" * COLUMNS}
    first, last = (line.spans[0].style for line in (lines[0], lines[-1]))
    assert str(first).startswith("#0")
    assert str(last).startswith("#f")


def test_an_odd_line_has_no_lower_half() -> None:
    assert len(list(half_blocks(jpeg(5, 3)))) == 2


def test_what_is_no_picture_is_not_drawn() -> None:
    assert list(half_blocks(b"")) == []
    assert list(half_blocks(jpeg(30, 30)[:100])) == []
