"""Applications: what somebody who holds a link by approval asks of a group, where, and what they are answered.

Everything follows from the invitation's secret, which members know and the link does not carry. The link names the
public key to which applications are sealed; who knows the name may write into the queue of applications, and who knows
the secret may read it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from havre.client.engine.groups import Groups, Reason, Unusable
from havre.client.engine.terms import GROUP, Terms
from havre.client.padding import padme
from havre.wire.capability import Capabilities
from havre.wire.frames import Frame, WireError
from havre.wire.sizes import QUEUE_BYTES, QueueId, Secret

ANSWER: Final = b"\x00\xfb"
"""Begins an answer in an inbox; no MLS message begins so (RFC 9420 §6: version 1)."""
LIFETIME: Final = 30 * 24 * 3600 * 1000
"""Milliseconds for which an application waits."""
_SMALLEST: Final = 1024


@dataclass(frozen=True, slots=True)
class Counter:
    """Where people apply to a group: a queue, and what opens it."""

    queue: bytes
    opens: Capabilities = field(repr=False)


class Application(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What an applicant says: to which group, where the Welcome goes, what they are called, and when they asked (ms).

    `reply`: the key under which they are answered.
    """

    chat: Annotated[bytes, Meta(max_length=64)]
    relay: Annotated[str, Meta(max_length=300)]
    inbox: QueueId
    name: Annotated[str, Meta(max_length=256)]
    at: Annotated[int, Meta(ge=0, lt=1 << 53)]
    reply: Secret
    padding: bytes = b""

    def __repr__(self) -> str:
        return f"Application({self.chat.hex()})"


class _Answer(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """That a group does not let somebody in."""

    chat: bytes
    padding: bytes = b""


_APPLICATION: Final[Frame[Application]] = Frame(Application)
_ANSWER: Final[Frame[_Answer]] = Frame(_Answer)


def link_name(key: bytes) -> bytes:
    """Return what a link by approval carries: the name of the key to which applications are sealed."""
    return sha256(b"havre link by approval" + key).digest()


def counter_outside(name: bytes) -> tuple[bytes, bytes]:
    """Return queue and write capability for who holds a link."""
    return sha256(b"havre applications" + name).digest()[:QUEUE_BYTES], sha256(
        b"havre applications write" + name
    ).digest()


def counter_inside(groups: Groups, secret: bytes) -> Counter:
    """Return where people apply to a group, for its members."""
    queue, write = counter_outside(link_name(groups.letter_key(secret)))
    read = sha256(b"havre applications read" + secret).digest()
    return Counter(queue, Capabilities(read, write, sha256(b"havre applications manage" + secret).digest()))


def decides(terms: Terms, account: bytes) -> bool:
    """Tell whether an account lets people in who have asked."""
    return terms.kind == GROUP and terms.role(account) >= terms.rules.add


def secret_by_approval(terms: Terms) -> bytes | None:
    """Return the secret of the invitation by which people apply, if there is one."""
    link = terms.invitation
    return link.secret if link is not None and link.approval else None


def encode_application(application: Application) -> bytes:
    """Return an application, padded."""
    bare = _APPLICATION.encode(application)
    padding = bytes(padme(len(bare), _SMALLEST) - len(bare))
    return _APPLICATION.encode(msgspec.structs.replace(application, padding=padding))


def decode_application(data: bytes) -> Application:
    """Return what an application says; raises Unusable."""
    try:
        return _APPLICATION.decode(data)
    except WireError:
        raise Unusable(Reason.MALFORMED) from None


def encode_answer(chat: bytes) -> bytes:
    """Return the answer no, padded to about the size of a Welcome."""
    return _ANSWER.encode(_Answer(chat, bytes(4 * _SMALLEST)))


def answered_chat(data: bytes) -> bytes:
    """Return which group answers; raises Unusable."""
    try:
        return _ANSWER.decode(data).chat
    except WireError:
        raise Unusable(Reason.MALFORMED) from None
