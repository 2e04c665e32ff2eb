"""Alice and Bob on two relays, with real MLS."""

from __future__ import annotations

import pytest

from tests.simulation.real import real_newcomer
from tests.simulation.world import Device, World


@pytest.fixture
def world() -> World:
    return World(1, newcomer=real_newcomer)


@pytest.fixture
def alice(world: World) -> Device:
    return world.person("alice", world.relay(1))


@pytest.fixture
def bob(world: World) -> Device:
    return world.person("bob", world.relay(2))


@pytest.fixture
def talking(world: World, alice: Device, bob: Device) -> World:
    """Alice has added Bob, and both have heard of it."""
    world.settle()
    alice.add(bob)
    world.settle()
    return world


@pytest.fixture
def people(world: World) -> list[Device]:
    """Three who make a group, on one relay: Olga owns it, Ada becomes an admin where there is one, Mia a member."""
    found = [world.person(name, world.relay(1)) for name in ("olga", "ada", "mia")]
    world.settle()
    return found
