"""`havre demo`: a relay and two people, each with a process and a vault of their own, and what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from havre.cli.demo.script import play
from havre.cli.demo.stage import Stage


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    data: Annotated[Path, typer.Option(help="Where the relay and the two people live.")] = Path("var"),
) -> None:
    """Show all of it on this machine: a relay, Alice and Bob, their messages and a file.

    It ends with two addresses: Alice's window and Bob's, for a browser.

    Examples: `havre demo`, `havre demo --data /tmp/demo </dev/null`
    """
    play(Stage(data))
