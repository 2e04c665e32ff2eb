"""What a person sees."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from havre.cli import screen


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (5_000_000, "5.0 MB"), (4_200_000_000, "4.2 GB"), (10**13, "10000.0 GB")],
)
def test_sizes_are_said_as_people_say_them(count: int, words: str) -> None:
    assert screen.size_words(count) == words


def test_times_are_in_the_readers_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1_700_000_000_000  # 2023-11-14 22:13:20 UTC
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert screen.clock(moment) == "2023-11-15 07:13"
        monkeypatch.setenv("TZ", "America/Montreal")
        time.tzset()
        assert screen.clock(moment) == "2023-11-14 17:13"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_words_from_elsewhere_are_never_markup() -> None:
    drawn = io.StringIO()
    Console(file=drawn, force_terminal=True, highlight=False).print(screen.quoted("[bold]x[/] [link=http://x]y[/link]"))
    assert drawn.getvalue() == "[bold]x[/] [link=http://x]y[/link]\n"


def test_no_colours_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Console(file=io.StringIO()).print("[red]x[/]")
    screen.emit({"name": "Zoé"})
    assert capsys.readouterr().out == '{"name": "Zoé"}\n'
