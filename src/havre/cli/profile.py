"""`havre profile`: what you are called and look like, and what others do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from havre.cli.screen import OUT, WrongUsage, emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, check_settled, opened, run
from havre.client.api import Havre, MyAccount

app = typer.Typer(help="What you are called and look like, for those whom you talk with.", no_args_is_help=True)

Whose = Annotated[str | None, typer.Argument(metavar="[PERSON]", help="A name or a fingerprint; none: you.")]


@app.command()
def show(
    person: Whose = None,
    save: Annotated[Path | None, typer.Option(help="Write the picture to this file, a JPEG.")] = None,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Show what you are called and look like, or what a person does.

    Examples: `havre profile show`, `havre profile show bob --save bob.jpg`
    """
    run(lambda: _show(person, save, profile, as_json))


async def _show(query: str | None, save: Path | None, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        found = me.profile.show() if query is None else me.person(query)
    if save is not None:
        _save(found.picture, save)
    _print(found.name, found.picture, as_json)


@app.command()
def name(
    words: Annotated[str, typer.Argument(metavar="NAME", help="What you are called from now on.")],
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Be called something else. A user name, by which the relay finds you, stays as it is.

    Example: `havre profile name "Alice Martin"`
    """
    run(lambda: _change(lambda me: me.profile.set_name(words), profile, as_json))


@app.command()
def picture(
    file: Annotated[Path | None, typer.Argument(help="JPEG, PNG, WebP or GIF of any size; none: no picture.")] = None,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Have a picture, made small first and without what a camera has written into it; or have none any more.

    Examples: `havre profile picture me.jpg`, `havre profile picture`
    """
    run(lambda: _change(lambda me: me.profile.set_picture(file), profile, as_json))


async def _change(act: Callable[[Havre], Awaitable[MyAccount]], profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        await act(me)
        settled = await me.settle(PATIENCE)
        mine = me.profile.show()
    _print(mine.name, mine.picture, as_json)
    check_settled(settled)


def _print(called: str, found: bytes | None, as_json: bool) -> None:
    if as_json:
        emit({"name": called, "picture_bytes": len(found or b"")})
        return
    say(f"[bold]{quoted(called)}[/], {'with a' if found else 'no'} picture")
    if found and OUT.color_system is not None:
        from havre.cli.drawing import half_blocks  # only who looks at pictures needs what decodes them

        for line in half_blocks(found):
            say(line)


def _save(found: bytes | None, target: Path) -> None:
    if found is None:
        raise WrongUsage("There is no picture.")
    try:
        with target.open("xb") as file:
            file.write(found)
    except OSError as error:
        raise WrongUsage(f"{target} cannot be written ({error.strerror}).") from None
