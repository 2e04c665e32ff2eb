"""Alice and Bob talk, with real MLS, over one relay that is not what it should be, or with a member who is not."""

from __future__ import annotations

import pytest

from tests.simulation.real import real_newcomer
from tests.simulation.world import Device, World


@pytest.fixture
def world() -> World:
    return World(1, newcomer=real_newcomer)


@pytest.fixture
def alice(world: World) -> Device:
    return world.person("alice")


@pytest.fixture
def bob(world: World) -> Device:
    return world.person("bob")


@pytest.fixture
def talking(world: World, alice: Device, bob: Device) -> World:
    """They have each other, and everything has arrived."""
    world.settle()
    alice.add(bob)
    world.settle()
    alice.send(bob, "before")
    world.settle()
    return world
