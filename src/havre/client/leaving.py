"""Leaving for good: groups go on without me, people are told, my relay forgets me, and the vault is destroyed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from havre import mls
from havre.client import profiles
from havre.client.driver import Driver
from havre.client.engine.events import LeaveGroup, Send
from havre.client.engine.mls_groups import SUITE
from havre.client.errors import HavreError, NoAccountKey
from havre.client.identity.address import RelayAddress
from havre.client.identity.requests import RequestNumbers, RequestSigner
from havre.client.profiles import Clock
from havre.client.transport.base import Network
from havre.client.vault.base import Vault
from havre.client.vault.keys import forget_key
from havre.client.vault.rows import ChatKind, Message, MessageState, Standing
from havre.content import Content, farewell
from havre.wire.records import farewell_bytes


async def check_closing(vault: Vault, network: Network) -> None:
    """Raise what `close_account` would, as far as that can be told before: until here nothing has changed."""
    me = vault.me()
    if not me.account_secret:
        raise NoAccountKey
    await network.directory(RelayAddress.parse(me.relay)).relay_info()


async def leave_groups(driver: Driver, vault: Vault) -> None:
    """Leave every group: what roles I have go to others, and my devices' leaves are proposed to be taken out."""
    for chat in vault.chats():
        if chat.kind is ChatKind.GROUP and chat.standing is Standing.ACCEPTED:
            await driver.do(partial(_leave, chat.chat))


def _leave(chat: bytes, ticket: int) -> LeaveGroup:
    return LeaveGroup(ticket, chat)


async def say_farewell(driver: Driver, vault: Vault, clock: Clock) -> Sequence[Message]:
    """Tell everybody whom I talk with, and my other devices, that the account is deleted; return what was said."""
    me, provider = vault.me(), mls.cipher_suite(SUITE).provider
    content = farewell(b"", provider.sign(me.account_secret, farewell_bytes(me.account)), clock())
    said = []
    for chat in vault.chats():
        if chat.kind is not ChatKind.GROUP and chat.standing is Standing.ACCEPTED and not vault.refused(chat.chat):
            with suppress(HavreError):
                message = await driver.do(partial(_send, chat.chat, content))
                said.extend([message] if isinstance(message, Message) and chat.kind is ChatKind.DIRECT else [])
    return said


def _send(chat: bytes, content: Content, ticket: int) -> Send:
    return Send(ticket, chat, content)


def is_heard(vault: Vault, said: Sequence[Message]) -> bool:
    """Tell whether all devices of others have these messages."""
    now = [vault.message(message.queue, message.id) for message in said]
    return all(row is None or row.state in (MessageState.DELIVERED, MessageState.READ) for row in now)


async def close_account(vault: Vault, network: Network, clock: Clock) -> None:
    """Have the relay forget the account: its record, user name, key packages and inbox.

    Raises NoAccountKey on a device that was linked without the account's key, NoRelay and its kin.
    """
    me = vault.me()
    if not me.account_secret:
        raise NoAccountKey
    provider = mls.cipher_suite(SUITE).provider
    signer = RequestSigner(me.account, None, provider, me.account_secret, RequestNumbers(clock))
    await network.directory(RelayAddress.parse(me.relay)).close_account(signer)


def destroy_vault(folder: Path) -> None:
    """Delete a vault: its key is overwritten first, without which nothing that a disk may still hold can be read."""
    key = folder / "vault.key"
    if key.exists():
        forget_key(key)
        size = key.stat().st_size
        with key.open("r+b") as file:
            file.write(os.urandom(size))
            file.flush()
            os.fsync(file.fileno())
    profiles.wipe(folder)
    (folder / "vault.lock").unlink(missing_ok=True)
