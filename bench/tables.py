"""What a measurement says: one table on the terminal, the same figures as JSON."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from bench.fill import Size

Row = dict[str, Any]


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that every measurement has."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--json", type=Path, help="write the figures to this file")
    made.add_argument("--quick", action="store_true", help="a few seconds on a small store, to see that it works")
    made.add_argument("--fill", type=Size, choices=list(Size), help="what the store holds before (default: full)")
    return made


def size(options: argparse.Namespace) -> Size:
    """Return how much the store holds before."""
    chosen: Size | None = options.fill
    return chosen or (Size.SMALL if options.quick else Size.FULL)


def show(title: str, rows: Sequence[Row]) -> None:
    """Print rows that have the same fields."""
    table = Table(title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name.replace("_", " "), justify="left" if isinstance(rows[0][name], str) else "right")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    Console(width=160 if len(rows[0]) > 8 else None).print(table)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def store(file: Path | None, figures: dict[str, Any]) -> None:
    """Write figures as JSON if a file was named."""
    if file is not None:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n")
