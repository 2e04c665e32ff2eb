"""`havre message show`: a message with what surrounds it, and all that was done to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from havre.cli.markdown import markup
from havre.cli.references import Reference, find
from havre.cli.rendering import message_json, message_line
from havre.cli.screen import OUT, clock, emit, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, opened, run
from havre.client.api import Context, FileBody, Message


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(show)


def show(
    message: Reference,
    around: Annotated[int, typer.Option(help="So many messages before it and behind it.", min=0, max=100)] = 3,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Show a message among those around it, and what it said before it was edited.

    Examples: `havre message show bob#2`, `havre message show 01a4c9be22d0 --around 10`
    """
    run(lambda: _show(message, around, profile, as_json))


async def _show(reference: str, around: int, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        context = me.context(find(me, reference), around)
        if as_json:
            emit(_json(context))
            return
        for line in _lines(context):
            say(line)


def _lines(context: Context) -> Iterator[str]:
    for message in context.before:
        yield f"[dim]{message_line(message)}[/]"
    yield message_line(context.message, with_id=True)
    yield from _drawn(context.message)
    yield from _history(context.message)
    for message in context.after:
        yield f"[dim]{message_line(message)}[/]"


def _drawn(message: Message) -> Iterator[str]:
    """Yield a picture's thumbnail in coloured half blocks, where colours can be seen."""
    body = message.body
    if OUT.color_system is not None and isinstance(body, FileBody) and body.picture and body.picture.thumbnail:
        from havre.cli.drawing import half_blocks  # only who looks at pictures needs what decodes them

        yield from half_blocks(body.picture.thumbnail)


def _history(message: Message) -> Iterator[str]:
    for version in message.history:
        yield f"    [dim]{clock(version.at)} said:[/] {markup(version.text)}"


def _json(context: Context) -> dict[str, Any]:
    before, after = ([message_json(one) for one in some] for some in (context.before, context.after))
    return {**message_json(context.message), "before": before, "after": after}
