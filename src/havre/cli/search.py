"""`havre search WORDS`"""

from __future__ import annotations

from typing import Annotated

import typer

from havre.cli.rendering import message_json, message_line
from havre.cli.screen import WrongUsage, emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, AsJson, Profile, opened, run
from havre.cli.times import moment
from havre.client.api import MessageKind

_KINDS = {kind.value: kind for kind in MessageKind if kind.value not in ("hidden", "deleted", "once", "viewed")}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("search")(search)


def search(
    words: Annotated[list[str] | None, typer.Argument(help="All of these, or words that begin so.")] = None,
    chat: Annotated[str | None, typer.Option("--in", help="Only in this chat.")] = None,
    sender: Annotated[str | None, typer.Option("--from", help="Only what this person wrote.")] = None,
    kind: Annotated[str | None, typer.Option(help=f"Only this kind: {', '.join(_KINDS)}.")] = None,
    since: Annotated[str | None, typer.Option(help="Not before this day or time.")] = None,
    until: Annotated[str | None, typer.Option(help="Before this day or time.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many at most, the newest.")] = 30,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Search all messages; case, accents and ligatures make no difference.

    `havre message show ID` shows what was found among its neighbours.

    Examples: `havre search oeuvre`, `havre search photo --from bob --kind file`, `havre search --since 2026-11-01`
    """
    if kind is not None and kind not in _KINDS:
        raise WrongUsage(f"There is no such kind; say one of {', '.join(_KINDS)}.")
    run(lambda: _search(" ".join(words or []), chat, sender, kind, since, until, limit, profile, as_json))


async def _search(
    words: str, chat: str | None, sender: str | None, kind: str | None, since: str | None, until: str | None,
    limit: int, profile: str, as_json: bool,
) -> None:  # fmt: skip
    async with opened(profile) as me:
        found = me.search(
            words,
            chat=me.chat(chat) if chat else None,
            sender=me.person(sender) if sender else None,
            kind=_KINDS[kind] if kind else None,
            since=moment(since) if since else None,
            until=moment(until) if until else None,
            limit=limit,
        )
        titles = {one.id: one.title for one in me.chats()}
        for message in reversed(found):
            if as_json:
                emit(message_json(message))
            else:
                say(f"[dim]{quoted(titles.get(message.chat, ''))}:[/] {message_line(message, with_id=True)}")
