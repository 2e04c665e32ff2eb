"""The play: what Alice and Bob do, step by step, told as a transcript that a newcomer can read."""

from __future__ import annotations

import hashlib
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from havre.cli.demo.stage import PEOPLE, Stage
from havre.cli.screen import OUT, CannotGoOn, quoted, say, size_words

_FILE: Final = 5_000_000
"""Bytes of the file that Alice sends."""


def play(stage: Stage) -> None:
    """Play all of it; on a terminal the two windows stay open at the end, elsewhere it just ends."""
    _heading("A relay starts")
    with stage.relay():
        say(f"  {stage.relay_url}, its store in {quoted(str(stage.root / 'relay'))}")
        _meet(stage)
        _compare_safety_numbers(stage)
        _write_to_somebody_offline(stage)
        _talk_live(stage)
        _send_a_file(stage)
        _show_receipts(stage)
        _end(stage)


def _heading(words: str) -> None:
    OUT.print(f"\n[bold]{words}[/]")


def _step(person: str, command: str) -> None:
    say(f"  [cyan]{person}[/] [dim]$ havre {quoted(command)}[/]")


def _result(words: str) -> None:
    say(f"    {quoted(words)}")


# --- the acts ---


def _meet(stage: Stage) -> None:
    if all(stage.signed_up(person) for person in PEOPLE):
        _heading("Alice and Bob are back: their vaults are opened again")
    else:
        _heading("Two people make an account each")
        for person in PEOPLE:
            _sign_up(stage, person)
    _heading("They find each other by contact link")
    links = {person: _link(stage, person) for person in PEOPLE}
    for person, other in (PEOPLE, PEOPLE[::-1]):
        if not any(known["name"] == other for known in stage.ask(person, "people")):
            _step(person, f"add {links[other]}")
            _result(f"{stage.ask(person, 'add', links[other])[0]['name']} is among {person}'s people")


def _sign_up(stage: Stage, person: str) -> None:
    if not stage.signed_up(person):
        _step(person, f"signup {person} --relay {stage.relay_url}")
        made = stage.ask(person, "signup", person, "--relay", stage.relay_url)[0]
        _result(f"account {made['account'][:16]}…, vault {stage.root / 'people' / person}")


def _link(stage: Stage, person: str) -> str:
    _step(person, "link")
    link = str(stage.ask(person, "link")[0]["link"])
    _result(link)
    return link


def _compare_safety_numbers(stage: Stage) -> None:
    _heading("Both see the same safety number, so nobody is in between")
    numbers = set()
    for person, other in (PEOPLE, PEOPLE[::-1]):
        _step(person, f"verify {other}")
        number = str(stage.ask(person, "verify", other)[0]["safety_number"])
        _result(number)
        numbers.add(number)
    if len(numbers) != 1:
        raise CannotGoOn("The safety numbers differ: somebody is in between.")


def _write_to_somebody_offline(stage: Stage) -> None:
    _heading("Alice writes while Bob is offline; he reads it later, and answers")
    for words in ("Hello Bob, are you there?", "Never mind, read this when you are back. À bientôt !"):
        _send(stage, "alice", "bob", words)
    _read(stage, "bob", expected=2)
    _send(stage, "bob", "alice", "Back now. It all arrived, in order.")
    _read(stage, "alice", expected=1)


def _send(stage: Stage, person: str, other: str, words: str) -> None:
    _step(person, f'send {other} "{words}"')
    sent = stage.ask(person, "send", other, words)[0]
    _result(f"me: {sent['text']}  ({sent['state']})")


def _read(stage: Stage, person: str, expected: int) -> None:
    _step(person, "read")
    texts = [message for message in stage.ask(person, "read") if message["kind"] == "text"]
    for message in texts:
        _result(f"{message['sender']}: {message['text']}")
    if len(texts) != expected:
        raise CannotGoOn(f"{person} should have had {expected} new messages, and had {len(texts)}.")


def _talk_live(stage: Stage) -> None:
    _heading("Both have their chat windows open, each a process of its own")
    _step("alice", "chat bob")
    _step("bob", "chat alice")
    windows = {"alice": stage.chat("alice", "bob"), "bob": stage.chat("bob", "alice")}
    try:
        for person, other, words in (
            ("alice", "bob", "Live now?"),
            ("bob", "alice", "Live. Both ways."),
            ("alice", "bob", "Then I send you a file."),
        ):
            windows[person].say(words)
            windows[other].wait_for(words)
            _result(f"{person}: {words}  (shown in {other}'s window)")
    finally:
        for window in windows.values():
            window.leave()


def _send_a_file(stage: Stage) -> None:
    _heading(f"Alice sends a file of {size_words(_FILE)}, Bob fetches it")
    path = stage.make_file("photo.raw", _FILE)
    _step("alice", f"send bob --file {path}")
    stage.run("alice", "send", "bob", "--file", str(path), "--json")
    _result(f"sha256 {_sha256(path)}")
    _step("bob", "save alice --to received")
    saved = Path(stage.ask("bob", "save", "alice", "--to", str(stage.files / "received"))[0]["path"])
    _result(f"sha256 {_sha256(saved)}  {saved.name}")
    if _sha256(saved) != _sha256(path):
        raise CannotGoOn("The file that arrived is not the one that was sent.")
    _result("the same, byte for byte; the relay had only ciphertext")


def _show_receipts(stage: Stage) -> None:
    _heading("Alice sees what was delivered and read")
    stage.ask("bob", "read")
    _step("alice", "read bob --all")
    mine = [message for message in stage.ask("alice", "read", "bob", "--all") if message["mine"]]
    for message in mine[-3:]:
        _result(f"me: {message.get('text') or message['name']}  ({message['state']})")
    if mine[-1]["state"] != "read":
        raise CannotGoOn("Bob has read everything, but Alice does not see it.")


def _end(stage: Stage) -> None:
    _heading("The same conversation in two windows: open each address in a browser")
    with stage.app("alice") as alice, stage.app("bob") as bob:
        for person, address in (("Alice", alice), ("Bob", bob)):
            say(f"  {person:<6} [bold]{quoted(address)}[/]")
        if sys.stdin.isatty() and sys.stdout.isatty():
            say("\n  Each works once. Ctrl+C ends the demo; `make run` again goes on where you were.")
            _wait()
        else:
            say("  On a terminal, both would now stay open until you press Ctrl+C.")


def _wait() -> None:
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _sha256(path: Path) -> str:
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
