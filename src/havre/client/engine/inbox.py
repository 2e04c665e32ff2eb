"""The inbox: a queue into which strangers lay Welcomes. Each is tried once; none that is bad stops the next."""

from __future__ import annotations

from havre.client.engine import applying, devices, kept_keys, requests, returning
from havre.client.engine.applications import ANSWER
from havre.client.engine.effects import AskStock
from havre.client.engine.groups import Reason, Unusable
from havre.client.engine.session import Link, SentTrim
from havre.client.engine.turn import Turn
from havre.client.vault.rows import KeyPackage, Queue
from havre.wire.stream import Entry, EntryKind, Trim


def take(turn: Turn, entry: Entry) -> None:
    """Enter the conversation that a Welcome leads to, or keep it as a request; raises Unusable."""
    if entry.kind is EntryKind.COMMIT:
        return  # no Welcome: a change of the inbox's capabilities
    if entry.body.startswith(ANSWER):
        applying.take_answer(turn, entry.body)
        return
    package = _key_package(turn, entry.body)
    if package is None:
        return
    announced = turn.groups.announced(entry.body, package.bundle)
    if announced is None:
        _follow(turn, entry.body, package)
    else:
        requests.receive_announced(turn, announced, entry.body, package.bundle)
    if not package.last_resort:
        # In the transaction that uses it: afterwards nobody, we included, can open this Welcome again.
        turn.vault.drop_key_package(package.ref)
        kept_keys.on_used(turn, package.ref)
    turn.emit(AskStock())


def _follow(turn: Turn, welcome: bytes, package: KeyPackage) -> None:
    joined = turn.groups.join(welcome, package.bundle, turn.seconds)
    try:
        requests.receive(turn, joined, welcome, package.bundle)
    except Unusable as error:
        if error.reason is not Reason.REPEATED or not returning.park(turn, joined, welcome, package.bundle):
            raise


def _key_package(turn: Turn, welcome: bytes) -> KeyPackage | None:
    """Return the key package that a Welcome has used; None: it may be for another device of mine."""
    for ref in turn.groups.wanted(welcome):
        package = turn.vault.key_package(ref)
        if package is not None:
            return package
    if len(devices.certified(turn)) > 1:
        return None
    raise Unusable(Reason.UNKNOWN_KEY_PACKAGE)


def trim(turn: Turn, link: Link, row: Queue) -> None:
    """Have the relay forget what was dealt with, unless other devices of mine read the same inbox."""
    if len(devices.certified(turn)) == 1:
        asked = SentTrim(row.queue, row.cursor)
        turn.ask(link, asked, lambda request: Trim(request, row.queue, row.manage, row.cursor))
