"""`havre message ...`: what one does with messages that are there."""

from __future__ import annotations

import typer

from havre.cli.message import change, keep, polls, show

app = typer.Typer(
    help="React to a message, edit, delete, forward, pin or star it, vote; see what was done to it.",
    no_args_is_help=True,
)
for module in (change, polls, keep, show):
    module.register(app)
