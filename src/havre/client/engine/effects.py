"""What the engine wants done once the transaction has been committed, and what it tells the faces."""

from __future__ import annotations

from dataclasses import dataclass, field

from havre.client.engine.groups import Reason
from havre.client.vault.rows import Message, Person
from havre.wire.refusals import Code
from havre.wire.stream import Command

# --- for the driver -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connect:
    """Keep a connection to this relay."""

    relay: str


@dataclass(frozen=True, slots=True)
class ToRelay:
    """Send a command on the present connection."""

    relay: str
    command: Command


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Send a `Tick` at this time (unix milliseconds), or earlier."""

    at: int


@dataclass(frozen=True, slots=True)
class AskStock:
    """Ask the directory how many key packages are left."""


@dataclass(frozen=True, slots=True)
class PublishKeyPackages:
    """Upload key packages, then say `Published` with all their references."""

    refs: tuple[bytes, ...]
    one_time: tuple[bytes, ...] = field(repr=False)
    last_resort: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """An intent has been carried out, and is in the vault."""

    ticket: int
    value: Message | Person | None


@dataclass(frozen=True, slots=True)
class Failed:
    """An intent could not be carried out and has changed nothing; `sentence` says why."""

    ticket: int
    sentence: str


# --- for the faces --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MessageArrived:
    """A message was stored: another's, or one of mine."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A message has a new state or place."""

    message: Message


@dataclass(frozen=True, slots=True)
class PersonChanged:
    """A person is new here, or called something else now."""

    person: Person


@dataclass(frozen=True, slots=True)
class EntrySkipped:
    """Something in a queue could not be used and was passed over."""

    queue: bytes
    cursor: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class RelayRefused:
    """A relay refused something for good; what it was about will not happen."""

    relay: str
    code: Code
    sentence: str


Told = MessageArrived | MessageChanged | PersonChanged | EntrySkipped | RelayRefused


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell the faces."""

    told: Told


Effect = Connect | ToRelay | WakeAt | AskStock | PublishKeyPackages | Answer | Failed | Notify
