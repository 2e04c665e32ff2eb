"""The inbox: a queue into which strangers lay Welcomes. Each is tried once; none that is bad stops the next."""

from __future__ import annotations

from havre.client.engine import direct
from havre.client.engine.effects import AskStock
from havre.client.engine.groups import Reason, Unusable
from havre.client.engine.session import Link, SentTrim
from havre.client.engine.turn import Turn
from havre.client.vault.rows import KeyPackage, Queue
from havre.wire.records import RECORD, SIGNED_RECORD
from havre.wire.stream import Entry, Trim


def take(turn: Turn, entry: Entry) -> None:
    """Enter the conversation that a Welcome leads to; raises Unusable."""
    package = _key_package(turn, entry.body)
    joined = turn.groups.join(entry.body, package.bundle, turn.seconds)
    direct.enter(turn, joined)
    if not package.last_resort:
        # In the transaction that uses it: afterwards nobody, we included, can open this Welcome again.
        turn.vault.drop_key_package(package.ref)
    turn.emit(AskStock())


def _key_package(turn: Turn, welcome: bytes) -> KeyPackage:
    for ref in turn.groups.wanted(welcome):
        package = turn.vault.key_package(ref)
        if package is not None:
            return package
    raise Unusable(Reason.UNKNOWN_KEY_PACKAGE)


def trim(turn: Turn, link: Link, row: Queue) -> None:
    """Have the relay forget what was dealt with, unless other devices of mine read the same inbox."""
    devices = RECORD.decode(SIGNED_RECORD.decode(turn.me.record).record).devices
    if len(devices) == 1:
        asked = SentTrim(row.queue, row.cursor)
        turn.ask(link, asked, lambda request: Trim(request, row.queue, row.manage, row.cursor))
