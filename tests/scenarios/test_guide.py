"""The guide is true: every page of docs/guide is walked through, line by line, with real commands and a real relay."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.guide import RelayChange, Typed, a_walk, missing, read_page

GUIDE = Path(__file__).parent.parent.parent / "docs/guide"
PAGES = sorted(path for path in GUIDE.glob("*.md") if read_page(path.read_text()).steps)


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.stem))
def test_page(page: Path, tmp_path: Path) -> None:
    with a_walk(page.read_text(), tmp_path) as walk:
        walk.go()


def test_a_page_is_read_as_it_is_written() -> None:
    page = read_page(
        "<!-- people: alice, bob -->\n```console\nalice$ havre send bob hello\n10:00 me: hello\n$ ./bot &\n"
        "# The relay https://second.example stops.\nbob$ havre read\n```\n```python\n# bot.py\npass\n```\n"
    )
    assert page.steps == (
        Typed("alice", "havre send bob hello", False, ("10:00 me: hello",)),
        Typed("", "./bot", True),
        RelayChange("https://second.example", False),
        Typed("bob", "havre read", False),
    )
    assert page.people == ("alice", "bob")
    assert page.files == {"bot.py": "pass\n"}
    assert page.second_relay


@pytest.mark.parametrize(
    ("expected", "shown", "gone"),
    [
        (("10:00 Bob: hi",), "x\n23:59 Bob: hi\n", None),
        (("... Bob: hi", "..."), "23:59 Bob: hi\n", None),
        (("second", "first"), "first\nsecond\n", "first"),
        (("hi",), "hi there\n", "hi"),
    ],
)
def test_what_is_shown_is_compared_line_by_line(expected: tuple[str, ...], shown: str, gone: str | None) -> None:
    assert missing(expected, shown) == gone


def test_a_wrong_page_is_noticed(tmp_path: Path) -> None:
    with a_walk("```console\n$ echo one\ntwo\n```\n", tmp_path) as walk, pytest.raises(AssertionError, match="two"):
        walk.go()
