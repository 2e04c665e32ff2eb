"""`havre app`"""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from havre.cli.places import known_key, profile_folder
from havre.cli.screen import emit, say
from havre.cli.session import DEFAULT_PROFILE, AsJson, Profile, run
from havre.cli.signup import LOCAL_RELAY


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("app")(open_app)


def open_app(
    profile: Profile = DEFAULT_PROFILE,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port on this machine; else a free one.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the window in the browser.")] = True,
    relay: Annotated[
        str, typer.Option(envvar="HAVRE_RELAY", help="The relay that a newcomer is offered.")
    ] = LOCAL_RELAY,
    as_json: AsJson = False,
) -> None:
    """Open the messenger in a window of its own, in the browser of this machine.

    The vault and its keys stay in this process; the page is only a face. The address works once, in one browser.
    A second `havre app` of the same profile opens another window onto the first. Ctrl+C ends it.

    Examples: `havre app`, `havre app --profile work`, `havre app --no-browser`
    """
    # Imported here: no other command needs a server.
    from havre.desk.serve import serve

    def show(address: str) -> None:
        if as_json:
            emit({"address": address})
        else:
            say(f"The app is at {address}")
        if browser:
            webbrowser.open(address)

    folder = profile_folder(profile)
    run(lambda: serve(folder, relay, port, known_key(folder), show))
