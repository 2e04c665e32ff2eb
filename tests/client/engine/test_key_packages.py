"""The stock of key packages in the directory."""

from __future__ import annotations

from havre.client.engine import effects, events
from havre.client.engine.key_packages import KEPT, RENEWED
from tests.simulation.world import Device, World


def published(device: Device, stock: int) -> effects.PublishKeyPackages | None:
    with device.vault.transaction():
        found = device.engine.handle([events.Stock(stock)], device.world.now)
    return next((one for one in found if isinstance(one, effects.PublishKeyPackages)), None)


def test_low_stock_is_topped_up(world: World, alice: Device) -> None:
    world.settle()
    upload = published(alice, 1)
    assert upload is not None
    assert len(upload.one_time) == world.tuning.key_packages - 1
    assert all(alice.vault.key_package(ref) is not None for ref in upload.refs)


def test_good_stock_is_left_alone(world: World, alice: Device) -> None:
    world.settle()
    assert published(alice, world.tuning.key_packages) is None


def test_unconfirmed_upload_is_not_repeated(world: World, alice: Device) -> None:
    world.settle()
    first, second = published(alice, 0), published(alice, 0)
    assert first is not None
    assert second is not None
    assert not set(first.one_time) & set(second.one_time)


def test_last_resort_is_renewed(world: World, alice: Device) -> None:
    world.settle()
    world.now += RENEWED * 1000 + 1
    upload = published(alice, world.tuning.key_packages)
    assert upload is not None
    assert upload.last_resort is not None
    alice.happen(events.Published(upload.refs))
    assert published(alice, world.tuning.key_packages) is None


def test_old_private_halves_are_deleted(world: World, alice: Device) -> None:
    world.settle()
    old = {package.ref for package in alice.vault.key_packages()}
    world.now += KEPT * 1000 + 1
    published(alice, 0)
    assert not old & {package.ref for package in alice.vault.key_packages()}


def test_taken_ones_are_replaced_after_a_welcome(world: World, alice: Device, bob: Device) -> None:
    world.settle()
    for _ in range(3):
        world.person(f"friend {len(world.devices)}").add(bob)
        world.settle()
    assert world.stock(bob.account) >= world.tuning.key_packages_low
