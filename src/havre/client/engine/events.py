"""What happens to the engine: the network, the clock, and what the person wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from havre.client.engine.device_intents import DeviceIntent
from havre.client.engine.group_intents import GroupIntent
from havre.client.engine.message_intents import MessageIntent
from havre.client.engine.wishes import Wish
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
class Reachable:
    """Another account with a key package of each of its devices, and where their Welcome goes."""

    account_key: bytes
    relay: str
    inbox: bytes
    devices: tuple[DeviceKeys, ...]


@dataclass(frozen=True, slots=True)
class TakeKept:
    """Take the key packages that an account has handed over; they are used up. Answer: `Reachable`, or None."""

    ticket: int
    account: bytes


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin a direct conversation with an account whose record was checked. Answer: the person.

    `devices`: all of the account's, and my own others. `nickname` is mine for them and stays; `hint` is what their link
    calls them, until they have said it themselves.
    """

    ticket: int
    account_key: bytes
    sequence: int
    relay: str
    inbox: bytes
    nickname: str
    devices: Sequence[DeviceKeys]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message to a person; the engine adds the salt. Answer: the stored message."""

    ticket: int
    chat: bytes
    content: Content
    uploaded: bytes = b""
    """The blob of the file that it names: from here on the message stands for it."""


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


@dataclass(frozen=True, slots=True)
class CreateGroup:
    """Create a group and bring people in; without a timer it has that of new chats. Answer: the chat."""

    ticket: int
    title: str
    description: str
    timer: int | None
    people: Sequence[Reachable]


@dataclass(frozen=True, slots=True)
class InvitePeople:
    """Bring people into a group. Answer: the chat; they are in once a commit has brought it about."""

    ticket: int
    chat: bytes
    people: Sequence[Reachable]


@dataclass(frozen=True, slots=True)
class ChangeChat:
    """Bring a wish about, in all conversations of a chat. Answer: the chat; the wish is kept until then."""

    ticket: int
    chat: bytes
    wish: Wish


@dataclass(frozen=True, slots=True)
class JoinByLink:
    """Enter a group by its invitation link. Answer: the chat, which waits; it is accepted once the device is in."""

    ticket: int
    relay: str
    chat: bytes
    door: bytes
    title: str
    secret: bytes = field(repr=False)
    link: bytes = field(repr=False)
    asks: bool = False
    """The link leads in by approval, and names the key under which to ask."""


@dataclass(frozen=True, slots=True)
class LeaveGroup:
    """Leave a group; an owner hands it on. Answer: the chat."""

    ticket: int
    chat: bytes


@dataclass(frozen=True, slots=True)
class ChangeSetting:
    """Store a setting. Answer: None."""

    ticket: int
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class DropQueues:
    """Have relays delete the queues of conversations between two in which nobody else is to read. Answer: None."""

    ticket: int


@dataclass(frozen=True, slots=True)
class AcceptRequest:
    """Enter the conversations that an account has asked for. Answer: the person."""

    ticket: int
    account: bytes


@dataclass(frozen=True, slots=True)
class DeclineRequest:
    """Forget what an account has asked for, and drop its later requests; `block`: all it says. Answer: None."""

    ticket: int
    account: bytes
    block: bool


@dataclass(frozen=True, slots=True)
class Block:
    """Hear nothing more of a person. Answer: the person."""

    ticket: int
    account: bytes


@dataclass(frozen=True, slots=True)
class Unblock:
    """Let a declined or blocked account be heard again. Answer: the person, if they are known."""

    ticket: int
    account: bytes


Intent = (
    Begin | Send | MarkRead | ChangePerson | RemoveDevice | AcceptRequest | DeclineRequest | Block | Unblock
    | ChangeSetting
    | TakeKept | MessageIntent | DeviceIntent | DropQueues | CreateGroup | InvitePeople | ChangeChat | LeaveGroup
    | JoinByLink | GroupIntent
)  # fmt: skip
Event = Started | Connected | Disconnected | FromRelay | Tick | Stock | Published | Intent
