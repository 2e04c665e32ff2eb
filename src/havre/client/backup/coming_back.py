"""After restoring: a device that nobody knows yet meets the others of its account, and begins again with everybody.

That it is to do so stands in the vault from the beginning: whoever dies on the way goes on at the next start.
"""

from __future__ import annotations

from typing import Final

from havre.client import profiles
from havre.client.contacts import find
from havre.client.driver import Driver
from havre.client.engine.device_intents import MeetDevices
from havre.client.engine.events import ChangeSetting, DeviceKeys
from havre.client.errors import HavreError, NoRelay
from havre.client.identity.address import RelayAddress
from havre.client.identity.keys import Signatures
from havre.client.identity.link import ContactLink
from havre.client.transport.base import Network
from havre.client.vault.base import Vault
from havre.client.vault.rows import Chat, ChatKind
from havre.wire.records import RECORD, SIGNED_RECORD

RETURNING: Final = "backup.returning"
"""The setting that says so; empty: it is done."""


def is_returning(vault: Vault) -> bool:
    """Tell whether this installation was made of a backup and has not reached everybody since."""
    return bool(vault.setting(RETURNING))


async def come_back(driver: Driver, network: Network, vault: Vault, signatures: Signatures) -> None:
    """Meet my other devices, and begin again with everybody of whom only an ended conversation is left.

    Whose relay does not answer is tried again at the next start.
    """
    reached = [await _meet(driver, network, vault)]
    for chat in vault.chats():
        is_over = chat.kind is ChatKind.DIRECT and not _is_alive(vault, chat.chat)
        if is_over and vault.refused(chat.chat) is None:
            reached.append(await _begin(driver, network, vault, signatures, chat))
    if all(reached):
        await driver.do(lambda ticket: ChangeSetting(ticket, RETURNING, ""))


def _is_alive(vault: Vault, chat: bytes) -> bool:
    return any(vault.epoch(row.queue, row.epoch) is not None for row in vault.conversations(chat))


async def _meet(driver: Driver, network: Network, vault: Vault) -> bool:
    if _is_alive(vault, vault.me().account):
        return True
    try:
        packages = tuple((keys.device, keys.key_package) for keys in await _other_devices(network, vault))
        if packages:
            await driver.do(lambda ticket: MeetDevices(ticket, profiles.machine_name(), packages))
    except HavreError as error:
        return not isinstance(error, NoRelay)
    return True


async def _begin(driver: Driver, network: Network, vault: Vault, signatures: Signatures, chat: Chat) -> bool:
    known = vault.reach(chat.chat)
    relay = RelayAddress.parse(known.relay if known else vault.me().relay)
    try:
        found = await find(network, vault, signatures, ContactLink(relay, chat.chat))
        # With them in it from the beginning nobody takes what they still have in common for deserted.
        mine = await _other_devices(network, vault)
        await driver.do(found.begin("", mine=mine))
    except HavreError as error:
        return not isinstance(error, NoRelay)
    return True


async def _other_devices(network: Network, vault: Vault) -> list[DeviceKeys]:
    """Return a fresh key package of every other device of my account that has any, from the directory."""
    me = vault.me()
    record = RECORD.decode(SIGNED_RECORD.decode(me.record).record)
    others = {one.device for one in record.devices} - {me.device}
    if not others:
        return []
    taken = await network.directory(RelayAddress.parse(me.relay)).take_key_packages(me.account)
    return [DeviceKeys(me.account, one.device, one.key_package) for one in taken if one.device in others]
