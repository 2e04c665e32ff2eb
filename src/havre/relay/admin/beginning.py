"""With which settings a relay starts: its file if that is good or was never tried, else the last good one.

nothing was ever confirmed here   the file, which is confirmed once the relay listens
the file is the confirmed one     that
it was tried and not confirmed    the confirmed one
it is not valid                   the confirmed one
the confirmed one is not          the file
it is new                         the file, on trial, as after `havre relay reload`
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

from havre.relay.admin.kept import Kept
from havre.relay.config import ConfigError, RelayConfig, Sources
from havre.relay.config_file import FileError, Finding, file_config, parse_file, read_file

FILE_NAME: Final = "relay.toml"


class Standing(Enum):
    """What is known about the settings that a relay runs with."""

    FIRST = auto()
    CONFIRMED = auto()
    TRIAL = auto()


@dataclass(frozen=True, slots=True)
class Beginning:
    """A file's text, the settings that follow from it, what is known about it, and why it is not the file itself."""

    text: str
    config: RelayConfig
    standing: Standing
    note: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A data folder and the file that is meant for it."""

    data: Path
    file: Path


def find_place(sources: Sources, file: Path | None) -> Place:
    """Return where a relay's data and file are; raises ConfigError. Without a file named it is DATA/relay.toml."""
    values: dict[str, object] = {} if file is None else parse_file(read_file(file))
    named = sources.flags.get("data") or sources.environment.get("data") or values.get("data")
    data = Path(str(named)) if named else Path(str(RelayConfig.model_fields["data"].default))
    return Place(data, file or data / FILE_NAME)


def begin(sources: Sources, place: Place, kept: Kept) -> Beginning:
    """Choose the settings to start with; raises ConfigError."""
    text = read_file(place.file) if place.file.exists() else None
    confirmed = kept.confirmed()
    if confirmed is None:
        return Beginning(text or "", _config(text or "", sources, place), Standing.FIRST)
    try:
        good = last_good(sources, place, kept)
    except ConfigError as error:
        return _without_good(sources, place, text, f"configuration number {confirmed.number} is not valid: {error}")
    if text is None or text == confirmed.text:
        return good
    if kept.is_marked(text):
        return _instead(good, f"{place.file} was tried and not confirmed")
    try:
        return Beginning(text, _config(text, sources, place), Standing.TRIAL)
    except ConfigError as error:
        return _instead(good, f"{place.file} is not valid: {error}")


def _without_good(sources: Sources, place: Place, text: str | None, why: str) -> Beginning:
    """A kept file may be damaged, or from a version that had other settings; then the file itself has to do."""
    if text is None:
        raise FileError([Finding("", None, f"{why} There is no {place.file} to use instead.")])
    return Beginning(text, _config(text, sources, place), Standing.FIRST, why)


def last_good(sources: Sources, place: Place, kept: Kept) -> Beginning:
    """Return the confirmed settings, or those without a file if none ever were; raises ConfigError."""
    confirmed = kept.confirmed()
    text = confirmed.text if confirmed else ""
    return Beginning(text, _config(text, sources, place), Standing.CONFIRMED)


def _instead(good: Beginning, why: str) -> Beginning:
    return Beginning(good.text, good.config, Standing.CONFIRMED, why)


def _config(text: str, sources: Sources, place: Place) -> RelayConfig:
    config = file_config(text, sources)
    if config.data.resolve() != place.data.resolve():
        raise FileError(
            [Finding("data", None, f"{place.file} is meant for the folder {config.data}, not {place.data}.")]
        )
    return config
