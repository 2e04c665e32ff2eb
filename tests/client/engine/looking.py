"""What tests look at in a device."""

from __future__ import annotations

from typing import TypeVar

from havre.client.engine.effects import EntrySkipped
from havre.client.engine.groups import Group, Reason
from havre.client.vault.rows import Conversation, Queue
from tests.simulation.world import Device

T = TypeVar("T")


def told(device: Device, kind: type[T]) -> list[T]:
    """Return what the faces were told of one kind."""
    return [one for one in device.told if isinstance(one, kind)]


def skipped(device: Device) -> list[Reason]:
    """Return why entries were passed over."""
    return [one.reason for one in told(device, EntrySkipped)]


def conversation(device: Device) -> Conversation:
    """Return the only conversation."""
    (only,) = device.vault.conversations()
    return only


def queue(device: Device) -> Queue:
    """Return the only conversation's queue."""
    row = device.vault.queue(conversation(device).queue)
    assert row is not None
    return row


def group(device: Device) -> Group:
    """Return the only conversation's group, as the vault has it."""
    row = conversation(device)
    states = device.vault.epoch(row.queue, row.epoch)
    assert states is not None
    return device.groups.load(*states)
