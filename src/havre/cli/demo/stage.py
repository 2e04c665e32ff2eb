"""What the demo is played on: a relay process, and two people whose every step is a `havre` command of its own."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from havre.cli.places import HOME, KEY_FILE
from havre.cli.screen import CannotGoOn

PEOPLE: Final = ("alice", "bob")
_PORT: Final = 8441
_STARTING: Final = 20.0
"""Seconds that the relay may take to answer."""
_STEP: Final = 120.0
"""Seconds that one command may take."""


class Stage:
    """A folder with a relay's store, two vaults, and the passphrase that opens both."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.files = self.root / "files"

    # --- the relay ---

    @property
    def relay_url(self) -> str:
        """Where the relay is; the port stays the same from run to run, since the vaults remember it."""
        return f"http://127.0.0.1:{self._port()}"

    @contextmanager
    def relay(self) -> Iterator[None]:
        """Run the relay as long as the context lasts."""
        self.root.mkdir(parents=True, exist_ok=True)
        self._check_port()
        with (self.root / "relay.log").open("ab") as log:
            process = subprocess.Popen(
                [*_HAVRE, "relay", "--data", str(self.root / "relay"), "--port", str(self._port())],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._await_relay(process)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=_STARTING)

    def _port(self) -> int:
        kept = self.root / "port"
        if not kept.exists():
            kept.write_text(str(_PORT if _free(_PORT) else _any_free_port()))
        return int(kept.read_text())

    def _check_port(self) -> None:
        if not _free(self._port()):
            raise CannotGoOn(
                f"Port {self._port()} is in use, perhaps by another demo on {self.root}; "
                "end that one, or choose another folder with --data."
            )

    def _await_relay(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _STARTING
        while time.monotonic() < deadline and process.poll() is None:
            if _answers(f"{self.relay_url}/healthz"):
                return
            time.sleep(0.05)
        raise CannotGoOn(f"The relay did not start; {self.root / 'relay.log'} says why.")

    # --- the people ---

    def signed_up(self, person: str) -> bool:
        """Tell whether this person's vault is there from an earlier run."""
        return (self.root / "people" / person).exists()

    def run(self, person: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one `havre` command as this person; its progress bars go to the terminal."""
        done = subprocess.run(
            [*_HAVRE, *words, "--profile", person],
            env=self._environment(),
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=_STEP,
            check=False,
        )
        if done.returncode != 0:
            raise CannotGoOn(f"{person}'s `havre {words[0]}` ended with {done.returncode}; the line above says why.")
        return done

    def ask(self, person: str, *words: str) -> list[dict[str, Any]]:
        """Run one `havre` command as this person with --json, and return what it printed."""
        return [json.loads(line) for line in self.run(person, *words, "--json").stdout.splitlines()]

    def chat(self, person: str, with_whom: str) -> Chat:
        """Start this person's chat window without a terminal: lines go in, lines come out."""
        process = subprocess.Popen(
            [*_HAVRE, "chat", with_whom, "--profile", person],
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        return Chat(process)

    @contextmanager
    def app(self, person: str) -> Iterator[str]:
        """Run this person's app as long as the context lasts; give the one-time address of its window."""
        process = subprocess.Popen(
            [*_HAVRE, "app", "--no-browser", "--json", "--profile", person],
            env=self._environment(),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise CannotGoOn(f"{person}'s app did not start; the line above says why.")
            yield json.loads(line)["address"]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=_STARTING)
            process.stdout.close()

    def _environment(self) -> dict[str, str]:
        return {**os.environ, HOME: str(self.root / "people"), KEY_FILE: str(self._passphrase())}

    def _passphrase(self) -> Path:
        kept = self.root / "passphrase"
        if not kept.exists():
            kept.touch(mode=0o600)
            kept.write_text(secrets.token_urlsafe(16))
        return kept

    def make_file(self, name: str, size: int) -> Path:
        """Make a file of random bytes to send."""
        self.files.mkdir(parents=True, exist_ok=True)
        path = self.files / name
        path.write_bytes(secrets.token_bytes(size))
        return path


class Chat:
    """A chat window without a terminal."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def say(self, words: str) -> None:
        """Type a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()

    def wait_for(self, words: str) -> str:
        """Return the first shown line that contains `words`."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if words in line:
                return line.rstrip("\n")
        raise CannotGoOn(f"A chat window closed before it showed {words!r}.")

    def leave(self) -> None:
        """Close the window and wait until its process has ended."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=_STEP)


_HAVRE: Final = [sys.executable, "-m", "havre.cli.main"]


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):  # noqa: S310  # the address is our own relay's, on loopback
            return True
    except (urllib.error.URLError, OSError):
        return False
