"""The slash commands of `havre chat`: `/react`, `/reply`, `/edit` ..., each for the newest message or for `#N`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from havre.cli.markdown import markup
from havre.cli.references import newest
from havre.cli.rendering import message_line
from havre.cli.screen import Bar, WrongUsage, clock, quoted, say
from havre.cli.times import moment
from havre.client.api import Chat, ChatKind, FileBody, Havre, Message, VoiceBody

HELP: Final = """\
Every line is a message. Commands act on the newest message, or with #N on the N-th newest:
/react [#N] EMOJI   /reply [#N] TEXT   /edit [#N] TEXT   /delete [#N]   /forward [#N] CHAT
/pin [#N]   /star [#N]   /show [#N]   /view [#N]   /vote [#N] NUMBER...   /close [#N]
/poll QUESTION | OPTION | OPTION...   /at TIME TEXT   /file PATH   /voice PATH   /save
/verify shows the safety number, /quit leaves."""


@dataclass(frozen=True, slots=True)
class Line:
    """A slash command in its chat: which message it is for (1: the newest that fits), and what follows."""

    me: Havre
    chat: Chat
    number: int | None
    rest: str

    def message(self, mine: bool | None = None) -> Message:
        """Return the message that is meant: the numbered one, or the newest, of mine or of others if that matters."""
        if self.number is not None:
            return newest(self.me, self.chat, self.number)
        for message in reversed(self.me.messages(self.chat, limit=200)):
            if mine is None or message.mine is mine:
                return message
        raise WrongUsage("There is no such message in this chat.")

    def words(self) -> str:
        """Return what follows, which must be something."""
        if not self.rest:
            raise WrongUsage("Something is missing; /help shows the commands.")
        return self.rest

    def path(self) -> Path:
        """Return the path that follows."""
        return Path(self.words()).expanduser()


async def obey(me: Havre, chat: Chat, line: str) -> None:
    """Carry out a slash command; raises HavreError."""
    name, _, rest = line[1:].partition(" ")
    found = re.match(r"#([1-9]\d{0,6})(?:\s+|$)", rest.strip())
    number = int(found[1]) if found else None
    command = _COMMANDS.get(name)
    if command is None:
        raise WrongUsage(f"There is no command /{name}; /help shows them.")
    await command(Line(me, chat, number, rest.strip()[found.end() :] if found else rest.strip()))


async def _react(line: Line) -> None:
    await line.me.react(line.message(mine=False) if line.number is None else line.message(), line.words())


async def _reply(line: Line) -> None:
    await line.me.send_text(line.chat, line.words(), reply_to=line.message(mine=False))


async def _edit(line: Line) -> None:
    await line.me.edit(line.message(mine=True), line.words())


async def _delete(line: Line) -> None:
    await line.me.delete(line.message(mine=True))


async def _forward(line: Line) -> None:
    await line.me.forward(line.message(), [line.me.chat(line.words())])


async def _pin(line: Line) -> None:
    message = line.message()
    await line.me.pin(message, not message.pinned)


async def _star(line: Line) -> None:
    message = line.message()
    await line.me.star(message, not message.starred)


async def _show(line: Line) -> None:
    message = line.message()
    say(message_line(message, with_id=True))
    for version in message.history:
        say(f"    [dim]{clock(version.at)} said:[/] {markup(version.text)}")


async def _view(line: Line) -> None:
    say(message_line(await line.me.view(line.message(mine=False), Path.cwd())))


async def _vote(line: Line) -> None:
    if not re.fullmatch(r"[\d\s]*", line.rest):
        raise WrongUsage("Say the numbers of the options: /vote 2")
    await line.me.vote(line.message(), [int(number) for number in line.rest.split()])


async def _close(line: Line) -> None:
    await line.me.close_poll(line.message())


async def _poll(line: Line) -> None:
    question, *options = [part.strip() for part in line.words().split("|")]
    await line.me.send_poll(line.chat, question, options)


async def _at(line: Line) -> None:
    when, _, words = line.words().partition(" ")
    await line.me.schedule(line.chat, words, moment(when))


async def _file(line: Line) -> None:
    path = line.path()
    with Bar(path.name) as bar:
        await line.me.send_file(line.chat, path, progress=bar.advance)


async def _voice(line: Line) -> None:
    path = line.path()
    with Bar(path.name) as bar:
        await line.me.send_voice(line.chat, path, progress=bar.advance)


async def _save(line: Line) -> None:
    for message in reversed(line.me.messages(line.chat)):
        if isinstance(message.body, FileBody | VoiceBody):
            with Bar(message.body.name) as bar:
                path = await line.me.save_file(message, Path.cwd(), progress=bar.advance)
            say(f"Saved as [bold]{quoted(str(path))}[/].")
            return
    raise WrongUsage("There is no file in this conversation.")


async def _verify(line: Line) -> None:
    if line.chat.kind is not ChatKind.DIRECT:
        raise WrongUsage("Safety numbers are between two people; `havre verify PERSON` shows one.")
    say(str(line.me.safety_number(line.me.person(line.chat.id))))


async def _help(_: Line) -> None:
    say(quoted(HELP))


_COMMANDS: Final[Mapping[str, Callable[[Line], Awaitable[None]]]] = {
    "react": _react,
    "reply": _reply,
    "edit": _edit,
    "delete": _delete,
    "forward": _forward,
    "pin": _pin,
    "star": _star,
    "show": _show,
    "view": _view,
    "vote": _vote,
    "close": _close,
    "poll": _poll,
    "at": _at,
    "file": _file,
    "voice": _voice,
    "save": _save,
    "verify": _verify,
    "help": _help,
    "?": _help,
}
