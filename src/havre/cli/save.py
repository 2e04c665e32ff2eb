"""`havre save PERSON`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from havre.cli.screen import Bar, CannotGoOn, emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, opened, run
from havre.client.api import Chat, FileBody, Havre, Message, VoiceBody


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("save")(save)


def save(
    chat: Annotated[str, typer.Argument(metavar="PERSON", help="Whose file, or from which group.")],
    name: Annotated[str | None, typer.Argument(help="The file's name; without it, the newest file.")] = None,
    to: Annotated[Path, typer.Option(help="The folder to put it in.")] = Path(),
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Fetch a file that somebody sent, check it, and put it into a folder. Nothing is ever overwritten.

    Examples: `havre save bob`, `havre save bob photo.jpg --to ~/Pictures`
    """
    run(lambda: _save(chat, name, to, profile, as_json))


async def _save(query: str, name: str | None, to: Path, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        message, body = _newest_file(me, me.chat(query), name)
        with Bar(body.name) as bar:
            path = await me.save_file(message, to, progress=bar.advance)
    if as_json:
        emit({"path": str(path), "size": body.size})
    else:
        say(f"Saved as [bold]{quoted(str(path))}[/].")


def _newest_file(me: Havre, chat: Chat, name: str | None) -> tuple[Message, FileBody | VoiceBody]:
    for message in reversed(me.messages(chat)):
        if isinstance(message.body, FileBody | VoiceBody) and name in (None, message.body.name):
            return message, message.body
    wanted = f"a file called {name!r}" if name else "a file"
    raise CannotGoOn(f"There is no message with {wanted} in {chat.title!r}; `havre read` shows what is.")
