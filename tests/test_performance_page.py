"""docs/performance.md says what was measured: its tables are those of docs/figures."""

from __future__ import annotations

from pathlib import Path

from bench.report import PAGE, PART, render, table


def test_the_pages_tables_are_those_of_the_figures() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(PART.findall(page)) >= 7
    assert render(page) == page


def test_figures_become_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"rows": [{"kind": "x", "sent_per_second": 12345, "wait_ms": null}]}')
    page = "before\n<!-- from figures: a rows -->\nold\n<!-- end -->\nafter\n"
    filled = render(page, tmp_path)
    assert "| kind | sent/s | wait ms |\n| --- | --- | --- |\n| x | 12,345 | – |\n" in filled
    assert "old" not in filled
    assert filled.startswith("before\n")
    assert filled.endswith("<!-- end -->\nafter\n")
    assert table([{"a": 1.5}]) == "| a |\n| --- |\n| 1.5 |\n"
