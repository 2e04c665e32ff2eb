"""What the engine wants done once the transaction has been committed, and what it tells the faces."""

from __future__ import annotations

from dataclasses import dataclass, field

from havre.client.engine.events import Reachable
from havre.client.engine.groups import Reason
from havre.client.vault.applicants import Applicant
from havre.client.vault.requests import Request
from havre.client.vault.rows import Chat, Message, Person, Scheduled
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


Value = Message | Person | Chat | Scheduled | Reachable | None
"""What an intent can be answered with."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An intent has been carried out, and is in the vault."""

    ticket: int
    value: Value


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
class AccountChanged:
    """I am called or look otherwise now: this device has changed it, or another of mine."""


@dataclass(frozen=True, slots=True)
class ChatChanged:
    """A chat is new here, or is another than before."""

    chat: Chat


@dataclass(frozen=True, slots=True)
class WishFailed:
    """What was wanted in a chat has not come about, and will not; `sentence` says why."""

    chat: bytes
    sentence: str


@dataclass(frozen=True, slots=True)
class MessageGone:
    """A message is no longer here: its time is over, or I have deleted it for me."""

    chat: bytes
    message: bytes


@dataclass(frozen=True, slots=True)
class SomebodyTyping:
    """Somebody is writing in a chat just now, or has stopped."""

    chat: bytes
    account: bytes
    active: bool


@dataclass(frozen=True, slots=True)
class EntrySkipped:
    """Something in a queue could not be used and was passed over."""

    queue: bytes
    cursor: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class EntriesMissing:
    """So many entries of a queue never came: they had expired, or the relay withholds them."""

    queue: bytes
    count: int


@dataclass(frozen=True, slots=True)
class RelayWentBack:
    """A relay has less in a queue than it has shown before; what it has now is read again from the beginning."""

    relay: str
    queue: bytes


@dataclass(frozen=True, slots=True)
class RelayRefused:
    """A relay refused something for good; what it was about will not happen."""

    relay: str
    code: Code
    sentence: str


@dataclass(frozen=True, slots=True)
class HomeAway:
    """The first home of a chat is away: it goes on over its second home."""

    chat: bytes
    relay: str
    second: str


@dataclass(frozen=True, slots=True)
class HomeBack:
    """The first home of a chat is there again."""

    chat: bytes
    relay: str


@dataclass(frozen=True, slots=True)
class RequestArrived:
    """Somebody I do not know wants to talk to me."""

    request: Request


@dataclass(frozen=True, slots=True)
class ApplicantArrived:
    """Somebody asks to be let into a group in which I decide."""

    applicant: Applicant


@dataclass(frozen=True, slots=True)
class DeviceAppeared:
    """Somebody I know has a device that they did not have before; `returned`: it was removed once."""

    person: Person
    device: bytes
    returned: bool


Told = (
    DeviceAppeared
    | MessageArrived
    | MessageChanged
    | MessageGone
    | SomebodyTyping
    | PersonChanged
    | AccountChanged
    | ChatChanged
    | WishFailed
    | EntrySkipped
    | EntriesMissing
    | RelayWentBack
    | RelayRefused
    | RequestArrived
    | ApplicantArrived
    | HomeAway
    | HomeBack
)


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell the faces."""

    told: Told


Effect = Connect | ToRelay | WakeAt | AskStock | PublishKeyPackages | Answer | Failed | Notify
