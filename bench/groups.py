"""How large groups cost: `python -m bench.groups [--members 1000] [--json FILE]`.

One owner brings everybody in by commits of as many devices as the client takes, as `havre group` does it, with the
client's own groups (real MLS, certificates, post-quantum suite) and no network: what is measured is one core's work and
the bytes that would travel. Three members are alive, the owner, the first who came in and the last; the others only
have keys.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from havre import mls
from havre.client.engine.groups import Changed, Group, Said, Step
from havre.client.engine.mls_groups import SUITE, MlsGroups
from havre.client.engine.terms import GROUP, VERSION, Home, Terms, encode_terms
from havre.client.engine.turn import Tuning
from havre.client.identity.account import AccountKey, certify_device, credential_identity

NOW: Final = 1_700_000_000
TEXT: Final = bytes(300)
PLACE: Final = bytes(48)
HANDOVER: Final = bytes(400)


@dataclass(frozen=True)
class Figure:
    """What something took, in milliseconds of processor time, and how many bytes it sent."""

    what: str
    milliseconds: float
    size: int


def newcomer() -> MlsGroups:
    """Return somebody with keys and a certificate."""
    suite = mls.cipher_suite(SUITE)
    account, signer = AccountKey.of(suite.generate_signature_key()), suite.generate_signature_key()
    certificate = certify_device(suite.provider, account, os.urandom(16), signer.public, issued=NOW)
    return MlsGroups(credential_identity(certificate), signer)


def measure(members: int) -> Iterator[Figure]:
    """Yield what it takes to make a group, to come into it, to write in it, and to take somebody out."""
    owner, alive, late = newcomer(), newcomer(), newcomer()
    first, last = alive.key_package(NOW, last_resort=False), late.key_package(NOW, last_resort=False)
    others = [newcomer().key_package(NOW, last_resort=False).message for _ in range(members - 3)]
    packages = [first.message, *others, last.message]
    home = Home("https://relay.example", bytes(16))
    group: Group = owner.found(bytes(16), encode_terms(Terms(VERSION, GROUP, [home], owner=bytes(32))))
    began, sent, largest, welcome = time.process_time(), 0, 0, b""
    theirs: Group | None = None
    for batch in _batches(packages, Tuning().guests):
        made = owner.commit(group, Step(add=tuple(batch), handover=HANDOVER, proposed=False, tree=PLACE), NOW)
        group, tree, largest = made.group, owner.tree(made.group), max(largest, len(made.message))
        welcomes = [owner.welcome_for(made.welcome or b"", [package]) for package in (batch[0], batch[-1])]
        welcome = welcomes[-1]
        sent += len(made.message) + len(welcome) * len(batch) + len(tree)
        if theirs is None:
            theirs = alive.join(welcomes[0], first.encoded, NOW, tree).group
        else:
            theirs = _adopted(alive, theirs, made.message)
    assert theirs is not None
    yield _since(began, f"create, {members} devices (owner and one member)", sent)
    yield Figure(f"the largest commit: {-(-largest // Tuning().entry_bytes)} entries", 0.0, largest)
    yield Figure("the tree, once for all who come in by a commit", 0.0, len(owner.tree(group)))
    yield Figure("the Welcome of one account", 0.0, len(welcome))
    began = time.process_time()
    entered = late.join(welcome, last.encoded, NOW, owner.tree(group)).group
    yield _since(began, "come in: check every leaf", 0)
    assert entered.authenticator == theirs.authenticator
    yield from _talk(owner, alive, group, theirs)


def _talk(owner: MlsGroups, alive: MlsGroups, group: Group, theirs: Group) -> Iterator[Figure]:
    began = time.process_time()
    group, message = owner.encrypt(group, TEXT)
    yield _since(began, "write 300 bytes", len(message))
    began = time.process_time()
    said = alive.open(theirs, message, NOW)
    assert isinstance(said, Said)
    yield _since(began, "read them", 0)
    began = time.process_time()
    made = owner.commit(group, Step(remove=(max(member.leaf for member in group.members),)), NOW)
    yield _since(began, "take somebody out: the committer", len(made.message))
    began = time.process_time()
    after = _adopted(alive, said.group, made.message)
    yield _since(began, "take somebody out: everybody else", 0)
    assert after.authenticator == made.group.authenticator
    began = time.process_time()
    sealed = owner.seal_state(made.group, bytes(100), bytes(32), to_members=True)
    yield _since(began, "seal the state for the door and each member", len(sealed))
    began = time.process_time()
    state = alive.open_state(sealed, bytes(32), None)
    _, message = newcomer().enter(state, None)
    yield _since(began, "enter from outside", len(message))


def _adopted(who: MlsGroups, group: Group, message: bytes) -> Group:
    change = who.open(group, message, NOW)
    assert isinstance(change, Changed)
    assert change.group is not None
    return change.group


def _batches(packages: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(packages), size):
        yield packages[start : start + size]


def _since(began: float, what: str, size: int) -> Figure:
    return Figure(what, (time.process_time() - began) * 1000, size)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=1000, help="devices of the group")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    figures = list(measure(options.members))
    table = Table("what", "ms", "bytes", box=None)
    for figure in figures:
        table.add_row(figure.what, f"{figure.milliseconds:,.1f}", f"{figure.size:,}" if figure.size else "")
    Console().print(table)
    if options.json:
        options.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
