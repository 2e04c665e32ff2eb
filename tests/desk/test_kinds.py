"""Whatever the page can be told has a name, for which it has words in each language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from havre.client.api import ChangeFailed, HomeAway, Problem
from havre.client.errors import HavreError, NoSpace, RelayRefused
from havre.client.sentences import said
from havre.desk import shown, views
from havre.wire.refusals import Code

SOURCE = Path(__file__).parents[2] / "src" / "havre"
SAYING = {"HavreError": 0, "Unfit": 0, "Failed": 1, "shut_out": 2}
"""What is called with a sentence, and at which place that stands."""
TYPED = (
    "This is a file; say into which folder",
    "A chat can be muted until a time that is a whole",
    "There is no one device called",
    "There is no chat with",
    "Several messages have an id",
    "could be any of these",
    "opens by passphrase, not by",
    "keyring cannot be used",
)
"""What only somebody hears who types names or ids, or chooses a keyring: the page chooses from what there is."""


def unnamed(path: Path) -> Iterator[str]:
    """Return every sentence in a file that is said without a name."""
    text = path.read_text(encoding="utf-8")
    for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        place = SAYING.get(name)
        if place is None or len(call.args) <= place:
            continue
        sentence = call.args[place]
        if isinstance(sentence, ast.JoinedStr) or (isinstance(sentence, ast.Constant) and sentence.value):
            yield f"{path.name}:{call.lineno}: {ast.get_source_segment(text, sentence)}"


def test_every_sentence_that_reaches_the_page_has_a_name() -> None:
    files = [path for part in ("client", "desk") for path in (SOURCE / part).rglob("*.py")]
    found = [sentence for path in files for sentence in unnamed(path)]
    assert [sentence for sentence in found if not any(known in sentence for known in TYPED)] == []


def test_the_page_is_told_the_name() -> None:
    assert shown.failure(NoSpace("/x")).error == "NoSpace"
    assert shown.failure(HavreError(said("Kind", "A sentence."))) == views.Failure("Kind", "A sentence.")
    assert shown.failure(RelayRefused("https://r", Code.NOT_ALLOWED, "no")).error == "RelayNotAllowed"


def test_what_no_call_waits_for_has_a_name_too() -> None:
    for news, kind in (
        (Problem(said("Kind", "A sentence.")), "Kind"),
        (ChangeFailed("00", said("Kind", "A sentence.")), "Kind"),
        (HomeAway("00", "https://one", "https://two"), "HomeAway"),
        (Problem("A sentence."), "Unknown"),
    ):
        told = shown.event(news)
        assert isinstance(told, views.Problem)
        assert told.error == kind
        assert type(told.sentence) is str
