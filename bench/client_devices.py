"""Devices for measurements of the client: real vaults, real MLS, the engine, and queues that know no rules."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from havre import mls
from havre.client.engine import effects, events
from havre.client.engine.engine import Engine
from havre.client.engine.key_packages import fresh
from havre.client.engine.mls_groups import SUITE, MlsGroups
from havre.client.engine.requests import OPEN_DOOR, REQUESTS
from havre.client.identity.account import AccountKey, certify_device, credential_identity, sign_record
from havre.client.vault.rows import KeyPackage, Me, Queue, QueueRole
from havre.client.vault.sqlcipher import SqlcipherVault
from havre.wire.capability import Capabilities, inbox_write
from havre.wire.records import SIGNED_RECORD
from havre.wire.stream import (
    Append,
    Appended,
    Caught,
    Command,
    Commit,
    Conflict,
    Create,
    Done,
    Entries,
    Entry,
    EntryKind,
    Read,
    Subscribe,
    Subscribed,
    Trim,
)

RELAY = "https://relay.example"


def now() -> int:
    """Return unix milliseconds."""
    return time.time_ns() // 1_000_000


def identity(name: str) -> tuple[Me, MlsGroups]:
    """Return somebody new."""
    suite = mls.cipher_suite(SUITE)
    account, signer = AccountKey.of(suite.generate_signature_key()), suite.generate_signature_key()
    device, inbox = os.urandom(16), os.urandom(16)
    certificate = certify_device(suite.provider, account, device, signer.public, now() // 1000)
    record = SIGNED_RECORD.encode(sign_record(suite.provider, account, 1, inbox, [certificate]))
    whole = credential_identity(certificate)
    me = Me(
        account=account.id, account_key=account.public, device=device, certificate=whole, relay=RELAY, inbox=inbox,
        name=name, sequence=1, record=record, account_secret=account.private, device_secret=signer.private,
    )  # fmt: skip
    return me, MlsGroups(whole, signer)


@dataclass
class Log:
    """The queues of a relay that believes everything."""

    entries: dict[bytes, list[Entry]] = field(default_factory=dict)
    commits: dict[bytes, int] = field(default_factory=dict)

    def put(self, queue: bytes, kind: EntryKind, body: bytes) -> int:
        """Append an entry and return its cursor."""
        there = self.entries.setdefault(queue, [])
        there.append(Entry(len(there) + 1, kind, now() // 1000, body))
        if kind is EntryKind.COMMIT:
            self.commits[queue] = len(there)
        return len(there)


class Bench:
    """One device whose relay is a `Log`; everything it is told comes in batches, one transaction each."""

    def __init__(self, name: str, path: Path, log: Log) -> None:
        self.log, self.told = log, 0
        self.me, self.groups = identity(name)
        self.vault = SqlcipherVault(path, bytes(32))
        opens = Capabilities(os.urandom(32), inbox_write(self.me.account_key), os.urandom(32))
        self.package: KeyPackage = fresh(self.groups, now(), last_resort=False)
        with self.vault.transaction():
            self.vault.put_me(self.me)
            self.vault.put_setting(REQUESTS, OPEN_DOOR)
            self.vault.put_key_package(self.package)
            self.vault.put_queue(
                Queue(self.me.inbox, RELAY, QueueRole.INBOX, 0, 0, opens.read, opens.write, opens.manage)
            )
        self.engine = Engine(self.vault, self.groups, os.urandom)
        self._asked: list[Command] = []

    def reachable(self) -> events.Reachable:
        """Return what the directory would say of this device."""
        keys = events.DeviceKeys(self.me.account, self.me.device, self.package.message)
        return events.Reachable(self.me.account_key, RELAY, self.me.inbox, (keys,))

    def happen(self, *what: events.Event) -> list[effects.Effect]:
        """Handle events in one transaction."""
        with self.vault.transaction():
            found = self.engine.handle(what, now())
        self._asked.extend(one.command for one in found if isinstance(one, effects.ToRelay))
        return found

    def settle(self) -> None:
        """Have the relay answer, all that was asked together in one batch, until nothing is asked any more."""
        while self._asked:
            asked, self._asked = self._asked, []
            self.happen(*(events.FromRelay(RELAY, self._answer(command)) for command in asked))

    def _answer(self, command: Command) -> Appended | Conflict | Done | Entries | Subscribed:
        match command:
            case Append(request, queue, _, _, body):
                return Appended(request, self.log.put(queue, EntryKind.MESSAGE, body))
            case Commit(request=request, queue=queue, fence=fence) if fence != self.log.commits.get(queue, 0):
                return Conflict(request, self.log.commits[queue], [], more=False)
            case Commit(request=request, queue=queue, body=body):
                return Appended(request, self.log.put(queue, EntryKind.COMMIT, body))
            case Subscribe(request, queues):
                return Subscribed(request, [self._caught(one.queue, one.after) for one in queues])
            case Read(request, queue, _, after, limit):
                there = self.log.entries.get(queue, [])
                return Entries(request, there[after : after + limit], after + limit < len(there), len(there))
            case Create() | Trim():
                return Done(command.request)
            case _:
                return Done(command.request)

    def _caught(self, queue: bytes, after: int) -> Caught:
        there = self.log.entries.get(queue, [])
        return Caught(queue, there[after : after + 200], len(there) > after + 200, len(there))

    def catch_up(self) -> None:
        """Connect, and fetch all that is new."""
        self.happen(events.Connected(RELAY))
        self.settle()


def guests(count: int) -> Sequence[events.Reachable]:
    """Return so many people who are only in the tree."""
    found = []
    for number in range(count):
        me, groups = identity(f"guest {number}")
        package = groups.key_package(now() // 1000, last_resort=False)
        keys = events.DeviceKeys(me.account, me.device, package.message)
        found.append(events.Reachable(me.account_key, RELAY, me.inbox, (keys,)))
    return found
