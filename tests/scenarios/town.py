"""A relay or two and some people, each a real process; anybody can be killed at any moment."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from havre.client.identity.address import RelayAddress
from havre.client.identity.link import decode_link, encode_link

HAVRE = [sys.executable, "-m", "havre.cli.main"]
PASSPHRASE = "correct horse battery staple"
WAIT = 60.0


class RelayProcess:
    """A relay on a port of its own that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder.parent / f"{folder.name}.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*HAVRE, "relay", "--data", str(self.folder), "--port", str(self.port)], stdout=log, stderr=log
            )
        wait_until(self._answers, f"the relay on {self.port}")

    def kill(self) -> None:
        """kill -9, as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(how)
        return process.wait(timeout=WAIT)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{self.url}/healthz"):
            return True
        return False


class Live:
    """A command that stays: lines go in, lines come out, and it can be killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.Queue[str] = queue.Queue()
        self._pumping = threading.Thread(target=self._pump, daemon=True)
        self._pumping.start()

    def _pump(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(line.rstrip("\n"))

    def say(self, words: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def next_line(self, accept: Callable[[str], bool] = lambda _: True, wait: float = WAIT) -> str:
        deadline = time.monotonic() + wait
        while True:
            line = self._lines.get(timeout=max(0.01, deadline - time.monotonic()))
            if accept(line):
                return line

    def lines_now(self) -> list[str]:
        lines = []
        with contextlib.suppress(queue.Empty):
            while True:
                lines.append(self._lines.get_nowait())
        return lines

    def kill(self) -> None:
        self.process.kill()
        self.finish()

    def close(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.finish()

    def finish(self) -> int:
        code = self.process.wait(timeout=WAIT)
        self._pumping.join(timeout=WAIT)
        if self.process.stdin is not None and not self.process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        return code


class Town:
    """One folder with all of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.relay = RelayProcess(folder / "relay")
        self.passphrase = folder / "passphrase"
        self.passphrase.write_text(PASSPHRASE + "\n")
        self._live: list[Live] = []

    def environment(self, **changes: str) -> dict[str, str]:
        home = str(self.folder / "people")
        return {**os.environ, "HAVRE_HOME": home, "HAVRE_PASSPHRASE_FILE": str(self.passphrase), **changes}

    def run(self, person: str, *words: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run one command as this person, whatever comes of it."""
        return subprocess.run(
            [*HAVRE, *words, "--profile", person],
            env=self.environment(**changes),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=WAIT * 3,
            check=False,
        )

    def ask(self, person: str, *words: str) -> list[dict[str, Any]]:
        """Run one command as this person that must work, and return its JSON lines."""
        done = self.run(person, *words, "--json")
        assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return [json.loads(line) for line in done.stdout.splitlines()]

    def live(self, person: str, *words: str) -> Live:
        process = subprocess.Popen(
            [*HAVRE, *words, "--profile", person],
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._live.append(Live(process))
        return self._live[-1]

    def sign_up(self, person: str, relay: RelayProcess | None = None) -> None:
        self.ask(person, "signup", person, "--relay", (relay or self.relay).url)

    def befriend(self, person: str, other: str) -> None:
        """Each adds the other's contact link."""
        for one, another in ((person, other), (other, person)):
            link = self.ask(another, "link")[0]["link"]
            self.ask(one, "add", link)

    def texts(self, person: str, other: str) -> list[str]:
        """Return all that the other wrote to this person, in the order shown."""
        messages = self.ask(person, "read", other, "--all")
        return [message["text"] for message in messages if not message["mine"] and message["kind"] == "text"]

    def close(self) -> None:
        for live in self._live:
            live.kill()
        self.relay.kill()


@contextlib.contextmanager
def a_town(folder: Path) -> Iterator[Town]:
    town = Town(folder)
    town.relay.start()
    try:
        yield town
    finally:
        town.close()


def moved(link: str, relay: str) -> str:
    """Return a contact link that names another relay, as a forger would write it: the checksum is right."""
    return encode_link(replace(decode_link(link), relay=RelayAddress.parse(relay)))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], what: str, wait: float = WAIT) -> None:
    deadline = time.monotonic() + wait
    while not condition():
        assert time.monotonic() < deadline, f"waited {wait} s for {what}"
        time.sleep(0.05)
