"""What happens to the engine: the network, the clock, and what the person wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from havre.content import Content
from havre.wire import stream

# --- the network and the clock --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The vault is open; nothing is connected yet."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A new connection to a relay stands."""

    relay: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection to a relay is gone."""

    relay: str


@dataclass(frozen=True, slots=True)
class FromRelay:
    """The relay says something."""

    relay: str
    event: stream.Event


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; the answer to a `WakeAt`."""


@dataclass(frozen=True, slots=True)
class Stock:
    """So many one-time key packages of this device are left in the directory."""

    one_time: int


@dataclass(frozen=True, slots=True)
class Published:
    """The directory has taken these key packages."""

    refs: tuple[bytes, ...]


# --- what the person wants; each is answered by one `Answer` or `Failed` with its ticket ------------------------


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """A key package of one device, as the directory handed it out."""

    account: bytes
    device: bytes
    key_package: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin a direct conversation with an account whose record was checked. Answer: the person.

    `devices`: all of the account's, and my own others.
    """

    ticket: int
    account_key: bytes
    sequence: int
    relay: str
    inbox: bytes
    nickname: str
    devices: Sequence[DeviceKeys]


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message to a person; the engine adds the salt. Answer: the stored message."""

    ticket: int
    chat: bytes
    content: Content


@dataclass(frozen=True, slots=True)
class MarkRead:
    """Everything in a chat was read, or everything up to a message. Answer: None."""

    ticket: int
    chat: bytes
    through: tuple[bytes, bytes] | None
    """Queue and id of a message."""


@dataclass(frozen=True, slots=True)
class ChangePerson:
    """Name or vouch for a person; None leaves things as they are. Answer: the person."""

    ticket: int
    account: bytes
    nickname: str | None = None
    verified: bool | None = None


@dataclass(frozen=True, slots=True)
class RemoveDevice:
    """Take a device of mine out of a conversation; it can fetch nothing that comes after. Answer: None."""

    ticket: int
    queue: bytes
    device: bytes


Intent = Begin | Send | MarkRead | ChangePerson | RemoveDevice
Event = Started | Connected | Disconnected | FromRelay | Tick | Stock | Published | Intent
