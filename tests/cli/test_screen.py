"""What a person sees."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from havre.cli import screen
from havre.cli.signup import line_words
from havre.client.api import InLine


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


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "a moment"),
        (7.0, "about 5 seconds"),
        (44.0, "about 45 seconds"),
        (60.0, "about a minute"),
        (118.0, "about 2 minutes"),
        (7200.0, "about 2 hours"),
    ],
)
def test_waiting_times_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert screen.time_words(seconds) == words


def test_what_somebody_reads_who_waits() -> None:
    assert line_words(InLine(1204, 118.0, "t")) == "You are number 1,204 in line, about 2 minutes."
    assert "your turn" in line_words(InLine(0, 2.0, "t"))
    assert "line is full" in line_words(InLine(None, 15.0, None))
