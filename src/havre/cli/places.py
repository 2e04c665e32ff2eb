"""Where a profile lives and how its vault is opened, as far as the command line decides it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Final

import typer

from havre.cli.screen import WrongUsage
from havre.client.api import Havre, Keyring, Passphrase, VaultKey, normal_recovery_key

HOME: Final = "HAVRE_HOME"
"""Names the folder of all profiles; otherwise the system's folder for application data."""
KEY_FILE: Final = "HAVRE_PASSPHRASE_FILE"
"""Names a file whose first line is the passphrase; otherwise it is asked for."""

BACKUP_FILE: Final = "HAVRE_BACKUP_PASSPHRASE_FILE"
"""Names a file whose first line is a backup's passphrase or recovery key; otherwise it is asked for."""

_PROFILE: Final = re.compile(r"[\w.-]{1,64}")


def profiles_folder() -> Path:
    """Return the folder that holds one folder a profile."""
    named = os.environ.get(HOME)
    return Path(named).expanduser() if named else Path(typer.get_app_dir("havre"))


def profile_folder(profile: str) -> Path:
    """Return the folder of one profile; ends the command when the name cannot be a folder's."""
    if not _PROFILE.fullmatch(profile) or profile.strip(".") == "":
        raise WrongUsage(f"{profile!r} cannot be a profile's name; use letters, digits, dots and dashes.")
    return profiles_folder() / profile


def existing_key(folder: Path) -> VaultKey:
    """Return what opens the vault in `folder`: the keyring if it was made so, else the passphrase."""
    return Keyring() if Havre.opens_by_keyring(folder) else Passphrase(_passphrase(confirm=False))


def known_key(folder: Path) -> VaultKey | None:
    """Return what opens the vault in `folder` without asking anybody; none: no vault, or somebody must be asked."""
    if not Havre.exists(folder):
        return None
    if Havre.opens_by_keyring(folder):
        return Keyring()
    return Passphrase(_first_line(Path(os.environ[KEY_FILE]))) if os.environ.get(KEY_FILE) else None


def new_key(keyring: bool) -> VaultKey:
    """Return what a new vault shall open with."""
    return Keyring() if keyring else Passphrase(_passphrase(confirm=True))


def backup_passphrase(confirm: bool, recovery_key: bool = False) -> str:
    """Return what a backup opens with, of the file that the environment names or asked for."""
    named = os.environ.get(BACKUP_FILE)
    if named:
        secret = _first_line(Path(named))
    elif not sys.stdin.isatty():
        raise WrongUsage(
            f"The backup needs its passphrase; there is no terminal to ask on, so name a file in {BACKUP_FILE}."
        )
    else:
        prompt = "Recovery key" if recovery_key else "Passphrase of the backup"
        secret = str(typer.prompt(prompt, hide_input=not recovery_key, confirmation_prompt=confirm, err=True))
    return normal_recovery_key(secret) if recovery_key else secret


def _passphrase(confirm: bool) -> str:
    named = os.environ.get(KEY_FILE)
    if named:
        return _first_line(Path(named))
    if not sys.stdin.isatty():
        raise WrongUsage(
            f"The vault needs its passphrase and there is no terminal to ask on; name a file with it in {KEY_FILE}."
        )
    prompt = "Choose a passphrase for your vault" if confirm else "Passphrase"
    return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True))


def _first_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise WrongUsage(f"The passphrase file {path} cannot be read; {KEY_FILE} names it.") from None
    if not lines or not lines[0]:
        raise WrongUsage(f"The passphrase file {path} is empty; its first line should be the passphrase.")
    return lines[0]
