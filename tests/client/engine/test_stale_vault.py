"""A vault that was put back from an old copy: it says so in events, and neither crashes nor shows anything twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from havre.client.engine.engine import Engine
from tests.client.engine.looking import skipped
from tests.simulation.real import real_newcomer
from tests.simulation.world import KEY, TUNING, Device, FragileVault, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(1, newcomer=real_newcomer, folder=tmp_path, tuning=replace(TUNING, trim_step=1000))


def put_back(device: Device, copy: bytes, path: Path) -> None:
    """Close the device's vault and open the old copy in its place."""
    for relay in list(device.wires):
        device.lose(relay)
    device.vault.close()
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)
    path.write_bytes(copy)
    device.vault = FragileVault(path, KEY)
    device.engine = Engine(device.vault, device.groups, device.world.random.randbytes, device.world.tuning)
    device.start()


def copy_of(device: Device, path: Path) -> bytes:
    device.vault.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


def test_old_copy_of_the_receiver_catches_up(talking: World, alice: Device, bob: Device) -> None:
    path = bob.vault.path
    alice.send(bob, "one")
    talking.settle()
    old = copy_of(bob, path)
    alice.send(bob, "two")
    talking.settle()
    put_back(bob, old, path)
    talking.settle()
    assert [words for _, words in bob.shown(alice)] == ["one", "two"]
    bob.send(alice, "back again")
    talking.settle()
    assert alice.shown(bob)[-1] == ("bob", "back again")


def test_old_copy_of_the_sender_shows_nothing_twice(talking: World, alice: Device, bob: Device) -> None:
    path = alice.vault.path
    old = copy_of(alice, path)
    alice.send(bob, "written after the copy")
    talking.settle()
    put_back(alice, old, path)
    talking.settle()
    bob.send(alice, "still there?")
    talking.settle()
    assert [words for _, words in bob.shown(alice)] == ["written after the copy", "still there?"]
    assert skipped(alice), "nothing was said about entries of this device that it does not know"
