"""How a command gets at the client core: it opens the profile's vault, runs, and closes it again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final, TypeVar

import typer

from havre.cli.places import existing_key, profile_folder
from havre.cli.screen import complain, remark
from havre.client.api import DeviceAppeared, Havre, News, Problem, Settled
from havre.client.errors import HavreError, NoProfile, NoRelay

T = TypeVar("T")

Profile = Annotated[
    str,
    typer.Option("--profile", "-p", envvar="HAVRE_PROFILE", help="Which of your accounts on this machine."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON objects, one a line, for scripts.")]

DEFAULT_PROFILE: Final = "default"
PATIENCE: Final = 10.0
"""Seconds that a command waits for the relay before it leaves the rest to the next one."""


class NotSettled(HavreError):
    """The relay could not be reached in time; nothing is lost."""

    exit_code = NoRelay.exit_code


@asynccontextmanager
async def opened(profile: str) -> AsyncIterator[Havre]:
    """Open the profile's vault and connect; the vault is closed at the end, whatever happens.

    What no command waits for and a person should know is said on standard error: new devices, and what went wrong.
    """
    folder = profile_folder(profile)
    if not Havre.exists(folder):
        raise NoProfile(str(folder))
    async with Havre.open(folder, existing_key(folder)) as me:
        warning = asyncio.create_task(_warn(me.events()))
        try:
            yield me
        finally:
            await asyncio.sleep(0)  # what has just been told is said before the end
            warning.cancel()


async def _warn(news: AsyncIterator[News]) -> None:
    async for event in news:
        match event:
            case Problem(sentence):
                complain(sentence)
            case DeviceAppeared(person=person) if person.verified:
                complain(event.sentence)
            case DeviceAppeared():
                remark(event.sentence)


def run(command: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run an async command to its end."""
    if sys.platform == "win32":
        return asyncio.run(command())
    import uvloop

    return uvloop.run(command())


def check_settled(settled: Settled) -> None:
    """End the command when not everything could be sent and fetched; what waits is kept for the next time."""
    if not settled.done:
        reasons = "; ".join(settled.reasons) or "the relay is slow to answer"
        raise NotSettled(f"Not everything went through ({reasons}); it is kept, and goes out with the next command.")
