"""A member who sends what nobody should: told clearly, and the conversation goes on as it was.

What members may not do to a group is in tests/client/engine/test_group_chats.py, files that are not what they should
be in tests/client/files/test_download.py.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from havre.client import views
from havre.client.engine.groups import Reason
from havre.client.vault.rows import MessageKind
from havre.content import (
    Content,
    ContentError,
    File,
    Picture,
    Text,
    decode,
    delete,
    edit,
    encode,
    profile,
    react,
    read,
    text,
)
from havre.content.model import Disposition, SinglePart
from havre.wire.stream import Append
from tests.client.engine.looking import conversation, group, queue, skipped
from tests.content.test_pictures import BLUR, claiming, with_raw
from tests.simulation.world import Device, World


def send_raw(world: World, device: Device, data: bytes) -> None:
    """Have a member send bytes that its own client would not: encrypted and in place, as they stand."""
    row, here = queue(device), group(device)
    after, body = device.groups.encrypt(here, data)
    with device.vault.transaction():
        device.vault.put_keys(row.queue, after.epoch, device.groups.dump_keys(after))
    device.crash()
    stranger = world.relays[row.relay].connect()
    stranger.commands.append(Append(1, row.queue, row.write, world.random.randbytes(16), body))
    world.relays[row.relay].take(stranger)
    world.settle()


def salted(world: World, content: Content) -> bytes:
    return encode(replace(content, salt=world.random.randbytes(16)))


def texts(device: Device, other: Device) -> list[str]:
    return [words(row.content) for row in device.vault.messages(other.account)]


def words(data: bytes) -> str:
    try:
        body = read(decode(data))
    except ContentError:
        return "(cannot be shown)"
    return body.text if isinstance(body, Text) else "(cannot be shown)"


def still_talking(world: World, alice: Device, bob: Device) -> None:
    """Whatever was tried, both go on."""
    alice.send(bob, "from alice")
    bob.send(alice, "from bob")
    world.settle()
    assert texts(bob, alice)[-2:] == texts(alice, bob)[-2:]
    assert {"from alice", "from bob"} <= set(texts(bob, alice))
    assert group(alice).authenticator == group(bob).authenticator


@pytest.mark.parametrize("data", [b"", b"\xff" * 40, b"\x87", bytes(5000), b"\x9f" * 900])
def test_malformed_content(talking: World, alice: Device, bob: Device, data: bytes) -> None:
    send_raw(talking, bob, data)
    assert Reason.MALFORMED in skipped(alice)
    assert conversation(alice).skipped == 1
    still_talking(talking, alice, bob)


@pytest.mark.parametrize("emoji", ["👍" * 5000, "not one emoji\nbut two lines", "\u202e👍", ""])
def test_reaction_that_is_none(talking: World, alice: Device, bob: Device, emoji: str) -> None:
    target = alice.vault.messages(bob.account)[-1].id
    sound = react(bytes(16), target, "👍")
    part = SinglePart("text/plain;charset=utf-8", emoji.encode(), Disposition.REACTION)
    send_raw(talking, bob, salted(talking, replace(sound, part=part)))
    assert list(alice.vault.amendments(bob.account, [target])) == []
    still_talking(talking, alice, bob)


@pytest.mark.parametrize("forge", [lambda name: edit(b"", name, "changed", 0), lambda name: delete(b"", name)])
def test_forged_edit_of_anothers_message(talking: World, alice: Device, bob: Device, forge: object) -> None:
    target = alice.vault.messages(bob.account)[-1]
    assert target.mine
    assert callable(forge)
    send_raw(talking, bob, salted(talking, forge(target.id)))
    assert skipped(alice) == [Reason.NOT_YOURS]
    assert alice.vault.messages(bob.account)[-1].content == target.content
    assert list(alice.vault.amendments(bob.account, [target.id])) == []
    still_talking(talking, alice, bob)


def test_a_flood_of_reactions_to_what_is_not_there_is_bounded(talking: World, alice: Device, bob: Device) -> None:
    before = len(list(alice.vault.messages(bob.account)))
    for number in range(3):
        send_raw(talking, bob, salted(talking, react(b"", bytes([number]) * 32, "👍")))
    assert len(list(alice.vault.messages(bob.account))) == before
    still_talking(talking, alice, bob)


def test_unknown_content_is_shown_as_such(talking: World, alice: Device, bob: Device) -> None:
    content = Content(b"", SinglePart("application/vnd.example.hologram", b"\x00" * 64, Disposition.RENDER))
    send_raw(talking, bob, salted(talking, content))
    (row,) = [row for row in alice.vault.messages(bob.account) if not row.mine]
    assert row.kind is MessageKind.UNKNOWN
    assert b"hologram" in row.content


def test_a_thumbnail_that_unfolds_without_measure_is_handed_to_no_face(
    talking: World, alice: Device, bob: Device
) -> None:
    send_raw(talking, bob, salted(talking, with_raw(claiming(65_500, 65_500), [40, 30, BLUR])))
    (row,) = [row for row in alice.vault.messages(bob.account) if not row.mine]
    assert row.kind is MessageKind.FILE
    body = read(decode(row.content))
    assert isinstance(body, File)
    assert body.picture == Picture(40, 30, BLUR, b"")
    still_talking(talking, alice, bob)


def test_name_that_imitates_anothers(talking: World, alice: Device, bob: Device) -> None:
    mallory = talking.person("mallory")
    talking.settle()
    mallory.add(alice)
    talking.settle()
    for device, name in ((bob, "Bob"), (mallory, "\u202eВоb\u2066")):
        (row,) = device.vault.conversations()
        assert row.chat == alice.account
        send_raw_in(talking, device, row.queue, salted(talking, profile(b"", name, since=talking.now)))
    everybody = list(alice.vault.people())
    shown = {talking.name_of(one.account): views.shown_name(one, everybody) for one in everybody}
    assert shown["bob"].startswith("Bob [")
    assert shown["mallory"] != shown["bob"]
    assert "\u202e" not in shown["mallory"]
    assert shown["mallory"].endswith(f"[{views.fingerprint(mallory.account)}]")


def send_raw_in(world: World, device: Device, queue_id: bytes, data: bytes) -> None:
    row, here = device.vault.queue(queue_id), device.group(queue_id)
    assert row is not None
    assert here is not None
    _, body = device.groups.encrypt(here, data)
    stranger = world.relays[row.relay].connect()
    stranger.commands.append(Append(1, row.queue, row.write, world.random.randbytes(16), body))
    world.relays[row.relay].take(stranger)
    world.settle()


def test_the_same_words_twice_are_two_messages_and_one_message_twice_is_one(
    talking: World, alice: Device, bob: Device
) -> None:
    data = salted(talking, text(b"", "again", 0))
    for _ in range(2):
        send_raw(talking, bob, data)
    assert texts(alice, bob).count("again") == 1
    assert skipped(alice) == [Reason.REPEATED]
