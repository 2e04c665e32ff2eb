"""What the page is shown: JSON shapes of chats, messages and events. They hold no key, no address and no file path."""

from __future__ import annotations

from typing import Literal

from havre.desk.shapes import Account as Account
from havre.desk.shapes import Applicant as Applicant
from havre.desk.shapes import Fetched as Fetched
from havre.desk.shapes import Home as Home
from havre.desk.shapes import MayWrite as MayWrite
from havre.desk.shapes import Person as Person
from havre.desk.shapes import Refused as Refused
from havre.desk.shapes import RoleName as RoleName
from havre.desk.shapes import Rules as Rules
from havre.desk.shapes import Scheduled as Scheduled
from havre.desk.shapes import Shape as Shape
from havre.desk.shapes import ShelfName as ShelfName
from havre.desk.shapes import Stored as Stored

# --- messages -------------------------------------------------------------------------------------------------


class Preview(Shape, frozen=True):
    """What the page behind a link calls itself, as the sender of the link saw it; `picture` is a JPEG, or empty."""

    link: str
    title: str
    description: str
    picture: bytes


class TextBody(Shape, frozen=True, tag_field="kind", tag="text"):
    """Something written, in Markdown or plain; `preview` of a link in it."""

    text: str
    markdown: bool
    preview: Preview | None


class Picture(Shape, frozen=True):
    """What its sender says of a picture: pixels, a blurhash, a JPEG in base64; the last two may be empty."""

    width: int
    height: int
    blurhash: str
    thumbnail: str


class FileBody(Shape, frozen=True, tag_field="kind", tag="file"):
    """A file; its bytes are at `/files/<chat>/<message>`. `size` in bytes."""

    name: str
    size: int
    media_type: str
    picture: Picture | None


class OtherBody(Shape, frozen=True, tag_field="kind", tag="other"):
    """Something that this version cannot show."""

    media_type: str


class NoticeBody(Shape, frozen=True, tag_field="kind", tag="notice"):
    """Not written by anybody: what happened to the chat. `what` names it; `sentence` says it in English."""

    what: str
    sentence: str
    who: str
    whom: list[str]
    detail: str
    number: int


class VoiceBody(Shape, frozen=True, tag_field="kind", tag="voice"):
    """A voice note, a file like another; `waveform`: a number from 0 to 255 a bar."""

    name: str
    size: int
    media_type: str
    milliseconds: int
    waveform: list[int]


class Option(Shape, frozen=True):
    """One option of a poll: who has chosen it, and whether I have."""

    text: str
    voters: list[str]
    mine: bool


class PollBody(Shape, frozen=True, tag_field="kind", tag="poll"):
    """A question, and how the votes stand."""

    question: str
    options: list[Option]
    multiple: bool
    closed: bool


class LocationBody(Shape, frozen=True, tag_field="kind", tag="location"):
    """A place, in degrees."""

    latitude: float
    longitude: float
    label: str


class CardBody(Shape, frozen=True, tag_field="kind", tag="card"):
    """Somebody's contact link, passed on."""

    name: str
    link: str


class OnceBody(Shape, frozen=True, tag_field="kind", tag="once"):
    """Something that can be viewed once."""

    viewed: bool


class DeletedBody(Shape, frozen=True, tag_field="kind", tag="deleted"):
    """It was deleted for everyone, by `name`."""

    name: str


Body = (
    TextBody
    | FileBody
    | VoiceBody
    | PollBody
    | LocationBody
    | CardBody
    | OnceBody
    | DeletedBody
    | NoticeBody
    | OtherBody
)


class Quote(Shape, frozen=True):
    """The message that another replies to; `name` is none when it is not here any longer."""

    id: str
    name: str | None
    words: str


class Reaction(Shape, frozen=True):
    """One emoji, and who reacted with it."""

    emoji: str
    names: list[str]
    mine: bool


class Version(Shape, frozen=True):
    """What a message said before it was edited, and since when."""

    at: int
    text: str


State = Literal["waiting", "sent", "delivered", "read", "failed", "received"]


class Message(Shape, frozen=True):
    """One message. `at`: unix milliseconds; `order` grows with every message stored; shown in the order of `place`."""

    id: str
    chat: str
    sender: str
    sender_id: str
    mine: bool
    at: int
    order: int
    place: str
    state: State
    unread: bool
    body: Body
    quote: Quote | None
    reactions: list[Reaction]
    history: list[Version]
    """What it said before its edits."""
    pinned: bool
    starred: bool
    forwarded: int
    """How often it was passed on."""
    timer: int | None
    """Seconds after which it disappears."""
    goes_at: int | None
    """When that will be, in unix milliseconds; none: it is not counted yet."""
    sent_on_by: str | None
    """The member who sent it on to me as a newcomer, and alone vouches for it; none: it came from its sender."""


# --- chats and people -----------------------------------------------------------------------------------------


class Chat(Shape, frozen=True):
    """Somebody, or several, whom one can write to. `timer`: seconds after which messages disappear.

    `picture`: the address under which the person's or the group's is, another with each change; none: there is none.
    """

    id: str
    kind: Literal["direct", "group", "self"]
    title: str
    description: str
    timer: int | None
    standing: Literal["accepted", "requested", "blocked", "waiting", "left", "removed", "gone"]
    muted_until: int
    pinned: bool
    archived: bool
    draft: str
    unread: int
    last: Message | None
    began_at: int
    person: Person | None
    """The other, in a direct chat."""
    picture: str | None


class Shared(Shape, frozen=True):
    """Some of what lies on a shelf, the last stored first; `more`: the next is behind this one, none: that was all."""

    messages: list[Message]
    more: str | None


class Member(Shape, frozen=True):
    """Somebody in a group."""

    id: str
    name: str
    fingerprint: str
    role: RoleName
    me: bool
    picture: str | None


class Group(Shape, frozen=True):
    """A group as it is now: the owner first, then admins, then members; `link` by which people come in, if there is."""

    chat: str
    members: list[Member]
    role: RoleName
    """My own."""
    rules: Rules
    banned: list[str]
    link: str | None
    approval: bool
    """Whoever comes by the link waits until somebody lets them in."""


class Request(Shape, frozen=True):
    """Somebody unknown who wants to talk; nobody vouches for the name. `relay`: where. `at`: unix milliseconds."""

    id: str
    name: str
    fingerprint: str
    relay: str
    at: int


class Link(Shape, frozen=True):
    """My contact link, and the shorter form for a QR code."""

    link: str
    qr: str


class Device(Shape, frozen=True):
    """A device of mine. `linked_at`: unix milliseconds, 0: not known."""

    id: str
    name: str
    this: bool
    linked_at: int


class Devices(Shape, frozen=True):
    """My devices, and whether this one may link and revoke others."""

    devices: list[Device]
    may_link: bool


class Candidate(Shape, frozen=True):
    """A device that wants to be linked, and the number that it must be showing."""

    name: str
    number: str


class DeviceCode(Shape, frozen=True):
    """What a new device shows to be linked: a code for the other to read, and the number that both must show."""

    code: str
    number: str


class Switches(Shape, frozen=True):
    """What others learn of me, and I of them. `default_timer`: seconds, for chats that I begin."""

    read_receipts: bool
    delivery_receipts: bool
    typing: bool
    default_timer: int | None


class Upload(Shape, frozen=True, tag_field="kind", tag="upload"):
    """A file that the page has brought, for a method to use."""

    upload: str


class Download(Shape, frozen=True):
    """A file that waits at `/downloads/<download>`, once."""

    download: str
    name: str


class Written(Shape, frozen=True):
    """A backup, and the recovery key that opens it; empty: a passphrase does."""

    file: Download
    recovery_key: str


class SafetyNumber(Shape, frozen=True):
    """What two people compare: groups of digits to read aloud, and what the QR codes of both hold if all is well."""

    digits: str
    qr: str


# --- the app --------------------------------------------------------------------------------------------------


class NewProfile(Shape, frozen=True, tag_field="kind", tag="new"):
    """Nobody has signed up in this profile."""

    relay: str
    """The relay that is offered first."""


class LockedProfile(Shape, frozen=True, tag_field="kind", tag="locked"):
    """The vault waits for its passphrase."""


class OpenProfile(Shape, frozen=True, tag_field="kind", tag="open"):
    """The vault is open."""

    account: Account


Profile = NewProfile | LockedProfile | OpenProfile


# --- events ---------------------------------------------------------------------------------------------------


class MessageArrived(Shape, frozen=True, tag_field="kind", tag="messageArrived"):
    """A message is new in a chat, mine included."""

    message: Message


class MessageChanged(Shape, frozen=True, tag_field="kind", tag="messageChanged"):
    """A message has a new state or place."""

    message: Message


class MessageGone(Shape, frozen=True, tag_field="kind", tag="messageGone"):
    """A message is no longer here: its time is over, or it was deleted for me."""

    chat: str
    id: str


class Typing(Shape, frozen=True, tag_field="kind", tag="typing"):
    """Somebody is writing just now, or has stopped; who says nothing for 10 seconds has, too."""

    chat: str
    name: str
    active: bool


class ChatChanged(Shape, frozen=True, tag_field="kind", tag="chatChanged"):
    """A chat is new here, or is in any way other than before."""

    chat: Chat


class PersonChanged(Shape, frozen=True, tag_field="kind", tag="personChanged"):
    """Somebody is new here, or is called something else now, or looks otherwise."""

    person: Person


class DeviceAppeared(Shape, frozen=True, tag_field="kind", tag="deviceAppeared"):
    """Somebody has a new device, or one that was removed is back; to be said loudly if I have verified them."""

    person: Person
    returned: bool


class RequestArrived(Shape, frozen=True, tag_field="kind", tag="requestArrived"):
    """Somebody unknown wants to talk."""

    request: Request


class ApplicantArrived(Shape, frozen=True, tag_field="kind", tag="applicantArrived"):
    """Somebody asks to be let into a group in which I decide."""

    applicant: Applicant


class ConnectionChanged(Shape, frozen=True, tag_field="kind", tag="connectionChanged"):
    """A relay is connected, or is not."""

    relay: str
    connected: bool


class Problem(Shape, frozen=True, tag_field="kind", tag="problem"):
    """Something went wrong that no call waits for: what, for the page's own words, and a sentence."""

    error: str
    sentence: str


class Progress(Shape, frozen=True, tag_field="kind", tag="progress"):
    """How far a file is, in bytes; `transfer` is the page's own name for it."""

    transfer: str
    done: int
    total: int


class Waiting(Shape, frozen=True, tag_field="kind", tag="waiting"):
    """Very many people sign up, and this one waits in line. `place`: the next one's is 1; none: the line is full."""

    place: int | None
    seconds: int


class ProfileChanged(Shape, frozen=True, tag_field="kind", tag="profileChanged"):
    """The profile was opened, made or closed, or I am called or look otherwise; perhaps in another window."""

    profile: Profile


class Missed(Shape, frozen=True, tag_field="kind", tag="missed"):
    """This window was too slow and has missed events: everything that it shows is to be read again."""


Event = (
    MessageArrived
    | MessageChanged
    | MessageGone
    | Typing
    | ChatChanged
    | PersonChanged
    | DeviceAppeared
    | RequestArrived
    | ApplicantArrived
    | ConnectionChanged
    | Problem
    | Progress
    | Waiting
    | ProfileChanged
    | Missed
)


class Failure(Shape, frozen=True, tag_field="kind", tag="failure"):
    """A transfer that did not work: the kind of error, for the page's own words, and a sentence."""

    error: str
    sentence: str
