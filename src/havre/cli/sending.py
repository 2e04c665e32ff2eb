"""What commands that send have in common: which chat is meant, what is new in it, and what became of the message."""

from __future__ import annotations

from havre.cli.rendering import message_json, message_line
from havre.cli.screen import CannotGoOn, emit, say
from havre.cli.session import PATIENCE, check_settled
from havre.client.api import Chat, Havre, Message, MessageState
from havre.client.errors import ChatUnknown


async def chat_to_write_in(me: Havre, query: str) -> Chat:
    """Return the chat that the words mean once it is known who is in it now; who came a moment ago is to read it."""
    try:
        chat = me.chat(query)
    except ChatUnknown:
        await me.settle(PATIENCE)  # a group that others have just made may still be on its way
        chat = me.chat(query)
    await me.catch_up(chat, PATIENCE)
    return chat


async def report(me: Havre, message: Message, as_json: bool) -> None:
    """Wait until a message is sent and show it as it stands then; raises NotSettled, or CannotGoOn when it failed."""
    settled = await me.settle(PATIENCE)
    sent = me.current(message)
    emit(message_json(sent)) if as_json else say(message_line(sent))
    if sent.state is MessageState.FAILED:
        raise CannotGoOn("It could not be sent: nobody else has got it.")
    check_settled(settled)
