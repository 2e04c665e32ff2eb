"""Once two people talk, neither relay is asked for a key package again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from havre.client import contacts
from havre.client.api import Cost, Havre, Passphrase
from havre.client.transport.network import InternetNetwork
from tests.client.relays import running_relay

pytestmark = pytest.mark.anyio

CHEAP = Cost(passes=1, memory_kib=64, lanes=1)
SECRET = Passphrase("correct horse")


class Watched(InternetNetwork):
    """A network that notes what is asked of directories."""

    def __init__(self) -> None:
        super().__init__(lambda: 0.0)
        self.asked: list[str] = []

    def directory(self, address: Any) -> Any:
        inner, asked = super().directory(address), self.asked

        class Noted:
            def __getattr__(self, name: str) -> object:
                asked.append(name)
                return getattr(inner, name)

        return Noted()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # the condition is in a vault, which tells nobody
            await asyncio.sleep(0.01)


async def test_the_directory_is_asked_for_first_contact_only(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        relay = await stack.enter_async_context(running_relay(tmp_path / "relay"))
        network = Watched()
        alice = await stack.enter_async_context(
            Havre.sign_up(tmp_path / "alice", SECRET, relay.url, "alice", cost=CHEAP, network=network)
        )
        bob = await stack.enter_async_context(Havre.sign_up(tmp_path / "bob", SECRET, relay.url, "bob", cost=CHEAP))
        await bob.contacts.let_everybody_in(True)
        await alice.add(bob.link())
        assert network.asked.count("take_key_packages") == 1
        account = bytes.fromhex(bob.account.account_id)
        core = alice._core
        await until(lambda: core.vault.reach(account) is not None)
        network.asked.clear()

        async def reach() -> bytes:
            found = await contacts.reach(core.driver, core.network, core.vault, core.provider, account)
            (device,) = found.devices
            return device.key_package

        kept = {await reach() for _ in range(4)}
        assert len(kept) == 4, "each is used once"
        assert network.asked == []
        await reach()
        assert "take_key_packages" in network.asked, "and when they have run out, the directory has more"
