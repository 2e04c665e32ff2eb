"""One encrypted file: what is in a transaction happens whole or not at all, and nothing can be read without the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from havre.client.errors import HavreError, NoProfile, NoSpace, VaultDamaged
from havre.client.message_views import place_of
from havre.client.vault.rows import MessageState, Person, Purpose, Receipt
from havre.client.vault.sqlcipher import MEMORY, SqlcipherVault
from tests.client.vault.conftest import CHAT, KEY, QUEUE, a_conversation, a_message, a_queue, an_item

BOB = Person(b"b" * 32, b"k" * 32, 1, "Bobby", "bob", verified=False, added_at=1)


def test_rows_come_back_as_they_were(vault: SqlcipherVault) -> None:
    vault.put_person(BOB)
    assert vault.person(BOB.account) == BOB
    assert vault.people() == [BOB]
    assert vault.queue(QUEUE) == a_queue()
    assert vault.conversation(QUEUE) == a_conversation()


def test_rows_survive_closing(path: Path) -> None:
    first = SqlcipherVault(path, KEY)
    first.put_person(BOB)
    first.close()
    second = SqlcipherVault(path, KEY)
    assert second.people() == [BOB]
    second.close()


def test_file_shows_nothing(path: Path) -> None:
    vault = SqlcipherVault(path, KEY)
    with vault.transaction():
        vault.put_queue(a_queue())
        vault.put_conversation(a_conversation())
        vault.add_message(a_message(7))
    for file in path.parent.iterdir():
        data = file.read_bytes()
        for word in (b"said 7", b"relay.example", b"CREATE TABLE", b"SQLite format", b"r" * 32):
            assert word not in data, f"{file.name} shows {word!r}"
    vault.close()


def test_another_key_does_not_open_it(path: Path, vault: SqlcipherVault) -> None:
    with pytest.raises(VaultDamaged):
        SqlcipherVault(path, bytes(32))


def test_changed_page_is_noticed(path: Path) -> None:
    vault = SqlcipherVault(path, KEY)
    with vault.transaction():
        for number in range(300):
            vault.put_setting(str(number), "x" * 100)
    vault.close()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(VaultDamaged):
        SqlcipherVault(path, KEY).check()


def test_failed_transaction_leaves_nothing(vault: SqlcipherVault) -> None:
    def fail() -> None:
        with vault.transaction():
            vault.put_person(BOB)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert vault.people() == []
    with vault.transaction():
        vault.put_person(BOB)
    assert vault.people() == [BOB]


def test_full_disk_rolls_back_in_one_sentence(vault: SqlcipherVault) -> None:
    vault.execute("PRAGMA max_page_count = 90")

    def fill() -> None:
        with vault.transaction():
            vault.put_person(BOB)
            for number in range(1000):
                vault.put_setting(str(number), "x" * 4000)

    with pytest.raises(NoSpace):
        fill()
    assert vault.people() == []
    vault.put_person(BOB)
    assert vault.people() == [BOB]


def test_newer_vault_is_refused(path: Path) -> None:
    vault = SqlcipherVault(path, KEY)
    vault.execute("PRAGMA user_version = 99")
    vault.close()
    with pytest.raises(HavreError, match="newer"):
        SqlcipherVault(path, KEY)


def test_nobody_has_signed_up(vault: SqlcipherVault) -> None:
    with pytest.raises(NoProfile):
        vault.me()


def test_deleted_keys_leave_no_trace_in_memory_pages(vault: SqlcipherVault) -> None:
    assert vault.execute("PRAGMA secure_delete").fetchone() == (1,)
    assert vault.execute("PRAGMA synchronous").fetchone() == (2,)
    assert vault.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_errors_show_no_secret(path: Path, vault: SqlcipherVault) -> None:
    with pytest.raises(HavreError) as told:
        vault.execute("INSERT INTO nothing VALUES (?)", (b"r" * 32,))
    shown = f"{told.value!r} {told.value.__context__!r} {a_queue()!r} {an_item()!r}"
    assert "rrrr" not in shown
    assert "sealed" not in shown
    assert KEY.hex() not in shown


def test_epochs(vault: SqlcipherVault) -> None:
    for epoch in range(4):
        vault.put_epoch(QUEUE, epoch, b"state %d" % epoch, b"keys")
    vault.put_keys(QUEUE, 3, b"fewer keys")
    vault.forget_epochs_before(QUEUE, 2)
    assert vault.epoch(QUEUE, 1) is None
    assert vault.epoch(QUEUE, 3) == (b"state 3", b"fewer keys")
    assert vault.execute("SELECT count(*) FROM epoch_keys").fetchone() == (2,)


# --- messages -------------------------------------------------------------------------------------------------


def test_message_id_is_unique_in_a_conversation(vault: SqlcipherVault) -> None:
    assert vault.add_message(a_message(1)) is not None
    assert vault.add_message(a_message(1)) is None
    assert len(vault.messages(CHAT)) == 1


def test_order_is_the_relays_then_that_of_writing(vault: SqlcipherVault) -> None:
    other = b"a" * 16
    vault.put_queue(a_queue(other))
    vault.put_conversation(a_conversation(other))
    for message in (
        a_message(1, mine=True),
        a_message(2, cursor=2, placed=10),
        a_message(3, cursor=1, placed=10),
        a_message(4, cursor=9, placed=10, queue=other),
        a_message(5, cursor=3, placed=9),
        a_message(6, mine=True),
    ):
        assert vault.add_message(message)
    assert [message.at for message in vault.messages(CHAT)] == [5, 4, 3, 2, 1, 6]
    assert [message.at for message in vault.last_messages(CHAT, 2)] == [1, 6]
    (middle,) = (message for message in vault.messages(CHAT) if message.at == 2)
    assert [message.at for message in vault.last_messages(CHAT, 2, before=middle)] == [4, 3]
    assert vault.message_in(CHAT, middle.id) == middle
    assert vault.message_in(b"another chat", middle.id) is None
    in_order = list(vault.messages(CHAT))
    assert sorted(in_order, key=place_of) == in_order


def test_messages_after_one(vault: SqlcipherVault) -> None:
    for number in range(1, 6):
        vault.add_message(a_message(number, cursor=number, placed=10))
    vault.add_message(a_message(9, mine=True))
    rows = vault.messages(CHAT)
    for place, row in enumerate(rows):
        assert vault.messages(CHAT, row) == rows[place + 1 :]
    assert [row.at for row in vault.messages(CHAT, rows[0], limit=2)] == [2, 3]


def test_states_only_rise(vault: SqlcipherVault) -> None:
    for number in range(1, 4):
        vault.add_message(a_message(number, mine=True, cursor=number, placed=1))
    assert len(vault.advance(QUEUE, 2, MessageState.READ)) == 2
    assert [row.at for row in vault.advance(QUEUE, 3, MessageState.DELIVERED)] == [3]
    assert [str(row.state) for row in vault.messages(CHAT)] == ["read", "read", "delivered"]


def test_unread(vault: SqlcipherVault) -> None:
    for number in range(1, 5):
        vault.add_message(a_message(number, cursor=number, placed=number))
    second = vault.messages(CHAT)[1]
    assert vault.mark_seen(CHAT, second) == [QUEUE]
    assert (vault.unread(CHAT), vault.last_seen(QUEUE)) == (2, 2)
    assert vault.mark_seen(CHAT, None) == [QUEUE]
    assert vault.mark_seen(CHAT, None) == []
    assert (vault.unread(CHAT), vault.last_seen(QUEUE)) == (0, 4)


# --- the outbox -----------------------------------------------------------------------------------------------


def test_what_waits_for_another_is_not_due(vault: SqlcipherVault) -> None:
    first = vault.add_outgoing(an_item(Purpose.CREATE))
    second = vault.add_outgoing(an_item(after=first.seq))
    third = vault.add_outgoing(an_item(relay="https://elsewhere.example"))
    assert vault.due(first.relay, 9) == [first]
    assert vault.waiting(QUEUE, Purpose.CREATE) == first.seq
    vault.drop_outgoing(first.seq)
    assert vault.due(first.relay, 9) == [second]
    assert vault.waiting(QUEUE, Purpose.CREATE) == 0
    assert vault.outgoing_relays() == sorted([second.relay, third.relay])


def test_numbers_are_not_used_again(vault: SqlcipherVault) -> None:
    """What waits for an item must never come to wait for another in its place."""
    first = vault.add_outgoing(an_item())
    vault.drop_outgoing(first.seq)
    assert vault.add_outgoing(an_item()).seq > first.seq


def test_receipts_are_one_a_device(vault: SqlcipherVault) -> None:
    vault.put_receipt(Receipt(QUEUE, b"a" * 32, b"d" * 16, 1, 0))
    vault.put_receipt(Receipt(QUEUE, b"a" * 32, b"d" * 16, 5, 4))
    assert vault.receipts(QUEUE) == [Receipt(QUEUE, b"a" * 32, b"d" * 16, 5, 4)]


def test_memory_vaults_are_apart() -> None:
    first, second = SqlcipherVault(MEMORY, KEY), SqlcipherVault(MEMORY, KEY)
    first.put_person(BOB)
    assert second.people() == []
