"""`havre link`"""

from __future__ import annotations

import io
import sys

import segno
import typer

from havre.cli.screen import OUT, emit, say
from havre.cli.session import DEFAULT_PROFILE, AsJson, Profile, opened, run


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("link")(link)


def link(profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Show your contact link, and its QR code.

    Whoever has it can write to you. It carries your key's fingerprint, so that no relay can put another in its place.

    Examples: `havre link`, `havre link --json`
    """
    run(lambda: _link(profile, as_json))


async def _link(profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        address, drawn, account = me.link(), me.link_for_qr(), me.account
    if as_json:
        emit({"link": address, "account": account.account_id})
        return
    if sys.stdout.isatty():
        OUT.print(qr(drawn), markup=False)
    say(address)


def qr(address: str) -> str:
    """Return the QR code as text, two modules a character, light on dark terminals and the other way round."""
    drawn = io.StringIO()
    segno.make(address, error="m", micro=False).terminal(drawn, compact=True, border=2)
    return drawn.getvalue()
