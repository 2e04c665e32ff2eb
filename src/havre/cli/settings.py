"""`havre settings`"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Final

import typer

from havre.cli.screen import WrongUsage, emit, say
from havre.cli.session import DEFAULT_PROFILE, AsJson, Profile, opened, run
from havre.cli.timer import parse_duration
from havre.client.api import Havre
from havre.client.api.notices import duration

_SWITCHES: Final[Mapping[str, Callable[[Havre, bool], Awaitable[None]]]] = {
    "read-receipts": lambda me, on: me.settings.set_read_receipts(on),
    "delivery-receipts": lambda me, on: me.settings.set_delivery_receipts(on),
    "typing": lambda me, on: me.settings.set_typing(on),
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("settings")(settings)


def settings(
    name: Annotated[str | None, typer.Argument(help=f"{', '.join(_SWITCHES)} or timer.")] = None,
    value: Annotated[str | None, typer.Argument(help="`on` or `off`; for timer `off` or 30s to 4w.")] = None,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Show the settings, or change one.

    `read-receipts`, `delivery-receipts`, `typing`: what others learn of you, and you of them. `timer`: after how long
    messages disappear in chats that you begin.

    Examples: `havre settings`, `havre settings read-receipts off`, `havre settings timer 1w`
    """
    if (name is None) != (value is None) or (name is not None and name not in (*_SWITCHES, "timer")):
        raise WrongUsage(f"Say a setting and its value; the settings are {', '.join(_SWITCHES)} and timer.")
    run(lambda: _settings(name, value or "", profile, as_json))


async def _settings(name: str | None, value: str, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        if name == "timer":
            await me.settings.set_default_timer(parse_duration(value))
        elif name is not None:
            await _SWITCHES[name](me, _is_on(value))
        shown = _shown(me)
        if as_json:
            emit(shown)
            return
        for one, setting in shown.items():
            say(f"{one}: [bold]{_words(setting)}[/]")


def _is_on(value: str) -> bool:
    if value not in ("on", "off"):
        raise WrongUsage("This setting is on or off.")
    return value == "on"


def _shown(me: Havre) -> dict[str, bool | int | None]:
    mine = me.settings
    return {
        "read-receipts": mine.read_receipts,
        "delivery-receipts": mine.delivery_receipts,
        "typing": mine.typing,
        "timer": mine.default_timer,
    }


def _words(setting: bool | int | None) -> str:
    if setting is None or isinstance(setting, bool):
        return "on" if setting else "off"
    return duration(setting)
