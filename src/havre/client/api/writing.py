"""Writing more than text: polls, places, contact cards, forwards, drafts, and messages for later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from havre.client.api.acts import Acts
from havre.client.api.core import now
from havre.client.api.messages import NO_SALT, built
from havre.client.engine import message_intents as intents
from havre.client.errors import HavreError
from havre.client.identity.address import RelayAddress
from havre.client.identity.link import ContactLink, encode_link
from havre.client.message_views import (
    CardBody,
    FileBody,
    LocationBody,
    Message,
    TextBody,
    VoiceBody,
    body_view,
)
from havre.client.pictures.preparing import Ready
from havre.client.sentences import said
from havre.client.vault import rows
from havre.client.vault.facts import shown_body
from havre.client.vault.standings import standing_of
from havre.client.views import Chat, Person
from havre.content import Card, Content, Location, Preview, Text, Voice, card, decode, location, poll, text, with_mark
from havre.content.kinds import CHATS_AT_ONCE, DEGREE, FORWARDED, SENT_AT


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A message that is to be sent at `due` (unix milliseconds) to the chat with this id; `words`: what it says."""

    number: int
    chat: str
    due: int
    words: str


class Writing(Acts):
    """What `Havre` sends besides texts and files."""

    async def preview(self, words: str) -> Preview:
        """Ask the first link in a text what it is, for `send_text`: the site then learns of me, not of the others.

        Raises HavreError when it has no preview, or does not lead to a public page.
        """
        from havre.client.preview import fetch_preview  # few need it

        return await fetch_preview(words)

    async def send_poll(
        self, to: Chat | Person, question: str, options: Sequence[str], multiple: bool = False
    ) -> Message:
        """Ask a question with 2 to 12 options; `multiple`: one may choose several."""
        return await self._send(to, built(lambda: poll(NO_SALT, question, options, multiple, now())))

    async def send_location(self, to: Chat | Person, latitude: float, longitude: float, label: str = "") -> Message:
        """Send a place, in degrees."""
        return await self._send(to, built(lambda: location(NO_SALT, latitude, longitude, label, now())))

    async def send_card(self, to: Chat | Person, person: Person) -> Message:
        """Pass somebody's contact link on, under the name that I see."""
        reach = self._core.vault.reach(bytes.fromhex(person.id))
        if reach is None:
            raise HavreError(
                said(
                    "NoWayToThem",
                    f"{person.name} has not said yet where others reach them; try it when they were here.",
                )
            )
        link = encode_link(ContactLink(RelayAddress.parse(reach.relay), reach.account, person.name))
        return await self._send(to, built(lambda: card(NO_SALT, person.name, link, now())))

    async def send_again(self, message: Message) -> Message:
        """Send what could not be sent once more, in place of the one that failed; raises HavreError if none has."""
        row = self._core.vault.message(message.row.queue, message.row.id) or message.row
        if not row.mine or row.state is not rows.MessageState.FAILED:
            raise HavreError(said("NotFailed", "Only a message that could not be sent can be sent again."))
        if row.kind in (rows.MessageKind.ONCE, rows.MessageKind.DELETED):
            raise HavreError(said("NothingKept", "Nothing is kept of this message; write it anew."))
        sent = await self._send(self._core.chat_view(self._chat(row)), with_mark(decode(row.content), SENT_AT, now()))
        await self.delete_for_me(message)
        return sent

    def _chat(self, row: rows.Message) -> rows.Chat:
        chat = self._core.vault.chat(row.chat)
        assert chat is not None  # a message stands in a chat
        return chat

    # --- forwarding -------------------------------------------------------------------------------------------

    async def forward(self, message: Message, to: Sequence[Chat | Person]) -> list[Message]:
        """Pass a message on, marked as forwarded: to 5 chats at once, or to one if it was passed on many times."""
        _check_forward(message, to)
        row = self._core.vault.message(message.row.queue, message.row.id) or message.row
        if isinstance(message.body, FileBody | VoiceBody):
            return await self._forward_file(message, to)
        content = self._copy(row)
        return [await self._send(chat, content) for chat in to]

    def _copy(self, row: rows.Message) -> Content:
        stands = standing_of(row, self._core.vault.amendments(row.chat, [row.id]))
        body = stands.edits[-1].body if stands.edits else shown_body(decode(row.content))
        return with_mark(_again(body), FORWARDED, self._core.message_view(row).forwarded + 1)

    async def _forward_file(self, message: Message, to: Sequence[Chat | Person]) -> list[Message]:
        # Each conversation has files at its own homes only, under keys of their own.
        shown, marks = message.body, {FORWARDED: message.forwarded + 1}
        voice = Voice(shown.milliseconds, shown.waveform) if isinstance(shown, VoiceBody) else None
        async with self._folder() as folder:
            path = await self.save_file(message, folder)
            picture = shown.picture if isinstance(shown, FileBody) else None
            return [await self._send_file(chat, Ready(path, False, picture), None, marks, voice) for chat in to]

    # --- later ------------------------------------------------------------------------------------------------

    async def draft(self, chat: Chat | Person, words: str) -> None:
        """Keep what is written and not yet sent; `Chat.draft` has it. Empty: nothing is."""
        name = bytes.fromhex(chat.id)
        await self._core.driver.do(lambda ticket: intents.Draft(ticket, name, words))

    async def schedule(self, to: Chat | Person, words: str, at: int, reply_to: Message | None = None) -> Scheduled:
        """Send a text at a time (unix milliseconds): by whichever program of mine runs then, or at the next start."""
        if at <= now():
            raise HavreError(said("TimeIsOver", "That time is over; say one that is still to come."))
        name = bytes.fromhex(to.id)
        replied = bytes.fromhex(reply_to.id) if reply_to else None
        content = built(lambda: text(NO_SALT, self._with_mentions(name, words), at, replied))
        kept = await self._core.driver.do(lambda ticket: intents.Schedule(ticket, name, content, at))
        assert isinstance(kept, rows.Scheduled)
        return self._scheduled_view(kept)

    def scheduled(self) -> list[Scheduled]:
        """Return what is to be sent later, in the order of sending."""
        return [self._scheduled_view(row) for row in self._core.vault.scheduled()]

    async def unschedule(self, number: int) -> None:
        """Do not send a scheduled message; raises HavreError when there is none of this number."""
        await self._core.driver.do(lambda ticket: intents.Unschedule(ticket, number))

    def _scheduled_view(self, row: rows.Scheduled) -> Scheduled:
        body = shown_body(decode(row.content))
        shown = body_view(body, None, self._core.around(row.chat))
        return Scheduled(row.seq, row.chat.hex(), row.due, shown.text if isinstance(shown, TextBody) else "")

    async def say_typing(self, chat: Chat | Person, active: bool = True) -> None:
        """Let those who are there see that I am writing; call it while I do. Nothing is kept or sent later."""
        name = bytes.fromhex(chat.id)
        await self._core.driver.do(lambda ticket: intents.SayTyping(ticket, name, active))


def _check_forward(message: Message, to: Sequence[Chat | Person]) -> None:
    if not isinstance(message.body, TextBody | FileBody | VoiceBody | LocationBody | CardBody):
        raise HavreError(said("NotForwardable", "A message of this kind cannot be forwarded."))
    if not to or len(to) > CHATS_AT_ONCE:
        raise HavreError(said("TooManyChats", f"A message can be forwarded to {CHATS_AT_ONCE} chats at once."))
    if message.many_times and len(to) > 1:
        raise HavreError(
            said("ForwardedOften", "This message was forwarded many times; it can go to one chat at a time only.")
        )


def _again(body: object) -> Content:
    match body:
        case Text(text=words, preview=preview):
            return built(lambda: text(NO_SALT, words, now(), preview=preview))
        case Location(latitude, longitude, label):
            return built(lambda: location(NO_SALT, latitude / DEGREE, longitude / DEGREE, label, now()))
        case Card(name, link):
            return built(lambda: card(NO_SALT, name, link, now()))
        case _:
            raise HavreError(said("NotForwardable", "A message of this kind cannot be forwarded."))
