"""relay.toml: read, checked, and every problem named with its line, what is allowed, and what was probably meant."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from havre.relay.config import ConfigError, Problem, RelayConfig, Sources

MAX_BYTES: Final = 256 * 1024
"""Bytes of a file; more is no configuration."""
_SCHEMA: Final[dict[str, Any]] = RelayConfig.model_json_schema()["properties"]
_AT_LINE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")
_TYPES: Final = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "string": "text"}


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of a file: the key, the line (from 1; None: the file as a whole), a sentence, what is allowed."""

    key: str
    line: int | None
    sentence: str
    allowed: str = ""
    nearest: str = ""

    def words(self) -> str:
        """Return all of it in one line."""
        place = f"line {self.line}: " if self.line else ""
        name = f"{self.key}: " if self.key else ""
        meant = f" Did you mean {self.nearest}?" if self.nearest else ""
        allowed = f" Allowed: {self.allowed}." if self.allowed else ""
        return f"{place}{name}{self.sentence}{meant}{allowed}"


class FileError(ConfigError):
    """A file cannot be used; `findings` say why, in the order of their lines."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(*(Problem(one.key, one.sentence) for one in findings))
        self.findings = findings
        self.args = ("\n".join(one.words() for one in findings),)


def read_file(path: Path) -> str:
    """Return the text of a configuration file; raises FileError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise FileError([Finding("", None, f"{path} is larger than {MAX_BYTES} bytes; this is no configuration.")])
        return data.decode()
    except OSError as error:
        raise FileError([Finding("", None, f"{path} cannot be read: {error.strerror}.")]) from None
    except UnicodeDecodeError:
        raise FileError([Finding("", None, f"{path} is no text in UTF-8.")]) from None


def parse_file(text: str) -> dict[str, Any]:
    """Return what a file sets, whatever it is; raises FileError when it is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileError([_broken(text, str(error))]) from None


def file_config(text: str, sources: Sources) -> RelayConfig:
    """Return the settings of a file under the process's own flags and environment; raises FileError."""
    values = parse_file(text)
    unfit = [found for key, value in values.items() if (found := _unfit(text, key, value)) is not None]
    fit = {key: value for key, value in values.items() if key not in {one.key for one in unfit}}
    try:
        config = sources.config(fit)
    except ConfigError as error:
        unfit += [_placed(text, problem, fit, sources) for problem in error.problems]
    if unfit:
        raise FileError(sorted(dict.fromkeys(unfit), key=lambda one: one.line or 0))
    return config


def allowed(key: str) -> str:
    """Return what a setting may be, in words."""
    return _in_words(_SCHEMA[key])


def line_of(text: str, key: str) -> int | None:
    """Return the line (from 1) on which a key of a sound file is set."""
    return next((line for line, keys in _statements(text) if key in keys), None)


def _unfit(text: str, key: str, value: object) -> Finding | None:
    if key not in _SCHEMA:
        near = get_close_matches(key.lower(), _SCHEMA, 1, 0.6)
        return Finding(key, line_of(text, key), "there is no such setting.", nearest=near[0] if near else "")
    if isinstance(value, bool) != (_SCHEMA[key].get("type") == "boolean"):
        return Finding(key, line_of(text, key), f"{_shown(value)} is not allowed.", allowed(key))
    return None


def _placed(text: str, problem: Problem, values: dict[str, Any], sources: Sources) -> Finding:
    key, winner = problem.key, sources.wins(problem.key)
    if problem.sentence.startswith("must be"):
        return Finding(key, line_of(text, key), problem.sentence)
    if winner:
        return Finding(key, None, f"what {winner} says is not allowed.", allowed(key))
    if key not in values:
        return Finding(key, None, problem.sentence)
    return Finding(key, line_of(text, key), f"{_shown(values[key])} is not allowed.", allowed(key))


def _broken(text: str, words: str) -> Finding:
    found = _AT_LINE.search(words)
    line = int(found[1]) if found and found[1] else None
    seen: set[str] = set()
    for at, keys in _statements(text):
        if seen & keys:
            key = min(seen & keys)
            return Finding(key, at, "is set a second time.")
        seen |= keys
        line = line or (at if not keys else None)
    return Finding("", line, f"this is not TOML: {_AT_LINE.sub('', words)}.")


def _statements(text: str) -> list[tuple[int, set[str]]]:
    """Return each statement's first line and the keys that it sets; one that is not TOML has none, and is the last.

    tomllib tells no positions, so lines are put together until they can be read by themselves.
    """
    found: list[tuple[int, set[str]]] = []
    part, start = "", 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        part, start = part + line, start or number
        try:
            keys = set(tomllib.loads(part))
        except tomllib.TOMLDecodeError:
            continue
        if keys:
            found.append((start, keys))
        part, start = "", 0
    return [*found, (start, set())] if part else found


def _shown(value: object) -> str:
    words = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else repr(value)
    return f"{words}"[:80]


def _in_words(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(f'"{one}"' for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_in_words(one) for one in schema["anyOf"] if one.get("type") != "null"))
    if schema.get("type") == "array":
        return f"a list of: {_in_words(schema['items'])}"
    if "format" in schema:
        return {"ipv4network": "an IPv4 address or network", "ipv6network": "an IPv6 address or network"}.get(
            schema["format"], f"a {schema['format']}"
        )
    if "pattern" in schema:
        return "64 lower-case hex digits"
    return _TYPES[schema["type"]] + _range_in_words(schema)


def _range_in_words(schema: dict[str, Any]) -> str:
    low, high, above = (schema.get(name) for name in ("minimum", "maximum", "exclusiveMinimum"))
    if above is not None:
        return f" above {above:g}"
    if low is None:
        return ""
    return f" of at least {low}" if high is None else f" from {low} to {high}"
