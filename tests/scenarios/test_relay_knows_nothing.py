"""After a whole story, the relay's folder and log hold nothing that it should not know."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from rocksdict import AccessType, Options, Rdict

from havre.client.profiles import open_profile
from havre.client.vault.keys import Passphrase
from havre.client.vault.rows import QueueRole
from tests.scenarios.town import PASSPHRASE, Town

WORDS = "the-heron-flies-at-midnight"
REPLY = "le-héron-dort-à-midi"
FILE_NAME = "quarterly-herons.csv"
FILE_WORDS = b"heron;heron;heron;" * 20_000


@pytest.mark.claim("no-plaintext")
@pytest.mark.claim("names-hashed")
@pytest.mark.claim("capabilities-hashed")
def test_nothing_that_it_should_not_know(town: Town, tmp_path: Path) -> None:
    people = ("zerubbabel", "mehetabel")
    for person in people:
        town.sign_up(person)
    town.befriend(*people)
    tell_a_story(town, *people, tmp_path)
    assert town.relay.stop() == 0

    capabilities = [secret for person in people for secret in capabilities_of(town, person)]
    assert len(capabilities) > 8
    held = list(everything_held(town))
    assert sum(map(len, held)) > len(FILE_WORDS), "the ciphertext of the file is not even there"
    forbidden = [*people, "Zerubbabel", WORDS, REPLY, FILE_NAME, "heron;heron", "127.0.0.1", "localhost", PASSPHRASE]
    for thing in (*(word.encode() for word in forbidden), *capabilities):
        for shape in shapes(thing):
            assert not any(shape in place for place in held), f"the relay holds {thing!r}"


def tell_a_story(town: Town, one: str, other: str, folder: Path) -> None:
    town.ask(one, "send", other, WORDS)
    assert town.texts(other, one) == [WORDS]
    town.ask(other, "send", one, REPLY)
    town.run(one, "send", other, WORDS, HAVRE_PASSPHRASE_FILE=str(folder / "none"))
    path = folder / FILE_NAME
    path.write_bytes(FILE_WORDS)
    town.ask(one, "send", other, "--file", str(path))
    saved = Path(town.ask(other, "save", one, "--to", str(folder / "saved"))[0]["path"])
    assert saved.read_bytes() == FILE_WORDS
    town.run("eve", "signup", one, "--relay", town.relay.url)
    town.run(other, "add", "nobody-is-called-so")


def capabilities_of(town: Town, person: str) -> Iterator[bytes]:
    """Yield the capability secrets in a vault; an inbox's write capability is public by design."""
    profile = open_profile(town.folder / "people" / person, Passphrase(PASSPHRASE))
    try:
        for queue in profile.vault.queues():
            yield queue.read
            yield queue.manage
            if queue.role is not QueueRole.INBOX:
                yield queue.write
    finally:
        profile.close()


def everything_held(town: Town) -> Iterator[bytes]:
    """Yield every file as it lies on the disk, the log, and every key and value of the store, unpacked."""
    for path in (*town.relay.folder.rglob("*"), town.relay.log):
        yield str(path.name).encode()
        if path.is_file():
            yield path.read_bytes()
    store = Rdict(str(town.relay.folder / "store"), Options(raw_mode=True), access_type=AccessType.read_only())
    for row in store.items():
        for part in row:
            assert isinstance(part, bytes)
            yield part
    store.close()


def shapes(thing: bytes) -> list[bytes]:
    """Return the forms in which something could have been written down."""
    return [thing, thing.hex().encode(), b64encode(thing).rstrip(b"="), urlsafe_b64encode(thing).rstrip(b"=")]
