"""A backup is restored while the account has another device, which stays."""

from __future__ import annotations

import secrets
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from havre.client.api import Cost, Havre, Passphrase, Standing
from havre.client.backup.coming_back import is_returning
from havre.client.backup.restore import Restoring, restore
from havre.client.transport.network import InternetNetwork
from tests.client.linking.test_linking import linked, settled, signed_up, texts, until
from tests.client.relays import running_relay

pytestmark = pytest.mark.anyio

CHEAP = Cost(passes=1, memory_kib=64, lanes=1)


@pytest.fixture
async def relay(stack: AsyncExitStack, tmp_path: Path) -> str:
    return (await stack.enter_async_context(running_relay(tmp_path / "relay"))).url


def memberships(me: Havre) -> dict[bytes, int]:
    """Return the conversations that a device is in, and their epochs."""
    vault = me._core.vault
    return {row.queue: row.epoch for row in vault.conversations() if vault.epoch(row.queue, row.epoch) is not None}


async def test_a_restored_device_and_those_that_stayed_are_in_step(
    stack: AsyncExitStack, relay: str, tmp_path: Path
) -> None:
    alice, bob, carol = [await signed_up(stack, tmp_path, relay, name) for name in ("alice", "bob", "carol")]
    await alice.send_text(await alice.add(bob.link()), "before")
    await settled(alice, bob)
    group = await alice.groups.create("Choir", [alice.person("bob")])
    laptop = await linked(stack, alice, tmp_path, relay)
    await settled(alice, laptop, bob)
    await alice.backup.write(tmp_path / "alice.backup", "by the sea", cost=CHEAP)
    await settled(alice, laptop, bob)
    lost = alice.account.device
    await alice.close()

    again = await Havre.restore(
        tmp_path / "again", Passphrase("new"), tmp_path / "alice.backup", "by the sea", cost=CHEAP
    )
    stack.push_async_callback(again.close)
    await until(lambda: lost not in {one.id for one in laptop.devices.list()})
    assert {one.id for one in laptop.devices.list()} == {one.id for one in again.devices.list()}
    await until(lambda: again.chat(group.id).standing is Standing.ACCEPTED)
    await until(lambda: memberships(again) == memberships(laptop))
    await laptop.send_text(laptop.person("bob"), "from the laptop")
    await until(lambda: texts(bob, "alice")[-1:] == ["from the laptop"])
    await until(lambda: texts(again, "bob")[-1:] == ["from the laptop"])
    await again.send_text(again.person("bob"), "from the new phone")
    await until(lambda: texts(bob, "alice")[-1:] == texts(laptop, "bob")[-1:] == ["from the new phone"])
    await bob.send_text(bob.person("alice"), "to both of you")
    await until(lambda: texts(again, "bob")[-1:] == texts(laptop, "bob")[-1:] == ["to both of you"])
    assert texts(again, "bob") == texts(laptop, "bob") == texts(bob, "alice")
    # What one device decides holds on the other, and whom one meets the other knows.
    await again.rename(again.person("bob"), "Bobby")
    await until(lambda: [one.name for one in laptop.people()] == ["Bobby"])
    await again.send_text(await again.add(carol.link()), "hello")
    await until(lambda: {one.name for one in laptop.people()} == {"Bobby", "carol"})
    await until(lambda: texts(laptop, "carol") == ["hello"])


async def test_who_dies_while_coming_back_goes_on_at_the_next_start(
    stack: AsyncExitStack, relay: str, tmp_path: Path
) -> None:
    alice, bob = [await signed_up(stack, tmp_path, relay, name) for name in ("alice", "bob")]
    await alice.add(bob.link())
    await settled(alice, bob)
    laptop = await linked(stack, alice, tmp_path, relay)
    await alice.backup.write(tmp_path / "alice.backup", "by the sea", cost=CHEAP)
    await settled(alice, laptop, bob)
    await alice.close()
    network = InternetNetwork(lambda: 0.0)
    wanted = Restoring(tmp_path / "alice.backup", "by the sea", tmp_path / "again", Passphrase("new"), CHEAP)
    (await restore(wanted, network, secrets.token_bytes, lambda: time.time_ns() // 1_000_000)).close()
    await network.close()

    again = await stack.enter_async_context(Havre.open(tmp_path / "again", Passphrase("new")))
    await until(lambda: len(memberships(again)) > 2 and memberships(again) == memberships(laptop))
    await bob.send_text(bob.person("alice"), "to both of you")
    await until(lambda: texts(again, "bob") == texts(laptop, "bob") == ["to both of you"])
    await until(lambda: not is_returning(again._core.vault))
