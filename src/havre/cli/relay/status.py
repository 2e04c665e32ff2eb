"""`havre relay status`"""

from __future__ import annotations

from typing import Any

import typer

from havre.cli.relay.asking import Data, File, Json, ask, data_folder, show
from havre.cli.screen import clock, quoted, say, size_words


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)


def status(data: Data = None, config: File = None, as_json: Json = False) -> None:
    """Tell how a running relay is: where it listens, its configuration, its certificate, its disk.

    Example: `havre relay status --data /srv/havre`
    """
    from havre.relay.admin.requests import Status

    answer = ask(data_folder(data, config), Status())
    if as_json:
        show(answer, as_json)
        return
    for line in _lines(answer.facts):
        say(quoted(line))


def _lines(facts: dict[str, Any]) -> list[str]:
    return [
        f"Havre {facts['version']} is running (process {facts['pid']}) since {clock(facts['started_at'] * 1000)}.",
        f"It listens on {facts['host']} port {facts['port']}, {_tls(facts['tls'])}.",
        f"{facts['connections']} clients are connected.",
        _configuration(facts["configuration"]),
        _disk(facts),
    ]


def _tls(tls: dict[str, Any] | None) -> str:
    if tls is None:
        return "without TLS"
    fault = f" (the files on disk are refused: {tls['fault']})" if tls["fault"] else ""
    return f"with a certificate until {tls['ends'][:10]}{fault}"


def _configuration(facts: dict[str, Any]) -> str:
    left, number = facts["trial_seconds_left"], facts["confirmed"]
    if left is not None:
        return f"A configuration is on trial: confirm it within {left:.0f} s, or number {number} comes back."
    if facts["passed_over"]:
        return f"Configuration number {number} is in force; {facts['passed_over']}."
    return f"Configuration number {number} is in force." if number else "It runs without a configuration file."


def _disk(facts: dict[str, Any]) -> str:
    room = "" if facts["has_room"] else "; that is too little, so nothing more is stored"
    return f"{facts['data']} has {size_words(facts['disk_free_bytes'])} free{room}."
