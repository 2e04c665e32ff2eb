"""The `havre` command: gathers the commands, and turns what went wrong into one sentence and an exit code."""

from __future__ import annotations

import os
import sys

import typer

from havre.cli.menu import MARKUP, Menu
from havre.cli.screen import complain
from havre.client.errors import HavreError

app = typer.Typer(
    name="havre",
    cls=Menu,
    help="A private messenger that holds when everyone arrives at once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=MARKUP,
)


@app.callback()
def _before() -> None:
    """Nothing comes before a command."""


def main() -> None:
    """Run the command line; the exit code is 0, 2 for wrong usage, or the error's own (client/errors.py lists them)."""
    try:
        app()
    except HavreError as error:
        complain(error.sentence)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)


if __name__ == "__main__":
    main()
