"""Asking to be let into a group by a link by approval, though nobody of it is there, and hearing the answer.

This device seals what it asks to the key that lies at the group's door, of which the link has the name, and lays it
into the queue of applications. Yes is a Welcome in the inbox; no is an answer there.
"""

from __future__ import annotations

from collections.abc import Sequence

from havre.client.engine import chats, outbox
from havre.client.engine.applications import (
    ANSWER,
    Application,
    answered_chat,
    counter_outside,
    encode_application,
    link_name,
)
from havre.client.engine.groups import Unusable
from havre.client.engine.key_packages import fresh
from havre.client.engine.terms import decode_terms
from havre.client.engine.turn import Turn
from havre.client.sentences import said
from havre.client.vault.applicants import Applied
from havre.client.vault.rows import Entrance, Purpose
from havre.wire.sizes import SECRET_BYTES

NOT_LET_IN = said("NotLetIn", "The group has not let you in.")


def ask(turn: Turn, entrance: Entrance, keys: Sequence[bytes]) -> bool:
    """Ask to be let in; False when the door does not show the key that the link names."""
    key = next((key for key in keys if link_name(key) == entrance.link), None)
    if key is None:
        return False
    package = fresh(turn.groups, turn.now, last_resort=False)
    reply = turn.entropy(SECRET_BYTES)
    said = Application(entrance.chat, turn.me.relay, turn.me.inbox, turn.me.name[:64], turn.now, reply)
    try:
        sealed = turn.groups.seal_letter(key, package.message, encode_application(said))
    except Unusable:
        return False
    turn.vault.put_key_package(package)
    turn.vault.put_applied(Applied(entrance.chat, entrance.link, reply, turn.now))
    turn.vault.drop_entrance(entrance.door)
    queue, write = counter_outside(entrance.link)
    outbox.put_letter(turn, Purpose.APPLICATION, entrance.relay, queue, write, sealed, entrance.chat)
    return True


def take_answer(turn: Turn, body: bytes) -> None:
    """A group says no. A Welcome of it may come all the same: somebody else has let this device in."""
    for applied in turn.vault.all_applied():
        try:
            answered = answered_chat(turn.groups.open_answer(applied.reply, body[len(ANSWER) :]))
        except Unusable:
            continue
        if answered == applied.chat:
            chats.shut_out(turn, applied.chat, NOT_LET_IN)


def is_let_in(turn: Turn, group: bytes, terms: bytes) -> bool:
    """Tell whether a Welcome leads into a group that this device has asked to be let into, and by the same link."""
    applied = turn.vault.applied(group)
    link = decode_terms(terms).invitation
    return applied is not None and link is not None and link_name(turn.groups.letter_key(link.secret)) == applied.link
