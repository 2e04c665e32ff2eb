"""What a page of docs/guide promises: its `console` blocks as steps, and a place in which they are carried out.

`alice$ havre read` is typed by Alice, `$ cat FILE` by whoever sits there; what follows up to the next such line is
shown by it, in this order, `...` standing for anything. `&` at the end leaves a command running.
`# The relay ADDRESS stops.` and `starts.` do so. A page may say `<!-- people: alice, bob -->`: these have signed up
and added each other before its first line. Python blocks that begin with `# NAME.py` are files of that name.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from tests.scenarios.town import WAIT, RelayProcess, Town, a_town

FIRST, SECOND = "https://havre.example", "https://second.example"
"""The addresses under which the pages know the two relays."""
SHOWN_WITHIN = 90.0
"""Seconds that something which is under way may take to show."""

_ASKING = ("havre read", "havre people", "havre group list", "havre group waiting", "cat ")
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"^```python\n# ([\w-]+\.py)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_PEOPLE = re.compile(r"<!-- people: ([\w, ]+) -->")
_TYPED = re.compile(r"^(\w*)\$ (.+?)( &)?$")
_RELAY = re.compile(r"^# The relay (\S+) (stops|starts)\.$")
_CLOCK = re.compile(r"\b\d\d:\d\d\b")


@dataclass(frozen=True)
class Typed:
    """A command, who types it, and what it shows."""

    who: str
    command: str
    stays: bool
    shows: tuple[str, ...] = ()


@dataclass(frozen=True)
class RelayChange:
    """A relay that goes away or comes back."""

    address: str
    starts: bool


Step = Typed | RelayChange


@dataclass(frozen=True)
class Page:
    """One page, read."""

    steps: tuple[Step, ...]
    people: tuple[str, ...]
    files: dict[str, str]
    second_relay: bool


def read_page(text: str) -> Page:
    """Return what a page tells to do."""
    steps: list[Step] = []
    for block in _BLOCK.findall(text):
        steps.extend(_steps(block))
    named = _PEOPLE.search(text)
    people = tuple(name.strip() for name in named[1].split(",")) if named else ()
    return Page(tuple(steps), people, dict(_FILE.findall(text)), SECOND in text)


def _steps(block: str) -> Iterator[Step]:
    current: Typed | None = None
    for line in block.splitlines():
        typed, relay = _TYPED.match(line), _RELAY.match(line)
        if typed is None and relay is None:
            assert current is not None, f"nobody typed anything before {line!r}"
            current = Typed(current.who, current.command, current.stays, (*current.shows, line.strip()))
            continue
        if current is not None:
            yield current
        current = Typed(typed[1], typed[2], bool(typed[3])) if typed else None
        if relay is not None:
            yield RelayChange(relay[1], relay[2] == "starts")
    if current is not None:
        yield current


def missing(expected: tuple[str, ...], shown: str) -> str | None:
    """Return the first expected line that is not among those shown, in order; None: all are."""
    lines = iter(_CLOCK.sub("HH:MM", shown).splitlines())
    for wanted in filter(None, expected):
        if wanted == "...":
            continue
        parts = _CLOCK.sub("HH:MM", wanted).split("...")
        pattern = re.compile(".*".join(re.escape(part) for part in parts))
        if not any(pattern.fullmatch(line.strip()) for line in lines):
            return wanted
    return None


class Walk:
    """A folder, a relay or two, and people who type what a page says."""

    def __init__(self, page: Page, town: Town, second: RelayProcess | None) -> None:
        self.page, self.town = page, town
        self.relays = {FIRST: town.relay} | ({SECOND: second} if second else {})
        self.folder = town.folder / "desk"
        self.folder.mkdir()
        self._staying: list[subprocess.Popen[bytes]] = []
        for name, body in page.files.items():
            (self.folder / name).write_text(body)

    def go(self) -> None:
        """Do all that the page says."""
        for person in self.page.people:
            self.town.sign_up(person)
        for one, other in combinations(self.page.people, 2):
            self.town.befriend(one, other)
        for step in self.page.steps:
            match step:
                case RelayChange(address, True):
                    self.relays[address].start()
                case RelayChange(address, False):
                    self.relays[address].kill()
                case Typed(stays=True):
                    self._leave_running(step)
                case Typed():
                    self._type(step)

    def _leave_running(self, step: Typed) -> None:
        self._staying.append(
            subprocess.Popen(
                ["/bin/sh", "-c", self._real(step.command)],
                cwd=self.folder,
                env=self._environment(step.who),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        )

    def _type(self, step: Typed) -> None:
        deadline = time.monotonic() + SHOWN_WITHIN
        shown = self._run(step)
        # Only what changes nothing else is typed again: what it should show may still be on its way.
        while missing(step.shows, shown) and step.command.startswith(_ASKING):
            assert time.monotonic() < deadline, f"{step.who}$ {step.command}\n{shown}"
            shown += self._run(step)
        wanted = missing(step.shows, shown)
        assert wanted is None, f"{step.who}$ {step.command}\nshould show {wanted!r}, but shows\n{shown}"

    def _run(self, step: Typed) -> str:
        done = subprocess.run(
            ["/bin/sh", "-c", self._real(step.command)],
            cwd=self.folder,
            env=self._environment(step.who),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=WAIT,
            check=False,
        )
        assert "Traceback" not in done.stdout, f"{step.who}$ {step.command}\n{done.stdout}"
        if all(line in ("", "...") for line in step.shows):
            assert done.returncode == 0, f"{step.who}$ {step.command}\n{done.stdout}"
        return self._as_on_the_page(done.stdout)

    def _environment(self, who: str) -> dict[str, str]:
        tools = str(Path(sys.executable).parent)
        changes = {"HAVRE_PROFILE": who} if who else {}
        path = f"{tools}{os.pathsep}{os.environ['PATH']}"
        return self.town.environment(HAVRE_RELAY=self.town.relay.url, PATH=path, COLUMNS="200", **changes)

    def _real(self, command: str) -> str:
        for address, relay in self.relays.items():
            command = command.replace(address, relay.url)
        return command

    def _as_on_the_page(self, shown: str) -> str:
        for address, relay in self.relays.items():
            shown = shown.replace(relay.url, address)
        return shown

    def close(self) -> None:
        for process in self._staying:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=WAIT)


@contextmanager
def a_walk(text: str, folder: Path) -> Iterator[Walk]:
    """Have all that a page needs for as long as the context lasts."""
    page = read_page(text)
    with a_town(folder) as town:
        second = RelayProcess(folder / "second") if page.second_relay else None
        if second is not None:
            second.start()
        walk = Walk(page, town, second)
        try:
            yield walk
        finally:
            walk.close()
            if second is not None:
                second.kill()
