"""`make run` without a terminal: the transcript shows all of it, twice."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.scenarios.town import HAVRE, WAIT


def demo(folder: Path) -> str:
    done = subprocess.run(
        [*HAVRE, "demo", "--data", str(folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WAIT * 4,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.long
def test_the_demo_shows_everything_and_can_be_run_again(tmp_path: Path) -> None:
    first = demo(tmp_path / "var")
    for words in (
        "A relay starts",
        "account",
        "havre://127.0.0.1",
        "safety number",
        "while Bob is offline",
        "alice: Hello Bob, are you there?",
        "bob: Back now. It all arrived, in order.",
        "bob: Live. Both ways.  (shown in alice's window)",
        "5.0/5.0 MB",
        "the same, byte for byte",
        "(read)",
        "Alice  http://127.0.0.1:",
        "Bob    http://127.0.0.1:",
    ):
        assert words in first, words
    again = demo(tmp_path / "var")
    assert "their vaults are opened again" in again
    assert "signup" not in again
