"""Words find messages whatever their accents, case or ligatures, in French and in English, and by their beginning."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from havre.client.vault.rows import Message, MessageKind, Wanted
from havre.client.vault.sqlcipher import SqlcipherVault
from havre.content import Preview, encode, mention, poll, text
from tests.client.vault.conftest import CHAT, KEY, QUEUE, a_message
from tests.client.vault.test_migrations import make_version_1


def put(vault: SqlcipherVault, number: int, words: str, **fields: object) -> Message:
    message = replace(a_message(number, cursor=number, placed=number), **fields)  # type: ignore[arg-type]
    with vault.transaction():
        stored = vault.add_message(message)
        assert stored is not None
        vault.index_words(stored.seq, words)
    return stored


def found(vault: SqlcipherVault, words: str, **filters: object) -> list[int]:
    return [message.at for message in vault.search(Wanted(words, **filters), 99)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "sought"),
    [
        ("Cet été, à la plage", "ete"),
        ("cet ete", "été"),
        ("un chef-d'œuvre", "oeuvre"),
        ("un chef d'oeuvre", "ŒUVRE"),
        ("Le cœur a ses raisons", "coeur rais"),
        ("L’île d’Oléron", "ile oleron"),
        ("ça va", "CA"),
        ("Straße", "strasse"),
        ("The children's playground", "child play"),
        ("naïve façade", "facade naive"),
        ("rendez-vous à 8h", "rendez vous"),
        ('100% (sûr) "oui" AND NOT', "and not"),
        ("Привет мир", "привет"),
    ],
)
def test_it_is_found(vault: SqlcipherVault, said: str, sought: str) -> None:
    put(vault, 1, said)
    put(vault, 2, "something else entirely")
    assert found(vault, sought) == [1]


@pytest.mark.parametrize("sought", ["hiver", "été hiver", "tennis"])
def test_it_is_not(vault: SqlcipherVault, sought: str) -> None:
    put(vault, 1, "cet été au bord de l'eau")
    assert found(vault, sought) == []


@pytest.mark.parametrize("sought", ['"', "*", "(", "NEAR(", "words:", "a OR", "^x", "-y", "'"])
def test_operators_are_only_words(vault: SqlcipherVault, sought: str) -> None:
    put(vault, 1, "nothing of the kind")
    assert found(vault, sought) in ([], [1])


def test_filters(vault: SqlcipherVault) -> None:
    put(vault, 1, "the plan")
    put(vault, 2, "the plan", sender=b"o" * 32)
    put(vault, 3, "the plan", kind=MessageKind.FILE)
    put(vault, 4, "the plan", chat=b"g" * 16)
    assert found(vault, "plan") == [4, 3, 2, 1], "newest first"
    assert found(vault, "plan", sender=b"o" * 32) == [2]
    assert found(vault, "plan", kinds=(MessageKind.FILE,)) == [3]
    assert found(vault, "plan", chat=b"g" * 16) == [4]
    assert found(vault, "plan", since=2, until=4) == [3, 2]
    assert found(vault, "", kinds=(MessageKind.FILE,)) == [3], "a filter alone will do"


def test_pages_of_it(vault: SqlcipherVault) -> None:
    for number in range(1, 8):
        put(vault, number, "again")
    first = vault.search(Wanted("again"), 3)
    second = vault.search(Wanted("again"), 3, before=first[-1])
    assert [message.at for message in (*first, *second)] == [7, 6, 5, 4, 3, 2]


@pytest.mark.parametrize("kind", [MessageKind.HIDDEN, MessageKind.DELETED, MessageKind.ONCE, MessageKind.VIEWED])
def test_what_is_not_to_be_seen_is_not_found(vault: SqlcipherVault, kind: MessageKind) -> None:
    put(vault, 1, "gone", kind=kind)
    assert found(vault, "gone") == []
    assert found(vault, "") == []


def test_other_words_take_the_place_of_those_of_before(vault: SqlcipherVault) -> None:
    stored = put(vault, 1, "before")
    with vault.transaction():
        vault.index_words(stored.seq, "after")
    assert found(vault, "before") == []
    assert found(vault, "after") == [1]


def test_a_failed_transaction_leaves_the_index_as_it_was(vault: SqlcipherVault) -> None:
    stored = put(vault, 1, "before")

    def fail() -> None:
        with vault.transaction():
            vault.index_words(stored.seq, "after")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert found(vault, "before") == [1]


def test_a_vault_of_before_is_indexed(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    preview = Preview("https://example.org/", "La page", "")
    contents = [
        text(bytes(16), f"Déjà vu {mention('Zoé', bytes(32))}", 0, preview=preview),
        poll(bytes(16), "Où manger ?", ["Crêperie", "Café"], False, 0),
    ]
    make_version_1(path, *(encode(content) for content in contents))
    vault = SqlcipherVault(path, KEY)
    assert len(found(vault, "deja zoe page")) == 1
    (asked,) = vault.search(Wanted("creperie"), 9)
    assert asked.kind is MessageKind.POLL
    assert asked.queue == QUEUE
    assert asked.chat == CHAT
    vault.close()


def fresh(vault: SqlcipherVault, number: int, words: str) -> Message:
    """Store a message that is new in the transaction around it."""
    stored = vault.add_message(a_message(number, cursor=number, placed=number))
    assert stored is not None
    vault.index_new(stored.seq, words)
    return stored


def test_a_message_is_found_in_the_transaction_that_stores_it_and_afterwards(vault: SqlcipherVault) -> None:
    with vault.transaction():
        fresh(vault, 1, "harbour")
        assert found(vault, "harbour") == [1]
        fresh(vault, 2, "harbour")
    assert found(vault, "harbour") == [2, 1]


def test_what_changes_in_the_transaction_that_stores_it_is_found_by_its_last_words(vault: SqlcipherVault) -> None:
    with vault.transaction():
        changed, erased = fresh(vault, 1, "before"), fresh(vault, 2, "before")
        vault.index_words(changed.seq, "after")
        vault.erase_traces(erased)
    assert found(vault, "before") == []
    assert found(vault, "after") == [1]


def test_words_of_a_failed_transaction_are_not_another_message_s(vault: SqlcipherVault) -> None:
    def fail() -> None:
        with vault.transaction():
            fresh(vault, 1, "lost")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with vault.transaction():
        fresh(vault, 2, "kept")
    assert found(vault, "lost") == []
    assert found(vault, "kept") == [2]
