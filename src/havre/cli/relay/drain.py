"""`havre relay drain`"""

from __future__ import annotations

import time
from pathlib import Path

import typer

from havre.cli.relay.asking import Data, File, Json, ask, data_folder, show
from havre.cli.screen import CannotGoOn

PATIENCE = 60.0
"""Seconds that a relay may take to stop."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("drain")(drain)


def drain(data: Data = None, config: File = None, as_json: Json = False) -> None:
    """Tell every client to come back a little later, each at a time of its own, then stop the relay, and wait for that.

    Example: `havre relay drain --data /srv/havre`
    """
    from havre.relay.admin.requests import Drain

    folder = data_folder(data, config)
    answer = ask(folder, Drain())
    _await_end(folder)
    show(answer, as_json)


def _await_end(folder: Path) -> None:
    """Return once the relay has let go of its folder, so that another may start."""
    from havre.relay.data_folder import FolderBusyError, FolderLock

    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            FolderLock(folder, make=False).release()
        except FolderBusyError:
            time.sleep(0.05)
        else:
            return
    raise CannotGoOn(f"The relay of {folder} has not stopped after {PATIENCE:.0f} s.")
