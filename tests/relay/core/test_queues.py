"""The rules of the queue, one by one."""

from __future__ import annotations

import os

import msgspec
import pytest

from havre.relay.core.effects import (
    Answer,
    End,
    FetchConflict,
    FetchEntries,
    Follow,
    Live,
    NotCaught,
    Past,
    Push,
    Unfollow,
    Want,
)
from havre.relay.core.limits import Limits
from havre.relay.store.rows import MAX_PAST
from havre.wire.refusals import Code
from havre.wire.stream import Append, Appended, Create, Delete, Done, Entry, EntryKind, Refused, Unsubscribe
from tests.relay.core.table import NOW, Table, append, commit, create, read, rotated, subscribe, trim
from tests.relay.rig import Queue

SOME_SECRET = b"?" * 32


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def queue(table: Table) -> Queue:
    return table.queue()


def code(answer: object) -> Code:
    assert isinstance(answer, Refused), answer
    return answer.code


# --- create -------------------------------------------------------------------------------------------------------


def test_creating_the_same_queue_twice_is_harmless(table: Table, queue: Queue) -> None:
    table.run(append(queue))
    assert table.answer(create(queue)) == Done(0)
    assert table.answer(append(queue)) == Appended(0, 2)


def test_a_queue_id_is_used_once(table: Table, queue: Queue) -> None:
    assert code(table.answer(create(Queue(queue.id)))) == Code.TAKEN
    assert code(table.answer(create(queue, ttl=60))) == Code.TAKEN
    one = Queue()
    first, second = table.answers(create(one), create(Queue(one.id)))
    assert (first, code(second)) == (Done(0), Code.TAKEN)


def test_a_deleted_queues_id_stays_used_up(table: Table, queue: Queue) -> None:
    table.run(append(queue), Delete(0, queue.id, queue.secrets.manage))
    assert code(table.answer(create(queue))) == Code.TAKEN
    assert code(table.answer(append(queue))) == Code.UNKNOWN
    assert table.entries(queue) == []


def test_a_rotated_queue_is_not_the_one_that_was_created(table: Table, queue: Queue) -> None:
    new, rotate = rotated(queue)
    table.run(commit(queue, 0, rotate=rotate))
    assert code(table.answer(create(queue))) == Code.TAKEN
    assert table.answer(create(new)) == Done(0)


# --- append -------------------------------------------------------------------------------------------------------


def test_cursors_start_at_one_and_are_consecutive(table: Table, queue: Queue) -> None:
    assert [answer.cursor for answer in table.answers(*(append(queue) for _ in range(3)))] == [1, 2, 3]
    assert table.answer(append(queue)).cursor == 4


def test_cursors_of_two_queues_do_not_touch(table: Table, queue: Queue) -> None:
    other = table.queue()
    assert [a.cursor for a in table.answers(append(queue), append(other), append(queue))] == [1, 1, 2]


def test_an_entry_is_stored_with_the_relays_time_and_pushed(table: Table, queue: Queue) -> None:
    entry = Entry(1, EntryKind.MESSAGE, int(NOW), b"hello")
    assert table.run(append(queue, b"hello")) == [Push(queue.id, entry), Answer("me", Appended(0, 1))]
    assert table.entries(queue) == [entry]


def test_append_needs_the_write_secret(table: Table, queue: Queue) -> None:
    for secret in (SOME_SECRET, queue.secrets.read, queue.secrets.manage):
        assert code(table.answer(append(queue, write=secret))) == Code.CAPABILITY
    assert table.entries(queue) == []


def test_append_to_no_queue(table: Table) -> None:
    assert code(table.answer(append(Queue()))) == Code.UNKNOWN


def test_a_repeated_dedupe_id_adds_nothing(table: Table, queue: Queue) -> None:
    dedupe = os.urandom(16)
    answers = table.answers(append(queue, b"a", dedupe=dedupe), append(queue), append(queue, b"b", dedupe=dedupe))
    assert [answer.cursor for answer in answers] == [1, 2, 1]
    assert table.answer(append(queue, b"c", dedupe=dedupe)) == Appended(0, 1)
    assert [entry.body for entry in table.entries(queue)] == [b"a", b"x"]


def test_a_dedupe_id_counts_in_its_own_queue_only(table: Table, queue: Queue) -> None:
    dedupe = os.urandom(16)
    table.run(append(queue), append(queue, dedupe=dedupe))
    assert table.answer(append(table.queue(), dedupe=dedupe)) == Appended(0, 1)


def test_a_retry_with_the_write_secret_of_its_time_is_answered_after_a_rotation(table: Table, queue: Queue) -> None:
    lost = append(queue)
    table.run(lost)
    new, rotate = rotated(queue)
    table.run(commit(queue, 0, rotate=rotate))
    assert table.answer(lost) == Appended(0, 1)
    assert table.answer(msgspec.structs.replace(lost, write=new.secrets.write)) == Appended(0, 1)
    assert code(table.answer(msgspec.structs.replace(lost, write=SOME_SECRET))) == Code.CAPABILITY
    assert code(table.answer(append(queue))) == Code.CAPABILITY


def test_an_old_write_secret_does_not_probe_later_dedupe_ids(table: Table, queue: Queue) -> None:
    new, rotate = rotated(queue)
    table.run(commit(queue, 0, rotate=rotate))
    later = append(new)
    table.run(later)
    assert code(table.answer(msgspec.structs.replace(later, write=queue.secrets.write))) == Code.CAPABILITY


def test_a_fleeting_entry_is_pushed_and_not_stored(table: Table, queue: Queue) -> None:
    entry = Entry(0, EntryKind.MESSAGE, int(NOW), b"typing")
    assert table.run(append(queue, b"typing", ttl=0)) == [Push(queue.id, entry), Answer("me", Appended(0, 0))]
    assert table.entries(queue) == []
    assert table.answer(append(queue)) == Appended(0, 1)
    assert code(table.answer(append(queue, ttl=0, write=SOME_SECRET))) == Code.CAPABILITY


def test_an_entry_too_large_is_refused() -> None:
    table = Table(limits=Limits(entry_bytes=10))
    queue = table.queue()
    assert code(table.answer(append(queue, b"x" * 11))) == Code.OVERSIZED
    assert table.answer(append(queue, b"x" * 10)) == Appended(0, 1)


@pytest.mark.parametrize(("queue_ttl", "entry_ttl", "life"), [(100, None, 100), (100, 40, 40), (100, 400, 100)])
def test_an_entry_lives_as_long_as_both_allow(queue_ttl: int, entry_ttl: int | None, life: int) -> None:
    table = Table()
    queue = table.queue(queue_ttl)
    table.run(append(queue, ttl=entry_ttl))
    table.store.expire(int(NOW) + life - 1, 100)
    assert table.entries(queue)
    table.store.expire(int(NOW) + life, 100)
    assert not table.entries(queue)
    assert table.answer(append(queue)) == Appended(0, 2)


def test_no_ttl_is_longer_than_the_relays() -> None:
    table = Table(limits=Limits(ttl=50))
    for ttl in (0, 1000):
        queue = table.queue(ttl)
        table.run(append(queue))
        table.store.expire(int(NOW) + 50, 100)
        assert not table.entries(queue)
        assert table.answer(create(queue, ttl)) == Done(0)


# --- commit: the fence ----------------------------------------------------------------------------------------------


def test_of_two_commits_on_one_fence_the_first_wins(table: Table, queue: Queue) -> None:
    effects = table.run(commit(queue, 0, b"first"), commit(queue, 0, b"second"))
    assert Answer("me", Appended(0, 1)) in effects
    assert effects[-1] == FetchConflict("me", 0, 1, Want(queue.id, 0, 1, 1000))
    assert [entry.body for entry in table.entries(queue)] == [b"first"]


def test_a_commit_names_the_last_commit_not_the_last_entry(table: Table, queue: Queue) -> None:
    table.run(append(queue), commit(queue, 0), append(queue), append(queue))
    assert isinstance(table.answer(commit(queue, 4)), FetchConflict)
    assert table.answer(commit(queue, 2)) == Appended(0, 5)
    assert [entry.kind for entry in table.entries(queue)] == [0, 1, 0, 0, 1]


def test_a_fence_from_the_future_is_a_conflict(table: Table, queue: Queue) -> None:
    conflict = table.answer(commit(queue, 9))
    assert conflict == FetchConflict("me", 0, 0, Want(queue.id, 9, 0, 1000))


def test_a_garbage_commit_does_not_wedge_the_queue(table: Table, queue: Queue) -> None:
    table.run(commit(queue, 0, b"garbage"))
    assert table.answer(commit(queue, 1)) == Appended(0, 2)


def test_a_retried_commit_is_no_conflict(table: Table, queue: Queue) -> None:
    once = commit(queue, 0)
    table.run(once, commit(queue, 1))
    assert table.answer(once) == Appended(0, 1)


def test_a_retried_rotation_is_answered_once_its_own_secret_is_dead(table: Table, queue: Queue) -> None:
    _, rotate = rotated(queue)
    once = commit(queue, 0, rotate=rotate)
    table.run(once)
    assert table.answer(once) == Appended(0, 1)


def test_commit_needs_the_write_secret(table: Table, queue: Queue) -> None:
    assert code(table.answer(commit(queue, 0, write=SOME_SECRET))) == Code.CAPABILITY
    assert code(table.answer(commit(queue, 7, write=SOME_SECRET))) == Code.CAPABILITY


# --- rotate ---------------------------------------------------------------------------------------------------------


def test_a_rotation_needs_the_manage_secret(table: Table, queue: Queue) -> None:
    _, rotate = rotated(queue)
    forged = msgspec.structs.replace(rotate, manage=SOME_SECRET)
    assert code(table.answer(commit(queue, 0, rotate=forged))) == Code.CAPABILITY
    assert table.entries(queue) == []
    assert table.answer(commit(queue, 0)) == Appended(0, 1)


def test_a_rotation_on_a_commit_that_is_too_late_changes_nothing(table: Table, queue: Queue) -> None:
    table.run(commit(queue, 0))
    _, rotate = rotated(queue)
    assert isinstance(table.answer(commit(queue, 0, rotate=rotate)), FetchConflict)
    assert table.answer(append(queue)) == Appended(0, 2)


def test_after_a_rotation_the_old_secrets_are_dead(table: Table, queue: Queue) -> None:
    new, rotate = rotated(queue)
    table.run(commit(queue, 0, rotate=rotate))
    assert code(table.answer(append(queue))) == Code.CAPABILITY
    assert code(table.answer(commit(queue, 1))) == Code.CAPABILITY
    assert code(table.answer(trim(queue, 1))) == Code.CAPABILITY
    assert code(table.answer(Delete(0, queue.id, queue.secrets.manage))) == Code.CAPABILITY
    assert table.answer(append(new)) == Appended(0, 2)
    assert table.answer(trim(new, 1)) == Done(0)


def test_an_old_read_secret_reads_up_to_and_with_the_rotating_commit(table: Table, queue: Queue) -> None:
    new, rotate = rotated(queue)
    table.run(append(queue), commit(queue, 0, rotate=rotate), append(new))
    assert table.answer(read(queue)) == FetchEntries("me", 0, Want(queue.id, 0, 2, 1000))
    assert table.answer(read(new)) == FetchEntries("me", 0, Want(queue.id, 0, 3, 1000))


def test_each_old_read_secret_has_a_bound_of_its_own_for_as_long_as_it_is_remembered(table: Table) -> None:
    generations = [table.queue()]
    for fence in range(MAX_PAST + 2):
        new, rotate = rotated(generations[-1])
        assert table.answer(commit(generations[-1], fence, rotate=rotate)) == Appended(0, fence + 1)
        generations.append(new)
    for number, generation in enumerate(generations[:2]):
        assert code(table.answer(read(generation))) == Code.CAPABILITY, number
    for number, generation in enumerate(generations[2:-1], start=2):
        assert table.answer(read(generation)).want.through == number + 1


def test_a_rotation_pushes_the_commit_and_then_ends_what_is_subscribed(table: Table, queue: Queue) -> None:
    _, rotate = rotated(queue)
    push, end, answer = table.run(commit(queue, 0, rotate=rotate))
    assert isinstance(push, Push)
    assert end == End(queue.id, Code.CAPABILITY)
    assert answer == Answer("me", Appended(0, 1))


# --- read and subscribe ---------------------------------------------------------------------------------------------


def test_read_needs_the_read_secret(table: Table, queue: Queue) -> None:
    for secret in (SOME_SECRET, queue.secrets.write, queue.secrets.manage):
        assert code(table.answer(read(queue, secret=secret))) == Code.CAPABILITY
    assert code(table.answer(read(Queue()))) == Code.UNKNOWN


def test_a_read_goes_up_to_where_the_queue_stood_at_its_turn(table: Table, queue: Queue) -> None:
    effects = table.run(append(queue), read(queue), append(queue))
    assert FetchEntries("me", 0, Want(queue.id, 0, 1, 1000)) in effects


def test_subscribe_says_for_each_queue_what_becomes_of_it(table: Table, queue: Queue) -> None:
    old = table.queue()
    _, rotate = rotated(old)
    table.run(append(queue), commit(old, 0, rotate=rotate))
    wrong, none = Queue(table.queue().id), Queue()
    assert table.answer(subscribe(queue, old, wrong, none)).queues == [
        Live(Want(queue.id, 0, 1, 1000)),
        Past(Want(old.id, 0, 1, 1000)),
        NotCaught(wrong.id, Code.CAPABILITY),
        NotCaught(none.id, Code.UNKNOWN),
    ]


def test_pushes_follow_from_the_head_that_a_subscribe_is_told(table: Table, queue: Queue) -> None:
    before, _, follow, after, _ = table.run(append(queue), subscribe(queue), append(queue))
    assert isinstance(before, Push)
    assert isinstance(follow, Follow)
    assert isinstance(after, Push)
    assert isinstance(follow.queues[0], Live)
    assert (before.entry.cursor, follow.queues[0].want.through, after.entry.cursor) == (1, 1, 2)


def test_unsubscribe_needs_nothing(table: Table) -> None:
    assert table.answer(Unsubscribe(5, [b"q" * 16])) == Unfollow("me", 5, [b"q" * 16])


# --- trim and delete ------------------------------------------------------------------------------------------------


def test_trim_forgets_entries_and_no_cursors(table: Table, queue: Queue) -> None:
    table.run(*(append(queue) for _ in range(5)))
    assert table.answer(trim(queue, 3)) == Done(0)
    assert [entry.cursor for entry in table.entries(queue)] == [4, 5]
    assert table.answer(trim(queue, 2)) == Done(0)
    assert table.answer(trim(queue, 2**62)) == Done(0)
    assert table.entries(queue) == []
    assert table.answer(append(queue)) == Appended(0, 6)


def test_trim_takes_what_the_same_batch_added(table: Table, queue: Queue) -> None:
    table.run(append(queue), append(queue), trim(queue, 1), append(queue))
    assert [entry.cursor for entry in table.entries(queue)] == [2, 3]


def test_trim_and_delete_need_the_manage_secret(table: Table, queue: Queue) -> None:
    table.run(append(queue))
    for secret in (SOME_SECRET, queue.secrets.read, queue.secrets.write):
        assert code(table.answer(trim(queue, 1, secret))) == Code.CAPABILITY
        assert code(table.answer(Delete(0, queue.id, secret))) == Code.CAPABILITY
    assert len(table.entries(queue)) == 1
    assert code(table.answer(trim(Queue(), 1))) == Code.UNKNOWN
    assert code(table.answer(Delete(0, b"n" * 16, SOME_SECRET))) == Code.UNKNOWN


def test_delete_ends_what_is_subscribed(table: Table, queue: Queue) -> None:
    effects = table.run(Delete(3, queue.id, queue.secrets.manage))
    assert effects == [End(queue.id, Code.UNKNOWN), Answer("me", Done(3))]


def test_what_follows_a_delete_in_its_batch_finds_no_queue(table: Table, queue: Queue) -> None:
    done, refused = table.answers(Delete(0, queue.id, queue.secrets.manage), append(queue))
    assert (done, code(refused)) == (Done(0), Code.UNKNOWN)
    assert table.entries(queue) == []


def test_a_refusal_changes_nothing(table: Table, queue: Queue) -> None:
    before = table.store.heads([queue.id])
    commands = [
        append(queue, write=SOME_SECRET),
        commit(queue, 5),
        trim(queue, 1, SOME_SECRET),
        create(Queue(queue.id)),
    ]
    table.run(*commands)
    assert table.store.heads([queue.id]) == before
    assert table.entries(queue) == []


def test_answers_carry_the_number_of_their_command(table: Table, queue: Queue) -> None:
    secret, dedupe = queue.secrets.write, os.urandom(16)
    commands = [Append(7, queue.id, secret, dedupe, b""), Append(9, b"n" * 16, secret, dedupe, b"")]
    commands_and_create = [*commands, Create(11, queue.id, queue.hashes, 0)]
    assert [answer.request for answer in table.answers(*commands_and_create)] == [7, 9, 11]
