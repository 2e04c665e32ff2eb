"""Finding people: from a contact link to checked keys, from what was typed to somebody I know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from havre.client import views
from havre.client.driver import Driver
from havre.client.engine import events
from havre.client.engine.direct import choose as choose_conversation
from havre.client.engine.groups import Groups
from havre.client.engine.terms import decode_terms
from havre.client.errors import (
    ChatUnknown,
    FileDamaged,
    HavreError,
    KeyMismatch,
    NameUnknown,
    Oneself,
    PersonUnknown,
)
from havre.client.files.descriptor import FileDescriptor
from havre.client.identity.account import check_record
from havre.client.identity.address import RelayAddress
from havre.client.identity.keys import Signatures
from havre.client.identity.link import ContactLink, decode_link
from havre.client.identity.names import name_hash
from havre.client.sentences import said
from havre.client.transport.base import Network
from havre.client.vault.base import Vault
from havre.client.vault.rows import Chat, ChatKind, Conversation, Person
from havre.wire.records import AccountRecord

Intention = Callable[[int], events.Intent]
"""Something that is wanted, once it has a ticket."""


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody to begin a conversation with; the record has been checked against the link."""

    link: ContactLink
    record: AccountRecord
    devices: tuple[events.DeviceKeys, ...]

    def begin(
        self, nickname: str, hint: str = "", mine: Sequence[events.DeviceKeys] = ()
    ) -> Callable[[int], events.Begin]:
        """Return the intent, for a ticket; `mine`: further devices of my own that are to be in from the beginning."""
        record, relay, devices = self.record, self.link.relay.url, (*self.devices, *mine)
        return lambda ticket: events.Begin(
            ticket, record.account_key, record.sequence, relay, record.inbox, nickname, devices, hint
        )


def read_link(text: str, own_account: bytes) -> ContactLink:
    """Return what a contact link says; raises LinkInvalid, Oneself."""
    link = decode_link(text)
    if link.account == own_account:
        raise Oneself("contact link")
    return link


async def read_link_or_name(text: str, own_account: bytes, network: Network, relay: RelayAddress) -> ContactLink:
    """Return what a contact link says, or whom a relay knows by this user name; raises NameUnknown as well."""
    if "/" in text or ":" in text:
        return read_link(text, own_account)
    directory = network.directory(relay)
    info = await directory.relay_info()
    account = await directory.named(await asyncio.to_thread(name_hash, text, info.names, relay.url))
    if account is None:
        raise NameUnknown(text, relay.url)
    if account == own_account:
        raise Oneself("user name")
    return ContactLink(relay, account, text.strip())


async def find(network: Network, vault: Vault, signatures: Signatures, link: ContactLink) -> Found:
    """Fetch and check the record and key packages of the account that a link names.

    Raises KeyMismatch when the relay hands out another's keys, RecordStale when it hands out old ones.
    """
    directory = network.directory(link.relay)
    signed = await directory.account(link.account)
    if signed is None:
        raise HavreError(
            said(
                "NoSuchAccount",
                f"There is no such account at {link.relay.url} (any longer); ask for a new contact link.",
            )
        )
    known = vault.person(link.account)
    record = check_record(signatures, signed, link.account, known.sequence if known else 0)
    certified = {certificate.device for certificate in record.devices}
    taken = await directory.take_key_packages(link.account)
    if not {one.device for one in taken} <= certified:
        raise KeyMismatch("it has a key package of a device that the account has not certified")
    if not taken:
        raise HavreError(
            said(
                "NoDeviceThere",
                f"No device of this person can be reached through {link.relay.url} at present; try later.",
            )
        )
    devices = tuple(events.DeviceKeys(link.account, one.device, one.key_package) for one in taken)
    return Found(link, record, devices)


async def reach(
    driver: Driver, network: Network, vault: Vault, signatures: Signatures, account: bytes
) -> events.Reachable:
    """Return a key package of every device of somebody I talk with, without asking the directory if that can be.

    The key packages are used up by this, whatever becomes of them. Raises what `find` does, and PersonUnknown.
    """
    kept = await driver.do(lambda ticket: events.TakeKept(ticket, account))
    if isinstance(kept, events.Reachable):
        return kept
    known = vault.reach(account)
    relay = RelayAddress.parse(known.relay) if known else home(vault, account.hex())
    found = await find(network, vault, signatures, ContactLink(relay, account))
    return events.Reachable(found.record.account_key, relay.url, found.record.inbox, found.devices)


def row_of(vault: Vault, person_id: str) -> Person:
    """Return the row of a person's id in hex; raises PersonUnknown."""
    row = vault.person(bytes.fromhex(person_id))
    if row is None:
        raise PersonUnknown(person_id)
    return row


def home(vault: Vault, chat_id: str) -> RelayAddress:
    """Return the relay on which a chat's conversation lives; raises HavreError when there is none."""
    conversation = choose_conversation(vault.conversations(bytes.fromhex(chat_id)))
    queue = vault.queue(conversation.queue) if conversation else None
    if queue is None:
        raise HavreError(
            said("NoConversation", "There is no conversation with this person yet; add them by contact link.")
        )
    return RelayAddress.parse(queue.relay)


def check_place(vault: Vault, groups: Groups, chat_id: str, file: FileDescriptor) -> None:
    """Raise FileDamaged unless a file lies on a relay that the conversation uses, or used before it moved.

    Otherwise whoever sends a file could have the receiver's device call at any address, and learn its own.
    """
    conversations = vault.conversations(bytes.fromhex(chat_id))
    homes = {queue.relay for row in conversations if (queue := vault.queue(row.queue))}
    if file.relay.url not in homes | {relay for row in conversations for relay in _former_homes(vault, groups, row)}:
        raise FileDamaged(file.name, "it lies at an address that is not this conversation's relay")


def _former_homes(vault: Vault, groups: Groups, row: Conversation) -> tuple[str, ...]:
    states = vault.epoch(row.queue, row.epoch)
    moved = decode_terms(groups.load(*states).terms).moved if states is not None else None
    return moved.relays if moved is not None else ()


def means(row: Person, people: Sequence[Person], query: str) -> bool:
    """Tell whether a name, an id or the beginning of a fingerprint means a person."""
    wanted = views.folded(query.strip())
    return wanted in _names(row, views.shown_names(people)) or _begins(row.account, wanted)


def whole_id(query: str) -> bytes:
    """Return the id that a query is in full, empty if it is none.

    A whole id goes before all names: nobody becomes somebody else by calling themselves so, and no list is searched.
    """
    try:
        return bytes.fromhex(query)
    except ValueError:
        return b""


def choose(people: Sequence[Person], query: str) -> Person:
    """Return the one person whom a name, an id or the beginning of a fingerprint means; raises PersonUnknown."""
    wanted = views.folded(query.strip())
    shown = views.shown_names(people)
    by_name = [row for row in people if wanted in _names(row, shown)]
    found = by_name or [row for row in people if _begins(row.account, wanted)]
    if not found:
        raise PersonUnknown(query)
    if len(found) > 1:
        names = ", ".join(shown[row.account] for row in found)
        raise HavreError(f"{query!r} could be any of these: {names}; use the fingerprint in brackets.")
    return found[0]


def _names(row: Person, shown: Mapping[bytes, str]) -> set[str]:
    names = {row.nickname or row.profile_name, shown[row.account]}
    return {views.folded(name) for name in names if name}


def choose_chat(chats: Sequence[tuple[Chat, str]], people: Sequence[Person], query: str) -> Chat:
    """Return the one chat, of those given with their titles, that a title, a person's name or an id means.

    Raises ChatUnknown, or HavreError naming those that it could mean.
    """
    wanted = views.folded(query.strip())
    shown = views.shown_names(people)
    names = {row.account: _names(row, shown) for row in people}
    by_name = [(chat, title) for chat, title in chats if wanted in _titles(chat, title, names)]
    found = by_name or [(chat, title) for chat, title in chats if _begins(chat.chat, wanted)]
    if not found:
        raise ChatUnknown(query)
    if len(found) > 1:
        titles = ", ".join(f"{title} ({chat.chat.hex()[:8]})" for chat, title in found)
        raise HavreError(f"{query!r} could be any of these: {titles}; use the letters and digits in brackets.")
    return found[0][0]


def _titles(chat: Chat, title: str, names: Mapping[bytes, set[str]]) -> set[str]:
    shown = {views.folded(title)} - {""}
    return shown | names.get(chat.chat, set()) if chat.kind is ChatKind.DIRECT else shown


def _begins(name: bytes, wanted: str) -> bool:
    digits = wanted.replace("-", "")
    return len(digits) >= 4 and name.hex().startswith(digits)
