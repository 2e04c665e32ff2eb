"""Devices of my account: linking another, naming them, and taking one out."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from havre.client import profiles
from havre.client.api.core import LONGEST_NAME, Part, now
from havre.client.engine.device_intents import LinkDevice, NameDevice, RevokeDevice
from havre.client.engine.devices import ROTATING, is_rotating
from havre.client.errors import HavreError
from havre.client.identity.address import RelayAddress
from havre.client.linking import approval
from havre.client.linking.approval import Wishes
from havre.client.linking.code import DeviceCode, decode_code
from havre.client.linking.meeting import Meeting
from havre.client.linking.papers import Hello
from havre.client.sentences import said
from havre.client.transport.network import InternetNetwork
from havre.content import clean_label
from havre.wire.records import RECORD, SIGNED_RECORD

UNNAMED = "Unnamed device"


@dataclass(frozen=True, slots=True)
class Device:
    """A device of mine: `id` in hex; `linked_at` in unix milliseconds, 0: not known."""

    id: str
    name: str
    this: bool
    linked_at: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A device that wants to be linked: what it calls itself, and the number that it must be showing."""

    name: str
    number: str
    code: DeviceCode = field(repr=False)
    hello: Hello = field(repr=False)


class Devices(Part):
    """`me.devices`: the devices of my account."""

    def list(self) -> list[Device]:
        """Return my devices, this one among them, in the order in which the account's record names them."""
        vault = self._core.vault
        me = vault.me()
        record = RECORD.decode(SIGNED_RECORD.decode(me.record).record)
        found = []
        for certificate in record.devices:
            named = vault.device_name(certificate.device)
            this = certificate.device == me.device
            name = named.name if named else profiles.machine_name() if this else UNNAMED
            found.append(Device(certificate.device.hex(), name, this, named.at if named else 0))
        return found

    @property
    def may_link(self) -> bool:
        """Whether this device holds the account's key, and so may link, revoke, back up and delete."""
        return bool(self._core.vault.me().account_secret)

    async def read_code(self, code: str) -> Candidate:
        """Return the device that shows this code, for `link`; raises LinkInvalid, NoRelay and its kin, KeyMismatch."""
        approval.account_signer(self._core.vault.me(), now)
        read = decode_code(code)
        async with self._meeting(read) as meeting:
            hello = await approval.read_hello(meeting, read)
        return Candidate(hello.name, read.number, read, hello)

    async def link(self, candidate: Candidate, *, history: bool = True, may_link: bool = False) -> Device:
        """Take a device into my account, once I have seen that it shows the candidate's number.

        It gets my contacts, settings and chats, and comes into all my conversations; `history`: what was said, too.
        With `may_link` it gets the account's key. Raises NoAccountKey, NoRelay and its kin.
        """
        core, hello = self._core, candidate.hello
        vault, me = core.vault, core.vault.me()
        inbox = vault.queue(me.inbox)
        wishes = Wishes(history, may_link, inbox.cursor if inbox else 0)
        signer = approval.account_signer(me, now)
        if is_rotating(vault.inbox_rotation()):
            raise HavreError(ROTATING)
        known = await approval.current_record(me, core.network)
        others = [one for one in known.devices if one.device != hello.device]
        record = approval.next_record(me, known, [*others, approval.certified(me, known, hello, now)])
        async with self._meeting(candidate.code) as meeting:
            packages = await approval.make_offer(meeting, candidate.code, hello, me, record, wishes)
            await core.network.directory(RelayAddress.parse(me.relay)).publish(record, signer)
            await core.driver.do(
                lambda ticket: LinkDevice(
                    ticket, SIGNED_RECORD.encode(record), hello.device, hello.name, profiles.machine_name(), packages
                )
            )
            await approval.hand_over(
                meeting, candidate.code, hello, vault, core.network, core.jitter, profiles.random_bytes, wishes
            )
        return self.device(hello.device.hex())

    def device(self, query: str) -> Device:
        """Return the device of this id, name or beginning of an id; raises HavreError."""
        wanted = query.strip().casefold()
        found = [one for one in self.list() if one.id == query]
        found = found or [one for one in self.list() if one.name.casefold() == wanted]
        found = found or [one for one in self.list() if len(wanted) >= 4 and one.id.startswith(wanted)]
        if len(found) != 1:
            raise HavreError(f"There is no one device called {query!r}; `havre device list` shows them.")
        return found[0]

    async def rename(self, device: Device, name: str) -> Device:
        """Call a device something, on all my devices."""
        identity, label = bytes.fromhex(device.id), clean_label(name, LONGEST_NAME) or UNNAMED
        await self._core.driver.do(lambda ticket: NameDevice(ticket, identity, label))
        return self.device(device.id)

    async def revoke(self, device: Device) -> None:
        """Take a device out of my account: out of every conversation, the inbox, and the directory.

        It keeps what it has received and can do nothing more. Raises NoAccountKey, NoRelay and its kin.
        """
        core = self._core
        me = core.vault.me()
        if device.this:
            raise HavreError(
                said(
                    "OwnDevice", "This is the device that you are using; revoke it from another, or delete the account."
                )
            )
        signer = approval.account_signer(me, now)
        known = await approval.current_record(me, core.network)
        left = [one for one in known.devices if one.device.hex() != device.id]
        record = approval.next_record(me, known, left)
        await core.network.directory(RelayAddress.parse(me.relay)).publish(record, signer)
        await core.driver.do(lambda ticket: RevokeDevice(ticket, SIGNED_RECORD.encode(record)))

    def _meeting(self, code: DeviceCode) -> Meeting:
        """Meet over a connection of its own: what the relay sees of it has nothing to do with my queues."""
        return Meeting(code, InternetNetwork(secrets.SystemRandom().random), first=False)
