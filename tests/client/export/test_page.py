"""An exported page shows what was written and nothing else, whatever people called themselves and wrote."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.client.api import Chat, ChatKind, FileBody, Language, Message, MessageState, OtherBody, Standing, TextBody
from havre.client.errors import FileNotWritten
from havre.client.export.dates import day_words, local, time_words
from havre.client.export.page import chat_page, index_page
from havre.client.export.writing import chat_name, make_folder, write_chat
from havre.client.message_views import Body
from havre.client.vault import rows

TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "bdi", "article", "header", "div", "a", "img",
        "p", "em", "ul", "li"}  # fmt: skip
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style><svg/onload=alert(1)>",
            "javascript:alert(1)", "\u202egpj.exe", "{title}", "%s", "]]>", "<!--", "&lt;script&gt;", "\x00", "\ud800",
        ]
    ),
)  # fmt: skip
AT = 1_796_083_500_000


def a_chat(title: str) -> Chat:
    row = rows.Chat(
        chat=b"c", kind=ChatKind.DIRECT, title="", description="", picture=b"", timer=0, standing=Standing.ACCEPTED,
        muted_until=0, pinned=False, archived=False, draft="", began_at=0,
    )  # fmt: skip
    return Chat(
        id="63", kind=ChatKind.DIRECT, title=title, description="", timer=None, standing=Standing.ACCEPTED,
        muted_until=0, pinned=False, archived=False, draft="", unread=0, last=None, began_at=0, verified=False,
        row=row,
    )  # fmt: skip


def a_message(sender: str, body: Body, name: str = "6d", reply: str | None = None) -> Message:
    row = rows.Message(
        seq=1, chat=b"c", queue=b"q", id=b"m", sender=b"s", device=b"d", mine=False, cursor=1, placed=1, at=AT,
        state=MessageState.RECEIVED, seen=True, content=b"",
    )  # fmt: skip
    return Message(
        id=name, chat="63", sender=sender, mine=False, at=AT, body=body, state=MessageState.RECEIVED, order=1,
        unread=False, sender_id="73", place="1", in_reply_to=reply, row=row,
    )  # fmt: skip


class Looker(HTMLParser):
    """Notes tags, attributes and the text between them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, Mapping[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def looked_at(page: str) -> Looker:
    looker = Looker()
    looker.feed(page)
    looker.close()
    return looker


@given(title=HOSTILE, sender=HOSTILE, words=HOSTILE, file=HOSTILE, kind=HOSTILE)
def test_nothing_that_was_written_becomes_markup(title: str, sender: str, words: str, file: str, kind: str) -> None:
    messages = [
        a_message(sender, TextBody(words)),
        a_message(sender, FileBody(file, 5, kind), "6e"),
        a_message(sender, FileBody(file, 5, "image/png"), "6f", reply="6d"),
        a_message(sender, OtherBody(kind), "70"),
    ]
    files = {"6e": f"001/{file}", "6f": f"001/{file}"}
    page = "".join(chat_page(a_chat(title), messages, files, Language.ENGLISH, UTC))
    looker = looked_at(page)
    assert {tag for tag, _ in looker.tags} <= TAGS
    for tag, attributes in looker.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for place in (attributes.get("href"), attributes.get("src")):
            assert place is None or place.startswith(("./", "#")), f"{tag} leads out: {place!r}"
    assert looker.text.count("Content-Security-Policy") == 0
    assert "script" not in {tag for tag, _ in looker.tags}


def test_what_was_written_can_be_read(tmp_path: Path) -> None:
    messages = [
        a_message("Zoé", TextBody("Demain à 8 h ?\n— oui")),
        a_message("Zoé", TextBody("bien"), "6e", reply="6d"),
    ]
    looker = looked_at("".join(chat_page(a_chat("Zoé"), messages, {}, Language.FRENCH, UTC)))
    for words in ("Zoé", "Demain à 8 h ?\n— oui", "en réponse à", "mardi 1er décembre 2026"):
        assert words in looker.text
    assert ("a", {"href": "#m6d"}) in looker.tags


def test_pictures_are_drawn_and_svg_is_not() -> None:
    for kind, drawn in (("image/png", True), ("image/svg+xml", False), ("text/html", False)):
        page = "".join(
            chat_page(a_chat("x"), [a_message("x", FileBody("f", 5, kind))], {"6d": "001/f"}, Language.ENGLISH, UTC)
        )
        assert ("<img" in page) is drawn


def test_index() -> None:
    looker = looked_at(index_page([("<b>", "001-b.html"), ("Zoé", "002-zo.html")], Language.ENGLISH))
    assert [attributes["href"] for tag, attributes in looker.tags if tag == "a"] == ["./001-b.html", "./002-zo.html"]
    assert "<b>" in looker.text


@pytest.mark.parametrize("title", ["../../etc/passwd", "CON", "a" * 500, "", "été/\\:*?", "\x00"])
def test_names_of_files_are_ours(title: str) -> None:
    name = chat_name(7, title)
    assert name.startswith("007")
    assert len(name) <= 44
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileNotWritten, match="already"):
        make_folder(tmp_path)


def test_lone_surrogates_can_be_written(tmp_path: Path) -> None:
    write_chat(tmp_path, "001", a_chat("x"), [a_message("x", TextBody("\ud800"))], {}, Language.ENGLISH, UTC)
    assert (tmp_path / "001.html").read_bytes()


@pytest.mark.parametrize(
    ("milliseconds", "english", "french", "time"),
    [
        (0, "Thursday 1 January 1970", "jeudi 1er janvier 1970", "00:00"),
        (AT, "Tuesday 1 December 2026", "mardi 1er décembre 2026", "00:05"),
        (1_795_392_300_000, "Monday 23 November 2026", "lundi 23 novembre 2026", "00:05"),
    ],
)
def test_dates(milliseconds: int, english: str, french: str, time: str) -> None:
    at = local(milliseconds, UTC)
    assert day_words(at, Language.ENGLISH) == english
    assert day_words(at, Language.FRENCH) == french
    assert time_words(at) == time


@given(st.integers())
def test_every_number_is_a_date(milliseconds: int) -> None:
    assert day_words(local(milliseconds, UTC), Language.FRENCH)
