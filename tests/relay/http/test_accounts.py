"""Accounts, names and key packages over HTTP: who may do what, and what a refusal says."""

from __future__ import annotations

import os
from base64 import b64decode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import msgspec
import pytest

from havre.wire.capability import capability_hash
from havre.wire.directory import Named, Publish, SignUp, TakenAll, Upload
from havre.wire.records import RECORD, AccountRecord
from tests.relay.conftest import RESERVED
from tests.relay.rig import Person, refusal


@pytest.fixture
def alice(http: httpx.Client) -> Person:
    person = Person()
    person.join(http)
    return person


def put(http: httpx.Client, person: Person, form: SignUp) -> httpx.Response:
    return person.send(http, "PUT", person.path, form)


def taken(http: httpx.Client, person: Person) -> list[Any]:
    answer = http.post(f"{person.path}/key-packages/take")
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=TakenAll).key_packages


# --- sign-up ------------------------------------------------------------------------------------------------------


def test_what_was_signed_is_what_is_published(http: httpx.Client, alice: Person) -> None:
    answer = http.get(alice.path).json()
    assert b64decode(answer["record"]) == alice.record()
    assert b64decode(answer["signature"]) == alice.sign_record(alice.record())


def test_the_same_sign_up_again_is_harmless(http: httpx.Client) -> None:
    person, name = Person(), os.urandom(32)
    form = person.sign_up(name)
    assert [put(http, person, form).status_code for _ in range(2)] == [204, 204]
    assert http.get(f"/v1/names/{name.hex()}").json()["account"]
    device = next(iter(person.device_keys))
    assert person.send(http, "GET", person.packages_path(device)).json()["one_time"] == 3


def test_another_sign_up_of_the_same_account_is_refused(http: httpx.Client, alice: Person) -> None:
    answer = put(http, alice, alice.sign_up(record=alice.record(sequence=2)))
    assert (answer.status_code, refusal(answer)) == (409, "taken")


def test_a_sign_up_not_signed_by_the_account_key_is_refused(http: httpx.Client) -> None:
    person, thief = Person(), Person()
    form = person.sign_up()
    body = msgspec.json.encode(form)
    headers = person.headers("PUT", person.path, body)
    forged = headers | {"Havre-Signature": thief.headers("PUT", person.path, body)["Havre-Signature"]}
    answer = http.put(person.path, content=body, headers=forged)
    assert (answer.status_code, refusal(answer)) == (401, "signature")
    assert refusal(http.put(person.path, content=body)) == "malformed"
    assert http.get(person.path).status_code == 404


def test_a_record_not_signed_by_its_key_does_not_replace_another(http: httpx.Client, alice: Person) -> None:
    thief, record = Person(), alice.record(2)
    form = Publish(record, thief.sign_record(record))
    assert refusal(alice.send(http, "PUT", f"{alice.path}/record", form)) == "signature"


def test_a_certificate_with_a_wrong_signature_does_not_replace_another(http: httpx.Client, alice: Person) -> None:
    forged = msgspec.structs.replace(alice.certificate(next(iter(alice.device_keys))), issued=2)
    record = RECORD.encode(AccountRecord(alice.public, 2, alice.inbox.id, [forged]))
    form = Publish(record, alice.sign_record(record))
    assert refusal(alice.send(http, "PUT", f"{alice.path}/record", form)) == "signature"


def test_what_a_sign_up_brings_is_covered_by_the_signature_of_its_request(http: httpx.Client) -> None:
    person, thief = Person(), Person()
    body = msgspec.json.encode(person.sign_up())
    headers = person.headers("PUT", person.path, body)
    for other in (person.sign_up(record=person.record(2)), thief.sign_up()):
        assert refusal(http.put(person.path, content=msgspec.json.encode(other), headers=headers)) == "signature"
    assert http.get(person.path).status_code == 404
    assert http.put(person.path, content=body, headers=headers).status_code == 204


def test_another_accounts_certificate_is_refused(http: httpx.Client) -> None:
    person, other = Person(), Person()
    stolen = other.certificate(next(iter(other.device_keys)))
    relabelled = msgspec.structs.replace(person.certificate(next(iter(person.device_keys))), account_key=other.public)
    for certificate in (stolen, relabelled):
        record = RECORD.encode(AccountRecord(person.public, 1, person.inbox.id, [certificate]))
        assert refusal(put(http, person, person.sign_up(record=record))) == "signature"


def test_a_device_named_twice_is_refused(http: httpx.Client) -> None:
    person = Person()
    device = next(iter(person.device_keys))
    answer = put(http, person, person.sign_up(record=person.record(devices=[device, device])))
    assert (answer.status_code, refusal(answer)) == (400, "malformed")


def test_an_account_id_that_is_not_the_keys_is_refused(http: httpx.Client) -> None:
    person = Person()
    person.id = os.urandom(32)
    assert refusal(put(http, person, person.sign_up())) == "signature"


def test_an_inbox_that_others_cannot_write_to_is_refused(http: httpx.Client) -> None:
    person = Person()
    hashes = msgspec.structs.replace(person.inbox.hashes, write=capability_hash(b"x" * 32))
    form = msgspec.structs.replace(person.sign_up(), inbox=hashes)
    assert refusal(put(http, person, form)) == "malformed"


def test_an_inbox_id_of_another_queue_is_refused_and_nothing_is_made(http: httpx.Client, alice: Person) -> None:
    person, name = Person(), os.urandom(32)
    form = person.sign_up(name, record=person.record(inbox=alice.inbox.id))
    assert refusal(put(http, person, form)) == "taken"
    assert http.get(person.path).status_code == 404
    assert http.get(f"/v1/names/{name.hex()}").status_code == 404


def test_a_changed_body_or_path_breaks_the_signature(http: httpx.Client, alice: Person) -> None:
    record = alice.record(sequence=2)
    body = msgspec.json.encode(Publish(record, alice.sign_record(record)))
    headers = alice.headers("PUT", f"{alice.path}/record", body)
    assert refusal(http.put(f"{alice.path}/record", content=body + b" ", headers=headers)) == "signature"
    assert refusal(http.put(f"/v1/names/{os.urandom(32).hex()}", content=body, headers=headers)) == "malformed"
    assert refusal(http.delete(alice.path, headers=headers)) == "signature"


def test_a_replayed_request_is_stale(http: httpx.Client, alice: Person) -> None:
    name, other = (f"/v1/names/{os.urandom(32).hex()}" for _ in range(2))
    body = msgspec.json.encode(Named(alice.id))
    first = alice.headers("PUT", name, body)
    assert http.put(name, content=body, headers=first).status_code == 204
    assert alice.send(http, "PUT", other, Named(alice.id)).status_code == 204
    answer = http.put(name, content=body, headers=first)
    assert (answer.status_code, refusal(answer)) == (409, "stale")


# --- records ------------------------------------------------------------------------------------------------------


def test_only_a_newer_record_replaces(http: httpx.Client, alice: Person) -> None:
    path = f"{alice.path}/record"
    for sequence, status in ((3, 204), (3, 204), (2, 409), (4, 204)):
        record = alice.record(sequence)
        assert alice.send(http, "PUT", path, Publish(record, alice.sign_record(record))).status_code == status
    assert b64decode(http.get(alice.path).json()["record"]) == alice.record(4)


def test_a_device_that_is_removed_loses_its_key_packages(http: httpx.Client) -> None:
    person = Person(devices=2)
    person.join(http)
    first, second = person.device_keys
    path = person.packages_path(second)
    assert person.send(http, "PUT", path, Upload([b"x"], b"y"), device=second).status_code == 200
    record = person.record(2, [first])
    publish = Publish(record, person.sign_record(record))
    assert person.send(http, "PUT", f"{person.path}/record", publish).status_code == 204
    assert [one.device for one in taken(http, person)] == [first]
    assert refusal(person.send(http, "PUT", path, Upload([b"x"]), device=second)) == "unknown"


def test_a_closed_account_is_gone_and_its_sign_up_cannot_be_replayed(http: httpx.Client) -> None:
    person, name = Person(), os.urandom(32)
    body = msgspec.json.encode(person.sign_up(name))
    headers = person.headers("PUT", person.path, body)
    assert http.put(person.path, content=body, headers=headers).status_code == 204
    assert person.send(http, "DELETE", person.path).status_code == 204
    assert http.get(person.path).status_code == 404
    assert http.get(f"/v1/names/{name.hex()}").status_code == 404
    assert refusal(http.put(person.path, content=body, headers=headers)) == "stale"


# --- names --------------------------------------------------------------------------------------------------------


def test_a_name_belongs_to_one_account_and_an_account_has_one_name(http: httpx.Client, alice: Person) -> None:
    bob = Person()
    bob.join(http)
    one, two = (f"/v1/names/{os.urandom(32).hex()}" for _ in range(2))
    assert alice.send(http, "PUT", one, Named(alice.id)).status_code == 204
    answer = bob.send(http, "PUT", one, Named(bob.id))
    assert (answer.status_code, refusal(answer)) == (409, "taken")
    assert alice.send(http, "PUT", two, Named(alice.id)).status_code == 204
    assert bob.send(http, "PUT", one, Named(bob.id)).status_code == 204
    assert b64decode(http.get(two).json()["account"]) == alice.id


def test_a_name_is_freed_by_its_owner_only(http: httpx.Client, alice: Person) -> None:
    bob, name = Person(), f"/v1/names/{os.urandom(32).hex()}"
    bob.join(http)
    alice.send(http, "PUT", name, Named(alice.id))
    assert refusal(bob.send(http, "DELETE", name)) == "signature"
    assert alice.send(http, "DELETE", name).status_code == 204
    assert refusal(http.get(name)) == "unknown"


def test_a_reserved_name_is_not_given_away(http: httpx.Client, alice: Person) -> None:
    answer = alice.send(http, "PUT", f"/v1/names/{RESERVED.hex()}", Named(alice.id))
    assert (answer.status_code, refusal(answer)) == (403, "not-allowed")
    person = Person()
    assert refusal(put(http, person, person.sign_up(RESERVED))) == "not-allowed"


def test_a_sign_up_with_somebody_elses_name_is_refused(http: httpx.Client) -> None:
    name = os.urandom(32)
    Person().join(http, name)
    person = Person()
    assert refusal(put(http, person, person.sign_up(name))) == "taken"


# --- key packages -------------------------------------------------------------------------------------------------


@pytest.mark.claim("package-once")
def test_each_key_package_is_taken_once_and_then_the_last_resort(http: httpx.Client, alice: Person) -> None:
    found = [taken(http, alice)[0] for _ in range(5)]
    assert [one.key_package for one in found] == [b"package-0", b"package-1", b"package-2", b"last", b"last"]
    assert [one.last_resort for one in found] == [False, False, False, True, True]


def test_each_key_package_is_taken_once_by_many_at_a_time(http: httpx.Client, alice: Person) -> None:
    device = next(iter(alice.device_keys))
    upload = Upload([b"extra-%d" % n for n in range(60)])
    assert alice.send(http, "POST", alice.packages_path(device), upload).json() == {"one_time": 63}
    with ThreadPoolExecutor(8) as pool:
        found = [one[0].key_package for one in pool.map(lambda _: taken(http, alice), range(80))]
    counts = Counter(found)
    assert counts.pop(b"last") == 17
    assert set(counts.values()) == {1}
    assert len(counts) == 63


def test_a_device_key_stocks_up_its_own_device_only(http: httpx.Client) -> None:
    person = Person(devices=2)
    person.join(http)
    first, second = person.device_keys
    assert person.send(http, "PUT", person.packages_path(second), Upload([b"x"]), device=second).status_code == 200
    assert refusal(person.send(http, "PUT", person.packages_path(first), Upload([b"x"]), device=second)) == "signature"
    person.device_keys[second] = Person().key
    assert refusal(person.send(http, "PUT", person.packages_path(second), Upload([b"x"]), device=second)) == "signature"


def test_a_device_key_does_not_speak_for_the_account(http: httpx.Client, alice: Person) -> None:
    device = next(iter(alice.device_keys))
    assert refusal(alice.send(http, "DELETE", alice.path, device=device)) == "signature"


def test_a_hundred_key_packages_are_enough(http: httpx.Client, alice: Person) -> None:
    path = alice.packages_path(next(iter(alice.device_keys)))
    answer = alice.send(http, "PUT", path, Upload([b"x"] * 98))
    assert (answer.status_code, refusal(answer)) == (507, "full")
    assert alice.send(http, "GET", path).json() == {"one_time": 3}


def test_stock_is_told_to_the_owner_only(http: httpx.Client, alice: Person) -> None:
    path = alice.packages_path(next(iter(alice.device_keys)))
    assert refusal(http.get(path)) == "malformed"
    headers = Person().headers("GET", path, b"")
    assert refusal(http.get(path, headers=headers)) == "signature"


# --- hostile ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/accounts/zz", 400, "malformed"),
        ("GET", f"/v1/accounts/{'A' * 64}", 400, "malformed"),
        ("GET", f"/v1/accounts/{'0' * 64}", 404, "unknown"),
        ("POST", f"/v1/accounts/{'0' * 64}/key-packages/take", 404, "unknown"),
        ("PUT", f"/v1/accounts/{'0' * 64}", 400, "malformed"),
        ("DELETE", f"/v1/accounts/{'0' * 64}", 404, "unknown"),
        ("GET", "/nothing", 404, "unknown"),
        ("POST", "/v1/relay", 405, "not-allowed"),
        ("POST", "/v1/blobs", 400, "malformed"),
    ],
)
def test_every_no_is_one_typed_refusal(http: httpx.Client, method: str, path: str, status: int, code: str) -> None:
    answer = http.request(method, path)
    assert (answer.status_code, refusal(answer)) == (status, code)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b'{"record":1}', b"[" * 100_000, b"\xff\xfe", b'{"x":"\\ud800"}']
)
def test_bodies_that_are_nothing(http: httpx.Client, body: bytes) -> None:
    person = Person()
    answer = http.put(person.path, content=body, headers=person.headers("PUT", person.path, body))
    assert (answer.status_code, refusal(answer)) == (400, "malformed")


def test_a_body_without_end_is_refused(http: httpx.Client) -> None:
    answer = http.post("/v1/blobs", content=b"x" * (4 * 1024 * 1024 + 1))
    assert (answer.status_code, refusal(answer)) == (413, "oversized")


@pytest.mark.parametrize("sequence", ["-1", "x", "1" * 30, "1.5", "¹"])
def test_sequences_that_are_no_numbers(http: httpx.Client, alice: Person, sequence: str) -> None:
    headers = alice.headers("DELETE", alice.path, b"") | {"Havre-Sequence": sequence}
    answer = http.delete(alice.path, headers=[(key.encode(), value.encode()) for key, value in headers.items()])
    assert refusal(answer) == "malformed"
