"""Backup, restoring, export and leaving, with real relays."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from havre.client.api import (
    Chat,
    Cost,
    DeviceAppeared,
    Havre,
    Language,
    MessageState,
    NoticeBody,
    Passphrase,
    Role,
    Standing,
    TextBody,
    normal_recovery_key,
)
from havre.client.errors import HavreError, NoProfile, ProfileExists, WrongPassphrase
from havre.client.identity.account import check_record
from havre.client.identity.address import RelayAddress
from havre.client.transport.base import Connected, Received
from havre.client.transport.network import InternetNetwork
from havre.client.vault.rows import QueueRole
from havre.wire.refusals import Code
from havre.wire.stream import Subscribe, Subscribed, Subscription
from tests.client.relays import running_relay
from tests.client.test_api import until, words

pytestmark = pytest.mark.anyio

CHEAP = Cost(passes=1, memory_kib=64, lanes=1)
SECRET = Passphrase("correct horse")
OTHER = Passphrase("another one")


@pytest.fixture
async def relay(stack: AsyncExitStack, tmp_path: Path) -> str:
    return (await stack.enter_async_context(running_relay(tmp_path / "relay"))).url


async def signed_up(folder: Path, relay: str, name: str, user_name: str | None = None) -> Havre:
    me = await Havre.sign_up(folder / name, SECRET, relay, name, user_name=user_name, cost=CHEAP)
    await me.contacts.let_everybody_in(True)
    return me


async def settled(*people: Havre) -> None:
    for _ in range(2):
        for one in people:
            assert (await one.settle(60)).done


def closing(stack: AsyncExitStack, me: Havre) -> Havre:
    """Close somebody at the end of the test."""
    stack.push_async_callback(me.close)
    return me


def texts(me: Havre, name: str) -> list[str]:
    return [one.body.text for one in me.messages(me.person(name)) if isinstance(one.body, TextBody)]


async def test_what_a_restored_device_is(stack: AsyncExitStack, relay: str, tmp_path: Path) -> None:
    alice = await signed_up(tmp_path, relay, "alice", "alice-user")
    bob = closing(stack, await signed_up(tmp_path, relay, "bob"))
    await alice.send_text(await alice.add(bob.link()), "before the backup")
    await settled(alice, bob)
    key = await alice.backup.write(tmp_path / "alice.backup")
    old, old_record = alice.account, alice._core.vault.me().record
    await alice.close()

    with pytest.raises(HavreError, match="recovery key"):
        await restored(tmp_path, "0" * 64)
    assert not Havre.exists(tmp_path / "again")
    again = closing(stack, await restored(tmp_path, key))
    assert (again.account.account_id, again.account.name) == (old.account_id, old.name)
    assert again.account.device != old.device
    assert texts(again, "bob") == ["before the backup"]
    me = again._core.vault.me()
    assert me.record != old_record
    network = InternetNetwork(lambda: 0.0)
    signed = await network.directory(RelayAddress.parse(relay)).account(me.account)
    await network.close()
    assert signed is not None
    record = check_record(again._core.provider, signed, me.account)
    assert [one.device for one in record.devices] == [me.device], "the old device is out of the account"
    assert (await again.settle(60)).done
    assert again._core.vault.queue(record.inbox) is not None
    with pytest.raises(ProfileExists):
        await restored(tmp_path, key)

    await settled(again, bob)
    await bob.send_text(bob.person("alice"), "are you back?")
    await settled(bob, again)
    await again.send_text(again.person("bob"), "with a new device")
    await settled(again, bob)
    assert texts(again, "bob") == texts(bob, "alice") == ["before the backup", "are you back?", "with a new device"]
    assert bob.messages(bob.person("alice"))[1].state is MessageState.DELIVERED
    assert len(bob.people()) == 1


async def restored(folder: Path, key: str) -> Havre:
    return await Havre.restore(
        folder / "again", OTHER, folder / "alice.backup", normal_recovery_key(key), cost=CHEAP
    )  # fmt: skip


async def test_a_passphrase_of_ones_own(relay: str, tmp_path: Path) -> None:
    alice = await signed_up(tmp_path, relay, "alice")
    assert await alice.backup.write(tmp_path / "alice.backup", "by the sea", cost=CHEAP) == ""
    await alice.close()
    with pytest.raises(WrongPassphrase):
        await Havre.restore(tmp_path / "again", OTHER, tmp_path / "alice.backup", "inland", cost=CHEAP)
    assert list((tmp_path / "again").iterdir()) == [tmp_path / "again" / "vault.lock"]
    again = await Havre.restore(tmp_path / "again", OTHER, tmp_path / "alice.backup", "by the sea", cost=CHEAP)
    await again.close()
    async with Havre.open(tmp_path / "again", OTHER) as opened:
        assert opened.account.name == "alice"


async def test_a_relay_that_has_lost_the_account_gets_it_back(
    stack: AsyncExitStack, relay: str, tmp_path: Path
) -> None:
    alice = await signed_up(tmp_path, relay, "alice")
    bob, carol = [closing(stack, await signed_up(tmp_path, relay, name)) for name in ("bob", "carol")]
    await alice.add(bob.link())
    await settled(alice, bob, alice)
    await alice.backup.write(tmp_path / "alice.backup", "by the sea", cost=CHEAP)
    await alice.delete_account()
    await until(lambda: bob.chat("alice").standing is Standing.GONE)
    again = await Havre.restore(tmp_path / "again", OTHER, tmp_path / "alice.backup", "by the sea", cost=CHEAP)
    again = closing(stack, again)
    assert (await again.settle(60)).done
    await until(lambda: bob.chat("alice").standing is Standing.ACCEPTED)
    await bob.send_text(bob.person("alice"), "welcome back")
    await carol.send_text(await carol.add(again.link()), "who are you?")
    await settled(bob, carol, again)
    assert (texts(again, "bob"), texts(again, "carol")) == (["welcome back"], ["who are you?"])


async def test_a_deleted_account_leaves_nothing_behind(
    stack: AsyncExitStack, relay: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("havre.client.api.havre._HEARING", 60.0)  # Bob is there, and may be slow
    alice = await signed_up(tmp_path, relay, "alice", "alice-user")
    bob = closing(stack, await signed_up(tmp_path, relay, "bob"))
    await alice.send_text(await alice.add(bob.link()), "farewell")
    await settled(alice, bob, alice)
    link = alice.link()
    queues = [row.queue for row in alice._core.vault.queues()]
    assert {row.role for row in alice._core.vault.queues()} == {QueueRole.INBOX, QueueRole.CONVERSATION}
    await alice.delete_account()

    assert list((tmp_path / "alice").iterdir()) == []
    with pytest.raises(NoProfile):
        await Havre.open(tmp_path / "alice", SECRET)
    carol = closing(stack, await signed_up(tmp_path, relay, "carol", "alice-user"))
    with pytest.raises(HavreError, match="no such account"):
        await carol.add(link)
    assert texts(bob, "alice") == ["farewell"], "people keep what they have received"
    gone = bob.messages(bob.person("alice"))[-1].body
    assert isinstance(gone, NoticeBody)
    assert gone.text == "Alice has deleted their account: nobody reads what is written here."
    with pytest.raises(HavreError, match="This account is deleted"):
        await bob.send_text(bob.person("alice"), "are you there?")
    network = InternetNetwork(lambda: 0.0)
    unknown = await unknown_queues(network, relay, queues)
    await network.close()
    assert unknown == len(queues)


async def a_choir(stack: AsyncExitStack, relay: str, folder: Path) -> tuple[Havre, Havre, Havre, Chat]:
    """Return Alice, whom the test closes, Bob, Carol, and the group that Alice has made with them."""
    alice = await signed_up(folder, relay, "alice")
    bob, carol = [closing(stack, await signed_up(folder, relay, name)) for name in ("bob", "carol")]
    people = [await alice.add(one.link()) for one in (bob, carol)]
    await settled(alice, bob, carol)
    group = await alice.groups.create("Choir", people)
    await settled(alice, bob, carol)
    return alice, bob, carol, group


async def test_a_restored_device_comes_back_into_its_groups(stack: AsyncExitStack, relay: str, tmp_path: Path) -> None:
    alice, bob, carol, group = await a_choir(stack, relay, tmp_path)
    await bob.send_text(bob.chat(group.id), "before")
    await until(lambda: words(alice.messages(alice.chat(group.id))) == ["before"])
    await alice.backup.write(tmp_path / "alice.backup", "by the sea", cost=CHEAP)
    await until(lambda: all(one._core.vault.portrait(bytes.fromhex(alice.account.account_id)) for one in (bob, carol)))
    # Whatever keys the device had then are others now, and those who lay the state have never seen the backup's.
    await alice.groups.set_title(alice.chat(group.id), "Chamber choir")
    await until(lambda: any(chat.title == "Chamber choir" for chat in carol.chats()))
    await alice.groups.set_role(alice.chat(group.id), alice.groups.member(alice.chat(group.id), "carol"), Role.ADMIN)
    await until(lambda: carol.groups.show(carol.chat(group.id)).role is Role.ADMIN)
    await carol.groups.set_description(carol.chat(group.id), "Tuesdays")
    await until(lambda: any(chat.description == "Tuesdays" for chat in alice.chats()))
    await settled(alice, bob, carol)
    await alice.close()
    news = carol.events()

    again = await Havre.restore(tmp_path / "again", OTHER, tmp_path / "alice.backup", "by the sea", cost=CHEAP)
    again = closing(stack, again)
    assert again.chat(group.id).standing is Standing.WAITING
    await until(lambda: again.chat(group.id).standing is Standing.ACCEPTED)
    assert again.chat(group.id).title == "Chamber choir"
    (mine,) = [one for one in again.groups.show(again.chat(group.id)).members if one.me]
    assert (mine.devices, mine.role) == (1, Role.OWNER), "the lost device is out"
    await again.send_text(again.chat(group.id), "I am back")
    await until(lambda: all(words(one.messages(one.chat(group.id)))[-1:] == ["I am back"] for one in (bob, carol)))
    await carol.send_text(carol.chat(group.id), "Welcome")
    await until(lambda: words(again.messages(again.chat(group.id))) == ["before", "I am back", "Welcome"])
    assert not again._core.vault.way_back(), "the key of the backup is in the backup alone"
    async with asyncio.timeout(60):
        while not isinstance(told := await anext(news), DeviceAppeared):
            pass
    assert told.person.name == "alice"


async def test_a_deleted_account_leaves_its_groups(stack: AsyncExitStack, relay: str, tmp_path: Path) -> None:
    alice, bob, carol, group = await a_choir(stack, relay, tmp_path)
    await alice.delete_account()
    await until(lambda: {one.name for one in bob.groups.show(bob.chat(group.id)).members} == {"bob", "carol"})
    assert bob.groups.show(bob.chat(group.id)).members[0].role is Role.OWNER
    await bob.send_text(bob.chat(group.id), "without her")
    await until(lambda: words(carol.messages(carol.chat(group.id))) == ["without her"])


async def test_an_account_whose_relay_is_away_is_not_deleted_by_half(stack: AsyncExitStack, tmp_path: Path) -> None:
    async with running_relay(tmp_path / "one") as first:
        alice = closing(stack, await signed_up(tmp_path, first.url, "alice"))
        bob = closing(stack, await signed_up(tmp_path, first.url, "bob"))
        to_bob = await alice.add(bob.link())
        await settled(alice, bob)
        group = await alice.groups.create("Choir", [to_bob])
        await settled(alice, bob)
    with pytest.raises(HavreError):
        await alice.delete_account()
    assert alice.chat(group.id).standing is Standing.ACCEPTED
    assert Havre.exists(tmp_path / "alice")


async def unknown_queues(network: InternetNetwork, relay: str, queues: list[bytes]) -> int:
    """Return how many of these queues the relay does not know."""
    link = network.stream(RelayAddress.parse(relay))
    async for happening in link:
        if isinstance(happening, Connected):
            await link.send([Subscribe(1, [Subscription(queue, bytes(32), 0) for queue in queues])])
        if isinstance(happening, Received):
            for event in happening.events:
                if isinstance(event, Subscribed):
                    return sum(caught.refused is Code.UNKNOWN for caught in event.queues)
    return 0


async def test_export(stack: AsyncExitStack, relay: str, tmp_path: Path) -> None:
    alice = closing(stack, await signed_up(tmp_path, relay, "alice"))
    bob = closing(stack, await signed_up(tmp_path, relay, "bob"))
    to_bob = await alice.add(bob.link())
    await alice.send_text(to_bob, "<b>été</b>")
    (tmp_path / "notes.txt").write_text("the sea")
    await alice.send_file(to_bob, tmp_path / "notes.txt")
    await settled(alice, bob)
    count = await bob.export(tmp_path / "out", bob.chats(), language=Language.FRENCH)
    assert count == 2
    page = (tmp_path / "out" / "001-alice.html").read_text()
    assert "&lt;b&gt;été&lt;/b&gt;" in page
    assert '<html lang="fr">' in page
    assert (tmp_path / "out" / "001-alice" / "notes.txt").read_text() == "the sea"
    said = json.loads((tmp_path / "out" / "001-alice.json").read_text())
    assert [one["body"]["kind"] for one in said["messages"]] == ["text", "file"]
    assert said["messages"][1]["file"] == "001-alice/notes.txt"
    assert "001-alice.html" in (tmp_path / "out" / "index.html").read_text()
    with pytest.raises(HavreError, match="already"):
        await bob.export(tmp_path / "out", bob.chats())
