"""Asks a running relay over its admin socket, and shows what it answers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from havre.cli.screen import CannotGoOn, emit, quoted, say
from havre.client.errors import HavreError

if TYPE_CHECKING:
    from havre.relay.admin.requests import AdminAnswer, AdminRequest

Data = Annotated[Path | None, typer.Option(help="The relay's data folder. [default: var/relay]")]
File = Annotated[
    Path | None, typer.Option(envvar="HAVRE_RELAY_CONFIG", help="The file with its settings, if that names the folder.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object, for scripts.")]


class NobodyThere(HavreError):
    """No relay answers at the data folder."""

    exit_code = 20


def data_folder(data: Path | None, config: Path | None) -> Path:
    """Return the folder that is meant: as the relay itself would find it."""
    from havre.relay.admin.beginning import find_place
    from havre.relay.config import ConfigError, sources

    try:
        return find_place(sources(data=data), config).data
    except ConfigError as error:
        raise CannotGoOn(f"The data folder is not known: {error}") from None


def ask(folder: Path, request: AdminRequest, seconds: float = 60.0) -> AdminAnswer:
    """Ask the relay of a folder; raises CannotGoOn if it refuses, NobodyThere."""
    from havre.relay.admin.channel import NobodyThereError
    from havre.relay.admin.channel import ask as ask_relay

    try:
        answer = asyncio.run(ask_relay(folder, request, seconds))
    except NobodyThereError as error:
        raise NobodyThere(f"{str(error)[0].upper()}{str(error)[1:]}.") from None
    if not answer.ok:
        raise CannotGoOn(answer.sentence)
    return answer


def show(answer: AdminAnswer, as_json: bool) -> None:
    """Print what was done."""
    if as_json:
        emit({"ok": answer.ok, "sentence": answer.sentence, **answer.facts})
    else:
        say(quoted(answer.sentence))
