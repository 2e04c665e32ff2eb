"""What faces are shown of a message: what it says, what was done to it, how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from havre.client.engine.notices import What
from havre.client.vault import rows
from havre.client.vault.facts import ERASED, shown_body
from havre.client.vault.rows import MessageKind, MessageState
from havre.client.vault.standings import standing_of, standing_with
from havre.content import (
    Card,
    Content,
    ContentError,
    File,
    Location,
    Picture,
    Poll,
    Shown,
    Text,
    Unknown,
    clean_text,
    decode,
    forwarded,
    with_names,
)
from havre.content.kinds import DEGREE, MANY_TIMES, Preview
from havre.content.standing import Standing

_LAST: Final = (1 << 63) - 1
"""The place of what no relay has taken yet."""
QUOTED: Final = 120
"""Characters that a quote shows at most."""


@dataclass(frozen=True, slots=True)
class TextBody:
    """Something written; Markdown unless `markdown` is false. `preview`: of a link in it, as its sender saw it."""

    text: str
    markdown: bool = True
    preview: Preview | None = None


@dataclass(frozen=True, slots=True)
class FileBody:
    """A file that `Havre.save_file` fetches; `size` in bytes. `picture`: what its sender says that it shows."""

    name: str
    size: int
    media_type: str
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class VoiceBody:
    """A voice note, a file like another; `waveform`: one byte a bar, 0 silent, 255 loudest."""

    name: str
    size: int
    media_type: str
    milliseconds: int
    waveform: bytes


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a poll: who has chosen it, and whether I have."""

    text: str
    voters: tuple[str, ...]
    mine: bool


@dataclass(frozen=True, slots=True)
class PollBody:
    """A question, and how the votes stand; `multiple`: one may choose several."""

    question: str
    options: tuple[Option, ...]
    multiple: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class LocationBody:
    """A place, in degrees."""

    latitude: float
    longitude: float
    label: str


@dataclass(frozen=True, slots=True)
class CardBody:
    """Somebody's contact link, passed on."""

    name: str
    link: str


@dataclass(frozen=True, slots=True)
class OnceBody:
    """Something that `Havre.view` shows once; `viewed`: it was, and is gone."""

    viewed: bool


@dataclass(frozen=True, slots=True)
class DeletedBody:
    """It was deleted for everyone, by `name`."""

    name: str


@dataclass(frozen=True, slots=True)
class NoticeBody:
    """Not written by anybody: what happened to the chat, as a sentence; the rest is for faces that say it anew.

    `who` did it, to `whom`; `detail` is a title, `number` seconds of a timer, or what else `kind` counts.
    """

    kind: What
    text: str
    who: str = ""
    whom: tuple[str, ...] = ()
    detail: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class OtherBody:
    """Something that this version cannot show; `kind` is its media type, if it has one."""

    kind: str


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


@dataclass(frozen=True, slots=True)
class Reaction:
    """One emoji, and who reacted with it."""

    emoji: str
    names: tuple[str, ...]
    mine: bool


@dataclass(frozen=True, slots=True)
class Version:
    """What a message said before it was edited, and since when (unix milliseconds)."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """The message that another replies to; `name` is None when it is not here (any longer)."""

    id: str
    name: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat.

    `id` in hex; `chat` is the id of the chat it is in, `sender` the name of who wrote it, `sender_id` their account's
    id; `at` in unix milliseconds; `order` grows with every message that this device stores; a chat's messages are
    shown in the order of `place`, which can change until the relay has taken a message.

    `quote`: what it replies to. `history`: what it said before its edits. `forwarded`: how often it was passed on;
    `many_times`: so often that it can go to one chat at a time only. `mentions_me`: it names me. `timer`: seconds
    after which it disappears, counted from when it was sent or read; None: it stays. `goes_at`: when that will be, in
    unix milliseconds, once it is counted. `sent_on_by`: the member who sent
    it on to a newcomer and alone vouches for who wrote it, and what; None: it came from its sender.
    """

    id: str
    chat: str
    sender: str
    mine: bool
    at: int
    body: Body
    state: MessageState
    order: int
    unread: bool
    sender_id: str
    place: str
    in_reply_to: str | None = None
    quote: Quote | None = None
    reactions: tuple[Reaction, ...] = ()
    history: tuple[Version, ...] = ()
    pinned: bool = False
    starred: bool = False
    forwarded: int = 0
    mentions_me: bool = False
    timer: int | None = None
    goes_at: int | None = None
    sent_on_by: str | None = None
    row: rows.Message = field(repr=False, compare=False, kw_only=True)

    def with_body(self, body: Body) -> Message:
        """Return the message with another body."""
        return replace(self, body=body)

    @property
    def edited(self) -> bool:
        """Whether it says something else than at first."""
        return bool(self.history)

    @property
    def many_times(self) -> bool:
        """Whether it was passed on so often that it can go to one chat at a time only."""
        return self.forwarded >= MANY_TIMES


@dataclass(frozen=True, slots=True)
class Quoted:
    """A message that another replies to, and what was done to it."""

    row: rows.Message
    amendments: Sequence[rows.Amendment]


@dataclass(frozen=True, slots=True)
class Around:
    """What views of messages need besides their rows.

    `name` gives the name under which an account is shown, `amendments` what was done to messages, by their ids,
    `starred` the numbers of those that are starred, `quoted` the message of this id in the chat, `notice` what a row
    says that is no message, `ahead` by how much the clock is ahead of the time that timers count by (milliseconds).
    """

    me: bytes
    name: Callable[[bytes], str]
    amendments: Mapping[bytes, Sequence[rows.Amendment]]
    starred: Container[int]
    quoted: Callable[[bytes], Quoted | None]
    notice: Callable[[rows.Message], NoticeBody]
    ahead: int


def message_view(row: rows.Message, around: Around) -> Message:
    """Return a message as it is shown."""
    content = _content(row)
    first = shown_body(content)
    stands = standing_with(first, row, around.amendments.get(row.id, ()))
    now: Shown = stands.edits[-1].body if stands.edits else first
    reply = content.in_reply_to
    return Message(
        id=row.id.hex(), chat=row.chat.hex(), sender=around.name(row.sender), mine=row.mine, at=row.at,
        body=_body(row, now, stands, around), state=row.state, order=row.seq, unread=not row.seen,
        sender_id=row.sender.hex(), place=place_of(row), in_reply_to=reply.hex() if reply else None,
        quote=_quote(reply, around) if reply else None, reactions=_reactions(stands.reactions, around),
        history=_history(row, first, stands, around), pinned=bool(stands.pinned), starred=row.seq in around.starred,
        forwarded=forwarded(content), mentions_me=isinstance(now, Text) and around.me in now.mentions,
        timer=row.timer or None, goes_at=row.expires_at + around.ahead if row.expires_at else None,
        sent_on_by=around.name(row.sent_on_by) if row.sent_on_by else None, row=row,
    )  # fmt: skip


def place_of(row: rows.Message) -> str:
    """Return where a message stands in its chat, as text that sorts like the vault's own order."""
    if not row.placed:
        return f"{_LAST:016x}{'':0>48}{row.seq:016x}"
    return f"{row.placed:016x}{row.queue.hex()}{row.cursor:016x}{row.seq:016x}"


def in_short(body: Body) -> str:
    """Return a body in a few words, on one line."""
    match body:
        case TextBody(text=text):
            words = " ".join(text.split())
        case FileBody(name=words) | VoiceBody(name=words) | LocationBody(label=words) | CardBody(name=words):
            pass
        case PollBody(question=words) | NoticeBody(text=words):
            pass
        case OnceBody() | DeletedBody() | OtherBody():
            words = ""
    return words if len(words) <= QUOTED else words[: QUOTED - 1] + "…"


def _content(row: rows.Message) -> Content:
    if row.state is MessageState.NOTICE:
        return decode(ERASED)
    try:
        return decode(row.content)
    except ContentError:
        return decode(ERASED)


def _body(row: rows.Message, body: Shown, stands: Standing, around: Around) -> Body:
    if row.state is MessageState.NOTICE:
        return around.notice(row)
    match row.kind:
        case MessageKind.FAREWELL:
            return around.notice(row)
        case MessageKind.DELETED:
            return DeletedBody(around.name(stands.deleted_by or row.sender))
        case MessageKind.ONCE | MessageKind.VIEWED:
            return OnceBody(row.kind is MessageKind.VIEWED)
        case _:
            return body_view(body, stands, around)


def body_view(body: Shown, stands: Standing | None, around: Around) -> Body:
    """Return what is in a message as it is shown; without `stands` nobody has voted."""
    match body:
        case Text(text=text, markdown=markdown, preview=preview):
            words = with_names(text, around.name) if markdown else text
            return TextBody(clean_text(words), markdown, preview)
        case File(part=part, voice=None, picture=picture):
            return FileBody(part.filename, part.size, part.content_type, picture)
        case File(part=part, voice=voice) if voice is not None:
            return VoiceBody(part.filename, part.size, part.content_type, voice.milliseconds, voice.waveform)
        case Poll():
            return _poll(body, stands, around)
        case Location(latitude, longitude, label):
            return LocationBody(latitude / DEGREE, longitude / DEGREE, label)
        case Card(name, link):
            return CardBody(name, link)
        case Unknown(kind):
            return OtherBody(kind)
    return OtherBody("")


def _poll(poll: Poll, stands: Standing | None, around: Around) -> PollBody:
    options = []
    votes = stands.votes if stands else {}
    for number, text in enumerate(poll.options):
        voters = [account for account, chosen in votes.items() if number in chosen]
        options.append(Option(text, tuple(around.name(account) for account in voters), around.me in voters))
    return PollBody(poll.question, tuple(options), poll.multiple, stands is not None and stands.closed)


def _reactions(reactions: Mapping[bytes, str], around: Around) -> tuple[Reaction, ...]:
    by_emoji: dict[str, list[bytes]] = {}
    for account, emoji in reactions.items():
        by_emoji.setdefault(emoji, []).append(account)
    return tuple(
        Reaction(emoji, tuple(around.name(account) for account in accounts), around.me in accounts)
        for emoji, accounts in by_emoji.items()
    )


def _history(row: rows.Message, first: Shown, stands: Standing, around: Around) -> tuple[Version, ...]:
    if not stands.edits or not isinstance(first, Text):
        return ()
    before = [(row.at, first), *((edit.at, edit.body) for edit in stands.edits[:-1])]
    return tuple(Version(at, clean_text(with_names(body.text, around.name))) for at, body in before)


def _quote(target: bytes, around: Around) -> Quote:
    quoted = around.quoted(target)
    if quoted is None or quoted.row.kind is MessageKind.HIDDEN:
        return Quote(target.hex(), None, "")
    row, stands = quoted.row, standing_of(quoted.row, quoted.amendments)
    now = stands.edits[-1].body if stands.edits else shown_body(_content(row))
    return Quote(target.hex(), around.name(row.sender), in_short(_body(row, now, stands, around)))
