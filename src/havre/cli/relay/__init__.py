"""`havre relay`: runs a relay, and does what its operator needs."""

from __future__ import annotations

import typer

from havre.cli.relay import backup, check, confirm, drain, inspect, reload, restore, rollback, run, status

app = typer.Typer(invoke_without_command=True, rich_markup_mode="markdown")
app.callback()(run.relay)
for module in (run, check, reload, confirm, rollback, status, drain, inspect, backup, restore):
    module.register(app)
