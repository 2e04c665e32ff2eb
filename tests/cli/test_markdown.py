"""Markdown as a terminal shows it, and that no message can put markup or commands of its own into the terminal."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from havre.cli.markdown import markup


def shown(words: str, colours: bool = False) -> str:
    console = Console(file=io.StringIO(), force_terminal=colours, soft_wrap=True, highlight=False, width=40)
    console.print(markup(words))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("plain", "plain"),
        ("**bold** and *soft* and ~~gone~~ and `code`", "bold and soft and gone and code"),
        ("one\ntwo", "one\ntwo"),
        ("- eggs\n- milk\n  - whole", "• eggs\n• milk\n  • whole"),
        ("1. first\n2. second", "1. first\n2. second"),
        ("> so said he\n\nAnd I", "│ so said he\nAnd I"),
        ("```\nx = [1]\n```", "x = [1]"),
        ("# Title", "Title"),
        ("[bank](https://evil.example)", "bank (https://evil.example)"),
        ("[red]not markup[/red]", "[red]not markup[/red]"),
        ("<b>no HTML</b>", "<b>no HTML</b>"),
        ("x" * 100, "x" * 100),
        ("5 * 3 * 2", "5 * 3 * 2"),
    ],
)
def test_it_is_shown(words: str, lines: str) -> None:
    assert shown(words).rstrip("\n") == lines


def test_it_has_styles_on_a_terminal() -> None:
    assert "\x1b[1mbold\x1b[0m" in shown("**bold**", colours=True)


@given(st.text(st.sampled_from("ab*_~`[]()<>#-> \n\\/|1.!")))
def test_whatever_is_written_is_shown_without_an_error(words: str) -> None:
    shown(words)
