"""A relay with a configuration file, and an operator who looks after it with the real commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from havre.cli.main import app
from havre.client.errors import HavreError
from tests.relay.rig import RelayProcess


def havre(*arguments: object, code: int = 0) -> str:
    """Run a command, which must end with this code; returns what it said."""
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    if isinstance(done.exception, HavreError):
        assert done.exception.exit_code == code, done.exception
        return done.exception.sentence
    assert done.exit_code == code, done.output
    return done.output


def operate(relay: RelayProcess, command: str, *arguments: object, code: int = 0) -> str:
    """Run `havre relay COMMAND` for a relay."""
    return havre("relay", command, *arguments, "--data", relay.data, code=code)


def status(relay: RelayProcess) -> dict[str, Any]:
    """Return what the relay tells of itself."""
    told: dict[str, Any] = json.loads(operate(relay, "status", "--json"))
    return told


def write(data: Path, text: str) -> None:
    """Edit the relay's file."""
    data.mkdir(exist_ok=True)
    (data / "relay.toml").write_text(text)
