"""Devices of my account, and becoming one."""

from __future__ import annotations

from havre.client.api import Havre, Passphrase
from havre.client.errors import HavreError
from havre.client.sentences import said
from havre.desk import views
from havre.desk.contract import method
from havre.desk.desk import Desk


@method
async def devices(desk: Desk) -> views.Devices:
    """Return my devices."""
    found = desk.me.devices
    listed = [views.Device(device.id, device.name, device.this, device.linked_at) for device in found.list()]
    return views.Devices(listed, found.may_link)


@method
async def new_device(desk: Desk, relay: str, name: str) -> views.DeviceCode:
    """Return the code that this device shows to be linked."""
    desk.new_device = Havre.new_device(relay, name or None)
    return views.DeviceCode(desk.new_device.text, desk.new_device.number)


@method
async def join_account(desk: Desk, passphrase: str) -> views.Profile:
    """Wait until another device takes this one into its account; its vault opens by `passphrase`."""
    if desk.new_device is None:
        raise HavreError(said("NoCode", "This device shows no code yet."))
    return await desk.join_account(Passphrase(passphrase), desk.new_device)


@method
async def look_at_device(desk: Desk, code: str) -> views.Candidate:
    """Return the device that shows a code."""
    desk.candidate = await desk.me.devices.read_code(code)
    return views.Candidate(desk.candidate.name, desk.candidate.number)


@method
async def link_device(desk: Desk, history: bool, may_link: bool) -> views.Device:
    """Take the device that was looked at last into my account, once I have seen that it shows the same number."""
    if desk.candidate is None:
        raise HavreError(said("NoCandidate", "No device was looked at yet."))
    device = await desk.me.devices.link(desk.candidate, history=history, may_link=may_link)
    desk.candidate = None
    return views.Device(device.id, device.name, device.this, device.linked_at)


@method
async def rename_device(desk: Desk, device: str, name: str) -> views.Device:
    """Call a device something, on all my devices."""
    found = await desk.me.devices.rename(desk.me.devices.device(device), name)
    return views.Device(found.id, found.name, found.this, found.linked_at)


@method
async def revoke_device(desk: Desk, device: str) -> None:
    """Take a device out of my account: out of every conversation, the inbox and the directory."""
    await desk.me.devices.revoke(desk.me.devices.device(device))
