"""Welcomes of large groups, whose tree lies apart: who wants in fetches it and follows the Welcome then."""

from __future__ import annotations

from collections.abc import Sequence

from havre.client.engine import aftermath, entering
from havre.client.engine.calling import check_relay
from havre.client.engine.effects import Connect
from havre.client.engine.groups import Announced, Reason, Unusable
from havre.client.engine.terms import GROUP, VERSION, Home, Terms, decode_handover, decode_terms
from havre.client.engine.turn import Turn
from havre.client.vault.rows import Entrance, QueueRole


def check_followable(turn: Turn, announced: Announced) -> tuple[Home, Terms]:
    """Return where the group lives, and its terms; raises Unusable when it is none that I would enter."""
    terms = decode_terms(announced.terms)
    home, known = terms.homes[0], turn.queue(terms.name)
    if terms.version != VERSION or terms.kind != GROUP or decode_handover(announced.handover).tree is None:
        raise Unusable(Reason.FORBIDDEN)
    if known is not None and known.role is not QueueRole.ENDED:
        raise Unusable(Reason.REPEATED)
    check_relay(turn, home.relay)
    return home, terms


def accept(turn: Turn, announced: Announced, welcome: bytes, bundle: bytes) -> None:
    """Fetch the tree, and follow the Welcome as soon as it is there; raises Unusable."""
    home, _ = check_followable(turn, announced)
    handover = decode_handover(announced.handover)
    assert handover.tree is not None
    aftermath.meet(turn, [announced.welcomer], {announced.welcomer.account: handover.name})
    turn.vault.put_entrance(
        Entrance(
            handover.tree.queue, home.relay, announced.group_id, b"", 0, 0, secret=handover.tree.secret, link=b"",
            welcome=welcome, bundle=bundle,
        )
    )  # fmt: skip
    turn.emit(Connect(home.relay))


def follow(turn: Turn, entrance: Entrance, trees: Sequence[bytes]) -> bool:
    """Enter by the Welcome with the tree that lies there; False when there is none that fits (yet)."""
    for sealed in trees[:1]:
        try:
            tree = turn.groups.open_answer(entrance.secret, sealed)
            entering.enter(turn, turn.groups.join(entrance.welcome, entrance.bundle, turn.seconds, tree))
        except Unusable as error:
            if error.reason is not Reason.REPEATED:
                return False
        turn.vault.drop_entrance(entrance.door)
        return True
    return False
