"""What has expired or was deleted is in no file of any vault, whoever has the key and looks at every page."""

from __future__ import annotations

from pathlib import Path

import pytest

from havre.client.engine import events
from havre.client.engine.message_intents import Amend
from havre.client.engine.wishes import Edit
from havre.content import delete
from tests.simulation.pages import holds
from tests.simulation.world import KEY, CrashError, Device, World

SECRET = "rhubarb and custard"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(3, folder=tmp_path)


@pytest.fixture
def friends(world: World) -> tuple[Device, Device]:
    alice, bob = world.person("alice"), world.person("bob")
    world.settle()
    alice.add(bob)
    world.settle()
    return alice, bob


def found(device: Device) -> bool:
    """Tell whether the secret words are anywhere in a device's files."""
    return holds(device.vault.path, KEY, SECRET.encode())


def settle(world: World) -> None:
    """Let everything run; whoever dies starts again from what is on disk."""
    while True:
        try:
            world.settle()
            return
        except CrashError as dead:
            next(one for one in world.devices if one.vault is dead.vault).crash()


def set_timer(world: World, device: Device, chat: bytes, seconds: int) -> None:
    device.ask(lambda ticket: events.ChangeChat(ticket, chat, Edit(timer=seconds)))
    settle(world)


def wait(world: World, seconds: int) -> None:
    for _ in range(seconds // 30 + 1):
        try:
            world.pass_time(30_000)
        except CrashError as dead:
            next(one for one in world.devices if one.vault is dead.vault).crash()
        settle(world)


@pytest.mark.parametrize("dies_in", [None, 0, 1, 2, 4, 7, 11])
def test_what_has_expired_is_in_no_page(world: World, friends: tuple[Device, Device], dies_in: int | None) -> None:
    alice, bob = friends
    set_timer(world, alice, bob.account, 60)
    alice.send(bob, SECRET)
    world.settle()
    assert found(alice)
    assert found(bob)
    bob.mark_read(alice)
    world.settle()
    for device in friends:
        device.vault.dies_in = dies_in
    wait(world, 240)
    for device in friends:
        assert not found(device), f"{device.name} still has it"
    alice.crash()
    assert not found(alice)


def test_clock_that_is_set_back_half_a_day_keeps_nothing(world: World, friends: tuple[Device, Device]) -> None:
    """Seed 7002: what was read on a clock that was ahead was to be looked at again by that clock alone."""
    alice, bob = friends
    set_timer(world, alice, bob.account, 60)
    bob.set_clock(12 * 3_600_000)
    alice.send(bob, SECRET)
    world.settle()
    bob.mark_read(alice)
    world.settle()
    bob.set_clock(0)
    assert found(bob)
    wait(world, 240)
    assert not found(bob)


def test_what_was_deleted_for_everybody_is_in_no_page(world: World, friends: tuple[Device, Device]) -> None:
    alice, bob = friends
    alice.send(bob, SECRET)
    world.settle()
    row = alice.vault.messages(bob.account)[-1]
    assert found(bob)
    alice.ask(lambda ticket: Amend(ticket, (row.queue, row.id), delete(b"", row.id)))
    world.settle()
    assert not found(alice)
    assert not found(bob)
