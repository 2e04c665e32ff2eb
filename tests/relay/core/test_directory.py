"""Rules of the directory that a single process over HTTP does not show: several in one batch, and time."""

from __future__ import annotations

import os

from havre.relay.core.limits import Limits
from havre.relay.core.requests import (
    ClaimName,
    CloseAccount,
    Gone,
    Grown,
    NewFile,
    OpenAccount,
    Proven,
    PublishRecord,
    Signer,
    StockUp,
    TakePackages,
)
from havre.relay.store.rows import BlobRow, Tombstone
from havre.wire.directory import TakenAll, Upload
from havre.wire.records import RECORD
from havre.wire.refusals import Code, Refusal
from tests.relay.core.table import Table, create
from tests.relay.rig import Person, Queue


def proven(person: Person, sequence: int = 1, inbox: bytes | None = None) -> Proven:
    record = person.record(sequence, inbox=inbox)
    return Proven(RECORD.decode(record), record, person.sign_record(record))


def sign_up(person: Person, sequence: int = 1, name: bytes | None = None, packages: int = 1) -> OpenAccount:
    upload = Upload([b"p%d" % n for n in range(packages)], b"last")
    return OpenAccount(Signer(person.id, sequence), proven(person), person.inbox.hashes, upload, name)


def code(result: object) -> Code:
    assert isinstance(result, Refusal), result
    return result.code


def packages(result: object) -> list[bytes]:
    assert isinstance(result, TakenAll), result
    return [one.key_package for one in result.key_packages]


def test_two_takers_in_one_batch_get_two_packages() -> None:
    table, person = Table(), Person()
    table.run(sign_up(person, packages=2))
    results = table.answers(*(TakePackages(person.id) for _ in range(3)))
    assert [packages(result) for result in results] == [[b"p0"], [b"p1"], [b"last"]]


def test_two_sign_ups_for_one_name_in_one_batch() -> None:
    table, name = Table(), os.urandom(32)
    one, two = Person(), Person()
    first, second = table.answers(sign_up(one, name=name), sign_up(two, name=name))
    assert (first, code(second)) == (None, Code.TAKEN)
    assert table.store.name(name) == one.id
    assert table.store.account(two.id) is None
    assert table.store.heads([two.inbox.id]) == {}


def test_a_request_and_its_replay_in_one_batch() -> None:
    table, person = Table(), Person()
    table.run(sign_up(person))
    names = [ClaimName(Signer(person.id, 5), os.urandom(32)) for _ in range(2)]
    first, second = table.answers(*names)
    assert (first, code(second)) == (None, Code.STALE)
    assert table.store.name(names[0].name) == person.id


def test_sequences_of_account_and_device_are_counted_apart() -> None:
    table, person = Table(), Person()
    table.run(sign_up(person, sequence=10))
    device = next(iter(person.device_keys))
    key = person.device_keys[device].public_key().public_bytes_raw()
    upload = StockUp(Signer(person.id, 3, device, key), device, Upload([b"x"]))
    assert not isinstance(table.answer(upload), Refusal)
    assert code(table.answer(upload)) == Code.STALE


def test_key_packages_that_are_too_old_are_passed_over() -> None:
    table, person = Table(limits=Limits(ttl=100)), Person()
    table.run(sign_up(person, packages=3))
    table.now += 100
    assert packages(table.answer(TakePackages(person.id))) == [b"last"]


def test_closed_sign_ups() -> None:
    table, person = Table(limits=Limits(signups=False)), Person()
    assert code(table.answer(sign_up(person))) == Code.NOT_ALLOWED


def test_closing_an_account_takes_its_own_inbox_along() -> None:
    table, person = Table(), Person()
    table.run(sign_up(person))
    assert table.answer(CloseAccount(Signer(person.id, 2))) is None
    assert table.store.heads([person.inbox.id]) == {person.inbox.id: Tombstone()}
    assert code(table.answer(TakePackages(person.id))) == Code.UNKNOWN


def test_closing_an_account_spares_a_queue_of_somebody_else_that_it_calls_its_inbox() -> None:
    table, person, victim = Table(), Person(), Queue()
    table.run(sign_up(person), create(victim))
    table.run(PublishRecord(Signer(person.id, 2), proven(person, 2, inbox=victim.id)))
    assert table.answer(CloseAccount(Signer(person.id, 3))) is None
    assert table.store.heads([victim.id]) != {victim.id: Tombstone()}


def test_a_key_that_the_record_no_longer_names_stocks_nothing() -> None:
    table, person = Table(), Person()
    table.run(sign_up(person))
    device = next(iter(person.device_keys))
    stale = Signer(person.id, 5, device, b"k" * 32)
    assert code(table.answer(StockUp(stale, device, Upload([b"x"])))) == Code.SIGNATURE


def test_a_blob_is_reserved_grows_and_goes() -> None:
    table, upload = Table(), b"u" * 32
    row = table.answer(NewFile(b"b" * 16, 10, upload, 60))
    assert row == BlobRow(10, 0, upload, int(table.now) + 60)
    assert table.answer(Grown(b"b" * 16, 7)) is None
    assert table.answer(NewFile(b"b" * 16, 10, upload, 60)).offset == 7
    assert table.answer(Gone(b"b" * 16)) is None
    assert table.answer(Gone(b"b" * 16)) is None
    assert code(table.answer(Grown(b"b" * 16, 8))) == Code.UNKNOWN
    assert table.store.blob(b"b" * 16) is None
