"""Finding people: from a contact link to checked keys, from what was typed to somebody I know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from havre.client import views
from havre.client.engine import events
from havre.client.engine.direct import choose as choose_conversation
from havre.client.errors import FileDamaged, HavreError, KeyMismatch, NameUnknown, PersonUnknown
from havre.client.files.descriptor import FileDescriptor
from havre.client.identity.account import check_record
from havre.client.identity.address import RelayAddress
from havre.client.identity.keys import Signatures
from havre.client.identity.link import ContactLink, decode_link
from havre.client.identity.names import name_hash
from havre.client.transport.base import Network
from havre.client.vault.base import Vault
from havre.client.vault.rows import Person
from havre.wire.records import AccountRecord


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody to begin a conversation with; the record has been checked against the link."""

    link: ContactLink
    record: AccountRecord
    devices: tuple[events.DeviceKeys, ...]

    def begin(self, nickname: str) -> Callable[[int], events.Begin]:
        """Return the intent, for a ticket."""
        record, relay = self.record, self.link.relay.url
        return lambda ticket: events.Begin(
            ticket, record.account_key, record.sequence, relay, record.inbox, nickname, self.devices
        )


def read_link(text: str, own_account: bytes) -> ContactLink:
    """Return what a contact link says; raises LinkInvalid, and HavreError for one's own."""
    link = decode_link(text)
    if link.account == own_account:
        raise HavreError("This contact link is your own; give it to somebody else.")
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
        raise HavreError("This user name is your own.")
    return ContactLink(relay, account, text.strip())


async def find(network: Network, vault: Vault, signatures: Signatures, link: ContactLink) -> Found:
    """Fetch and check the record and key packages of the account that a link names.

    Raises KeyMismatch when the relay hands out another's keys, RecordStale when it hands out old ones.
    """
    directory = network.directory(link.relay)
    signed = await directory.account(link.account)
    if signed is None:
        raise HavreError(f"There is no such account at {link.relay.url} (any longer); ask for a new contact link.")
    known = vault.person(link.account)
    record = check_record(signatures, signed, link.account, known.sequence if known else 0)
    certified = {certificate.device for certificate in record.devices}
    taken = await directory.take_key_packages(link.account)
    if not {one.device for one in taken} <= certified:
        raise KeyMismatch("it has a key package of a device that the account has not certified")
    if not taken:
        raise HavreError(f"No device of this person can be reached through {link.relay.url} at present; try later.")
    devices = tuple(events.DeviceKeys(link.account, one.device, one.key_package) for one in taken)
    return Found(link, record, devices)


def row_of(vault: Vault, person_id: str) -> Person:
    """Return the row of a person's id in hex; raises PersonUnknown."""
    row = vault.person(bytes.fromhex(person_id))
    if row is None:
        raise PersonUnknown(person_id)
    return row


def home(vault: Vault, person_id: str) -> RelayAddress:
    """Return the relay on which the conversation with a person lives; raises HavreError when there is none."""
    conversation = choose_conversation(vault.conversations(bytes.fromhex(person_id)))
    queue = vault.queue(conversation.queue) if conversation else None
    if queue is None:
        raise HavreError("There is no conversation with this person yet; add them by contact link.")
    return RelayAddress.parse(queue.relay)


def check_place(vault: Vault, person_id: str, file: FileDescriptor) -> None:
    """Raise FileDamaged unless a file lies on a relay that the conversation uses.

    Otherwise whoever sends a file could have the receiver's device call at any address, and learn its own.
    """
    conversations = vault.conversations(bytes.fromhex(person_id))
    homes = {queue.relay for row in conversations if (queue := vault.queue(row.queue))}
    if file.relay.url not in homes:
        raise FileDamaged(file.name, "it lies at an address that is not this conversation's relay")


def choose(people: Sequence[Person], query: str) -> Person:
    """Return the one person whom a name, an id or the beginning of a fingerprint means; raises PersonUnknown."""
    wanted = views.folded(query.strip())
    digits = wanted.replace("-", "")
    by_name = [row for row in people if wanted in _names(row, people)]
    by_id = [row for row in people if len(digits) >= 4 and row.account.hex().startswith(digits)]
    found = by_name or by_id
    if not found:
        raise PersonUnknown(query)
    if len(found) > 1:
        names = ", ".join(views.shown_name(row, people) for row in found)
        raise HavreError(f"{query!r} could be any of these: {names}; use the fingerprint in brackets.")
    return found[0]


def _names(row: Person, people: Sequence[Person]) -> set[str]:
    names = {row.nickname or row.profile_name, views.shown_name(row, people)}
    return {views.folded(name) for name in names if name}
