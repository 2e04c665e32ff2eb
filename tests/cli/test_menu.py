"""What the menu says of the commands is what they say themselves, and a command loads what it needs alone."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from havre import cli
from havre.cli.menu import MENU, load

HEAVY = (
    "PIL", "numpy", "soundfile", "segno", "httpx", "keyring", "prompt_toolkit", "markdown_it", "rich.progress",
    "starlette", "uvicorn", "rocksdict", "structlog", "prometheus_client", "havre.relay", "havre.desk",
)  # fmt: skip
"""What few commands need, and takes long to load."""
CORE = ("havre.client.api", "havre.mls", "asyncio", "sqlcipher3", "cryptography")
"""What every command that opens a vault needs, and no other."""


@pytest.mark.parametrize("name", MENU)
def test_the_menu_says_what_the_command_says(name: str) -> None:
    first = inspect.cleandoc(load(name).help).split("\n\n")[0]
    assert MENU[name].summary == " ".join(first.split())


def test_every_command_is_in_the_menu() -> None:
    modules = [import_module(f"havre.cli.{found.name}") for found in iter_modules(cli.__path__) if found.name != "main"]
    commands = (module for module in modules if hasattr(module, "register") or hasattr(module, "app"))
    names = {module.__name__.rpartition(".")[2] for module in commands}
    assert names == {entry.module for entry in MENU.values()}


def loaded(*arguments: str) -> set[str]:
    """Run the command line in a process of its own, and return the modules that it has loaded."""
    script = (
        "import sys\n"
        "from havre.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('', *sys.modules, sep='\\n')\n"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


def test_help_loads_no_messenger() -> None:
    shown_by = {"markdown_it"}  # which the help itself is written in
    assert loaded("--help") & {*HEAVY, *CORE} == shown_by


@pytest.mark.parametrize("command", ["people", "send bob hello"])
def test_a_plain_command_loads_what_it_needs_alone(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAVRE_HOME", str(tmp_path))
    modules = loaded(*command.split())
    assert modules & set(HEAVY) == set()
    assert set(CORE) - modules == set()
