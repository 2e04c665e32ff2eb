"""Devices that come and go: linked with a copy of another's vault, revoked when they are lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from havre.client.engine import effects
from havre.client.engine.device_intents import LinkDevice, RevokeDevice
from havre.client.engine.devices import is_rotating
from havre.client.engine.key_packages import fresh
from havre.client.linking.snapshot import strip
from havre.client.vault.rows import Me
from tests.simulation.invariants import Ledger
from tests.simulation.real import real_without
from tests.simulation.world import Device, World, fake_without

MOST = 8
"""Devices of a story."""
BROUGHT = 12
"""Key packages that a new device brings."""


class Lives:
    """What is done with the devices of an account, by the one that has the account's key: its first."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self.world, self.ledger, self.random = world, ledger, world.random
        self.weighted: list[tuple[int, Callable[[Device], None]]] = [(1, self.link_some_day), (1, self.revoke)]

    def link_some_day(self, device: Device) -> None:
        """Now and then, and not without end."""
        if len(self.world.devices) < MOST and self.random.random() < 0.3:
            self.link(device)

    def link(self, device: Device) -> None:
        """Take a new device into the account, with the history or without it, unless this one cannot just now."""
        if not device.further and not is_rotating(device.vault.inbox_rotation()):
            self.take_in(device, history=self.random.random() < 0.7)

    def take_in(self, device: Device, history: bool) -> Device:
        """Take a new device into the account. It gets a copy of this one's vault when all else is done."""
        vault = device.vault
        vault.dies_in, vault.dies_committed = None, False  # whoever dies while linking begins again, with another code
        inbox = vault.queue(vault.me().inbox)
        assert inbox is not None
        me, groups = self.world.another(self.random, self._current(device))
        made = [fresh(groups, self.world.now, last_resort=False) for _ in range(BROUGHT)]
        packages = tuple(package.message for package in made)
        self.world.records[me.account] = me.record
        done = device.ask(lambda ticket: LinkDevice(ticket, me.record, me.device, "desk", "phone", packages))
        assert isinstance(done, effects.Answer), done
        copy = vault.copied(self.world.path(device.name))
        strip(copy, history, inbox.cursor)
        copy.execute("PRAGMA foreign_keys = ON")
        with copy.transaction():
            copy.put_me(me)
            for package in made:
                copy.put_key_package(package)
        new = self.world.bring_to_life(device.name, copy, groups, further=True)
        self.ledger.linked.add(new.device_id)
        return new

    def revoke(self, device: Device) -> None:
        """Take another device of the account out of everything."""
        others = [one for one in self.world.named(device.account) if one is not device]
        if device.further or not others or self.random.random() > 0.3:
            return
        gone = self.random.choice(others)
        device.vault.dies_in = None  # whoever dies before it is stored has told the directory already, and tries again
        me = self._current(device)
        record = real_without(me, gone.device_id) if me.account_secret else fake_without(me, gone.device_id)
        self.world.records[me.account] = record
        self.ledger.revoked.add(gone.device_id)
        device.ask(lambda ticket: RevokeDevice(ticket, record))

    def _current(self, device: Device) -> Me:
        """Return this device with the account's record as the directory has it, upon which the next one follows."""
        me = device.vault.me()
        return replace(me, record=self.world.records[me.account])
