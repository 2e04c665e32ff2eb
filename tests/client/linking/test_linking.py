"""Linking through the api and a real relay: what the new device has, what it lacks, and who cannot get in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from havre.client.api import Cost, Havre, Passphrase, TextBody
from havre.client.errors import HavreError, KeyMismatch, LinkInvalid, NoAccountKey
from havre.client.linking.code import decode_code, encode_code
from havre.client.linking.meeting import Meeting
from havre.client.transport.network import InternetNetwork
from tests.client.relays import running_relay

pytestmark = pytest.mark.anyio

CHEAP = Cost(passes=1, memory_kib=64, lanes=1)
SECRET = Passphrase("correct horse")
OTHER = Passphrase("another one")


@pytest.fixture
async def relay(stack: AsyncExitStack, tmp_path: Path) -> str:
    return (await stack.enter_async_context(running_relay(tmp_path / "relay"))).url


async def signed_up(stack: AsyncExitStack, folder: Path, relay: str, name: str) -> Havre:
    opening = Havre.sign_up(folder / name, SECRET, relay, name, cost=CHEAP)
    me = await stack.enter_async_context(opening)
    await me.contacts.let_everybody_in(True)
    return me


async def linked(
    stack: AsyncExitStack, first: Havre, folder: Path, relay: str, *, history: bool = True, may_link: bool = False
) -> Havre:
    new = Havre.new_device(relay, "laptop")
    joining = asyncio.ensure_future(joined(folder / f"laptop-{new.number[:3]}", new))
    candidate = await first.devices.read_code(new.text)
    assert (candidate.name, candidate.number) == ("laptop", new.number)
    await first.devices.link(candidate, history=history, may_link=may_link)
    async with asyncio.timeout(60):
        laptop = await joining
    stack.push_async_callback(laptop.close)
    count = len(first._core.vault.conversations())
    await until(lambda: len(laptop._core.vault.conversations()) == count)
    return laptop


async def joined(folder: Path, new: object) -> Havre:
    return await Havre.join_account(folder, OTHER, new, cost=CHEAP)  # type: ignore[arg-type]


async def settled(*people: Havre) -> None:
    for _ in range(3):
        for one in people:
            assert (await one.settle(60)).done


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # the condition is in a vault, which tells nobody
            await asyncio.sleep(0.02)


def texts(me: Havre, name: str) -> list[str]:
    return [one.body.text for one in me.messages(me.person(name)) if isinstance(one.body, TextBody)]


async def test_a_linked_device_has_it_all(stack: AsyncExitStack, relay: str, tmp_path: Path) -> None:
    alice, bob = [await signed_up(stack, tmp_path, relay, name) for name in ("alice", "bob")]
    to_bob = await alice.add(bob.link(), "Bobby")
    await alice.send_text(to_bob, "before")
    await settled(alice, bob)
    laptop = await linked(stack, alice, tmp_path, relay)
    await settled(alice, laptop, bob)

    assert laptop.account.account_id == alice.account.account_id
    assert laptop.account.device != alice.account.device
    assert texts(laptop, "Bobby") == ["before"]
    await bob.send_text(bob.person("alice"), "to all your devices")
    await until(lambda: texts(alice, "Bobby")[-1] == texts(laptop, "Bobby")[-1] == "to all your devices")
    await laptop.send_text(laptop.person("Bobby"), "from the laptop")
    await until(lambda: texts(bob, "alice")[-1] == texts(alice, "Bobby")[-1] == "from the laptop")
    assert [(one.name, one.this) for one in laptop.devices.list()][1] == ("laptop", True)

    assert not laptop.devices.may_link
    vault = laptop._core.vault
    assert vault.me().account_secret == b""
    for act in (
        lambda: laptop.devices.read_code("havre-device://x"),
        lambda: laptop.devices.revoke(laptop.devices.list()[0]),
        lambda: laptop.backup.write(tmp_path / "no.backup"),
        lambda: laptop.delete_account(),
    ):
        with pytest.raises(NoAccountKey):
            await act()


async def test_without_history_and_with_the_key(stack: AsyncExitStack, relay: str, tmp_path: Path) -> None:
    alice, bob = [await signed_up(stack, tmp_path, relay, name) for name in ("alice", "bob")]
    await alice.send_text(await alice.add(bob.link()), "a secret between this phone and Bob")
    await settled(alice, bob)
    laptop = await linked(stack, alice, tmp_path, relay, history=False, may_link=True)
    await settled(alice, laptop, bob)
    assert texts(laptop, "bob") == []
    assert laptop.devices.may_link
    assert not laptop._core.vault.execute("SELECT 1 FROM search").fetchall()
    phone = next(one for one in laptop.devices.list() if not one.this)
    await laptop.devices.revoke(phone)
    await settled(laptop, bob)
    assert len(laptop.devices.list()) == 1


async def test_a_revoked_device_is_out_everywhere(stack: AsyncExitStack, relay: str, tmp_path: Path) -> None:
    alice, bob = [await signed_up(stack, tmp_path, relay, name) for name in ("alice", "bob")]
    await alice.send_text(await alice.add(bob.link()), "hello")
    await settled(alice, bob)
    laptop = await linked(stack, alice, tmp_path, relay)
    await settled(alice, laptop, bob)
    core = laptop._core
    await alice.devices.revoke(alice.devices.device("laptop"))
    await settled(alice, bob)
    await bob.send_text(bob.person("alice"), "not for the thief")
    await until(lambda: texts(alice, "bob")[-1] == "not for the thief")
    await laptop.settle(3)
    assert "not for the thief" not in texts(laptop, "bob")
    with pytest.raises(HavreError):
        await laptop.send_text(laptop.person("bob"), "it is me, Alice")
    signer = core.driver._signer
    with pytest.raises(HavreError):
        await core.network.directory(decode_code(Havre.new_device(relay).text).relay).stock(signer)


# --- who gets in between --------------------------------------------------------------------------------------


async def test_a_first_message_that_the_code_does_not_vouch_for_is_refused(
    stack: AsyncExitStack, relay: str, tmp_path: Path
) -> None:
    """Somebody has seen the code and is quicker than the device that shows it."""
    alice = await signed_up(stack, tmp_path, relay, "alice")
    shown, false = Havre.new_device(relay, "laptop"), Havre.new_device(relay, "thief")
    network = InternetNetwork(lambda: 0.0)
    stack.push_async_callback(network.close)
    async with Meeting(shown.code, network, first=True) as meeting:
        await meeting.say("hello", false.hello)
        with pytest.raises(KeyMismatch):
            await alice.devices.read_code(shown.text)
    assert len(alice.devices.list()) == 1


async def test_an_answer_that_is_not_for_this_device_is_refused(
    stack: AsyncExitStack, relay: str, tmp_path: Path
) -> None:
    """Whoever has photographed the code can speak in the meeting, but has no account that certifies this device."""
    new = Havre.new_device(relay, "laptop")
    joining = asyncio.ensure_future(joined(tmp_path / "laptop", new))
    network = InternetNetwork(lambda: 0.0)
    stack.push_async_callback(network.close)
    async with Meeting(new.code, network, first=False) as meeting:
        await meeting.hear("hello")
        await meeting.say("offer", b"you are mine now")
        async with asyncio.timeout(60):
            with pytest.raises(HavreError):
                await joining
    assert not Havre.exists(tmp_path / "laptop")


async def test_a_code_that_nobody_shows(stack: AsyncExitStack, relay: str, tmp_path: Path) -> None:
    alice = await signed_up(stack, tmp_path, relay, "alice")
    with pytest.raises(HavreError, match="no longer good"):
        await alice.devices.read_code(Havre.new_device(relay).text)


def test_codes() -> None:
    new = Havre.new_device("https://relay.example", "laptop")
    assert decode_code(new.text) == new.code
    assert decode_code(new.text.upper().replace("HAVRE-DEVICE", "havre-device")).number == new.number
    assert decode_code(encode_code(replace(new.code, queue=bytes(16)))).queue == bytes(16)
    assert repr(new.code.secret) not in repr(new)
    for place in (20, 40, 90, 150):
        wrong = new.text[:place] + ("a" if new.text[place] != "a" else "b") + new.text[place + 1 :]
        with pytest.raises(LinkInvalid):
            decode_code(wrong)
    for text in ("", "havre-device://", new.text[:-1], new.text + "a", "havre://relay.example/abc", "x" * 5000):
        with pytest.raises(LinkInvalid):
            decode_code(text)
