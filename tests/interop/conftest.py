"""What the interop tests share: the peers, which `make interop` asks for, and the account of what was done."""

from __future__ import annotations

import importlib.util
import os
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest

from tests.interop.ts_member import TsProcess

REQUIRED = os.environ.get("HAVRE_INTEROP") == "required"


def _missing(peer: str) -> None:
    """Skip the test or fail it: under `make interop` nothing may go untested."""
    message = f"{peer} is not installed; `make interop` installs it"
    if REQUIRED:
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def mls_rs() -> None:
    """Ask for mls-rs."""
    if importlib.util.find_spec("mls_rs_uniffi") is None:
        _missing("mls-rs")


@pytest.fixture(scope="session")
def ts_mls() -> Iterator[TsProcess]:
    """Give a node process that runs ts-mls."""
    try:
        process = TsProcess()
    except FileNotFoundError:
        _missing("ts-mls")
    yield process
    process.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the random histories did, by the kind of group."""
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for report in terminalreporter.stats.get("passed", []):
        properties = dict(report.user_properties)
        if "history" in properties:
            group = str(properties.pop("history"))
            totals[group].update(properties)
            totals[group]["histories"] += 1
    for group, counts in sorted(totals.items()):
        terminalreporter.section(f"groups of {group}")
        done = f"{counts['epochs']} epochs in which all agreed, {counts['messages']} messages decrypted"
        terminalreporter.line(f"{counts['histories']} histories, {done}")
        terminalreporter.line(f"steps: {_listed(counts, 'step')}")
        terminalreporter.line(f"members who were ever there: {_listed(counts, 'member')}")
        sizes = sorted(int(name.split()[1]) for name in counts if name.startswith("size "))
        terminalreporter.line(f"largest size of each: {sizes[0]} to {sizes[-1]}")


def _listed(counts: Counter[str], heading: str) -> str:
    chosen = {name.removeprefix(heading).strip(): n for name, n in counts.items() if name.startswith(f"{heading} ")}
    total = f"{sum(chosen.values())}: "
    return total + ", ".join(f"{count} {name}" for name, count in sorted(chosen.items()))
