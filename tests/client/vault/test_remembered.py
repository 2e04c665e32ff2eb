"""What the vault keeps of its answers in memory is never anything else than what the file says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from havre.client.vault.remembered import Remembered
from havre.client.vault.rows import PendingCommit, PendingWish, Queue, QueueRole
from havre.client.vault.sqlcipher import SqlcipherVault
from tests.client.vault.conftest import QUEUE, a_conversation, a_queue

ROW = a_queue()


def pending() -> PendingCommit:
    return PendingCommit(QUEUE, b"d", 0, b"", False, 0, b"", b"body", b"", b"")


def test_what_is_written_is_read(vault: SqlcipherVault) -> None:
    assert vault.queue(QUEUE) == ROW
    assert vault.queue(b"x" * 16) is None
    moved = replace(ROW, cursor=7)
    vault.put_queue(moved)
    assert vault.queue(QUEUE) == moved
    assert vault.queues() == [moved]
    vault.put_queue(replace(ROW, queue=b"x" * 16))
    assert vault.queue(b"x" * 16) is not None


def write_in_vain(vault: SqlcipherVault) -> None:
    with vault.transaction():
        vault.put_queue(replace(ROW, cursor=7))
        vault.put_setting("typing", "off")
        assert vault.setting("typing") == "off"
        assert vault.queue(QUEUE) == replace(ROW, cursor=7)
        raise ZeroDivisionError


def test_what_is_rolled_back_is_not_remembered(vault: SqlcipherVault) -> None:
    with pytest.raises(ZeroDivisionError):
        write_in_vain(vault)
    assert vault.queue(QUEUE) == ROW
    assert vault.setting("typing") is None


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM queue", "DELETE FROM conversation WHERE epoch >= 0", "  UPDATE pending_commit SET queue = x'00'"],
)
def test_rows_that_go_with_others_are_forgotten_too(vault: SqlcipherVault, statement: str) -> None:
    vault.put_pending(pending())
    vault.add_wish(PendingWish(0, QUEUE, b"wish"))
    assert vault.pending(QUEUE) is not None
    if "UPDATE" in statement:
        vault.put_queue(replace(ROW, queue=b"\0"))
        vault.put_conversation(a_conversation(b"\0"))
    vault.execute(statement)
    assert vault.pending(QUEUE) is None
    assert bool(vault.wishes(QUEUE)) == ("UPDATE" in statement)


@pytest.mark.parametrize("sql", ["WITH x AS (SELECT 1) UPDATE queue SET cursor = 1", "ALTER TABLE queue ADD x", "DROP"])
def test_a_statement_that_nobody_expected_clears_everything(sql: str) -> None:
    remembered = Remembered()
    remembered.keep("queue", ("", ()), [1])
    remembered.note("SELECT * FROM queue")
    assert remembered.answer("queue", ("", ())) == [1]
    remembered.note(sql)
    assert remembered.answer("queue", ("", ())) is None


def test_what_is_remembered_is_bounded() -> None:
    remembered = Remembered()
    for number in range(3000):
        remembered.keep("queue", ("", (number,)), [number])
    assert sum(remembered.answer("queue", ("", (number,))) is not None for number in range(3000)) <= 2048


def test_two_answers_of_one_file_agree_after_it_was_opened_anew(tmp_path: Path) -> None:
    first = SqlcipherVault(tmp_path / "v", bytes(32))
    first.put_queue(ROW)
    assert first.queue(QUEUE) == ROW
    first.put_queue(replace(ROW, role=QueueRole.ENDED))
    assert first.queues() == []
    first.close()
    second = SqlcipherVault(tmp_path / "v", bytes(32))
    found = second.queue(QUEUE)
    second.close()
    assert isinstance(found, Queue)
    assert found.role is QueueRole.ENDED
