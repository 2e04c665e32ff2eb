"""Puts what was measured into docs/performance.md: `python -m bench.report`.

The figures lie in docs/figures, one JSON file for each measurement. The page's tables stand between two markers that
name them; everything else on the page is written by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "performance.md"
FIGURES: Final = ROOT / "docs" / "figures"
PART: Final = re.compile(r"(<!-- from figures: (\S+) (\S+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
UNITS: Final = {"_per_second": "/s", "_us_each": " us each", "_ms": " ms", "_s": " s"}


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows of the same fields as a Markdown table."""
    names = list(rows[0])
    lines = ["| " + " | ".join(_title(name) for name in names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(_cell(row.get(name)) for name in names) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def machine(words: dict[str, str]) -> str:
    """Return what is said about the machine as a list."""
    return "".join(f"- {name}: {what}\n" for name, what in words.items())


def render(page: str, figures: Path = FIGURES) -> str:
    """Return the page with its tables as the figures have them now."""

    def fill(part: re.Match[str]) -> str:
        what: Any = msgspec.json.decode((figures / f"{part[2]}.json").read_bytes())[part[3]]
        show: Callable[[Any], str] = machine if isinstance(what, dict) else table
        return part[1] + show(what) + part[5]

    return PART.sub(fill, page)


def _title(name: str) -> str:
    for end, unit in UNITS.items():
        if name.endswith(end):
            return name.removesuffix(end).replace("_", " ") + unit
    return name.replace("_", " ")


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def main() -> int:
    """Write the page anew; returns the exit code."""
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
