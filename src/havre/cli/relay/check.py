"""`havre relay check`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from havre.cli.relay.asking import Json
from havre.cli.screen import complain, emit, quoted, say

if TYPE_CHECKING:
    from havre.relay.config_file import Finding


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(
    file: Annotated[Path, typer.Argument(help="A relay.toml.")],
    as_json: Json = False,
) -> None:
    """Say whether a relay would take a file; if not, name each key, its line, and what is allowed (exit code 1).

    Example: `havre relay check /etc/havre/relay.toml`
    """
    findings = _findings(file)
    if as_json:
        emit({"ok": not findings, "file": str(file), "findings": [_fields(one) for one in findings]})
    elif not findings:
        say(quoted(f"{file} is valid."))
    for one in findings if not as_json else ():
        complain(f"{file}, {one.words()}")
    if findings:
        sys.exit(1)


def _findings(file: Path) -> list[Finding]:
    from havre.relay.config import Sources
    from havre.relay.config_file import FileError, Finding, file_config, line_of, read_file
    from havre.relay.listening import ListenError, certificates

    try:
        text = read_file(file)
        config = file_config(text, Sources())
    except FileError as error:
        return error.findings
    try:
        certificates(config)
    except ListenError as error:
        return [Finding("tls_certificate", line_of(text, "tls_certificate"), f"{error}.")]
    return []


def _fields(one: Finding) -> dict[str, object]:
    return {
        "key": one.key,
        "line": one.line,
        "sentence": one.sentence,
        "allowed": one.allowed or None,
        "nearest": one.nearest or None,
    }
