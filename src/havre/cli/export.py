"""`havre export FOLDER`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from havre.cli.screen import emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, opened, run
from havre.client.api import Language


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export)


def export(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    chat: Annotated[list[str] | None, typer.Option("--chat", help="Only this chat; may be repeated.")] = None,
    language: Annotated[Language, typer.Option(help="The language of dates and headings.")] = Language.ENGLISH,
    files: Annotated[bool, typer.Option("--files/--no-files", help="Fetch files, too.")] = True,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Write your chats as pages to read and as JSON, with their files. Nothing of it is encrypted any more.

    Examples: `havre export ~/havre-chats`, `havre export bob --chat bob --language fr`
    """
    run(lambda: _export(folder, chat or [], language, files, profile, as_json))


async def _export(
    folder: Path, wanted: list[str], language: Language, files: bool, profile: str, as_json: bool
) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        chats = [me.chat(query) for query in wanted] if wanted else me.chats()
        count = await me.export(folder, chats, language=language, files=files)
    if as_json:
        emit({"path": str(folder), "chats": len(chats), "messages": count})
        return
    say(f"{count} messages of {len(chats)} chats are in {quoted(str(folder / 'index.html'))}; keep them safe.")
