"""One client on one core: `python -m bench.client [--json FILE] [--quick]`.

Engine, MLS and vault are the real ones, the vault is a file that is synced at each transaction; the relay is a list in
memory, but for files, which go over loopback to a relay process of its own. Stops by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.client_devices import Bench, Log, guests, now
from bench.relay import Relay
from bench.tables import show, store
from havre.client.api import Cost, Havre, Passphrase
from havre.client.engine import effects, events
from havre.client.vault.rows import Chat, Message, MessageState, Wanted
from havre.client.vault.sqlcipher import SqlcipherVault
from havre.content import encode, text

Row = dict[str, Any]
WORDS = ("quick brown fox jumps over lazy dog", "rain falls on the harbour while nobody minds the weather")
VOCABULARY = " ".join(WORDS).split()
CHEAP = Cost(passes=1, memory_kib=64, lanes=1)
BATCH = 64


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that some work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def row(what: str, figure: float, unit: str, target: str = "") -> Row:
    """Return one line of the table."""
    return {"what": what, "figure": round(figure, 2 if figure < 10 else 0), "unit": unit, "target": target}


# --- talking --------------------------------------------------------------------------------------------------


def pair(folder: Path, members: int) -> tuple[Bench, Bench, bytes, float, float]:
    """Return two members of a group, its id, and the seconds that bringing all in and entering took."""
    log = Log()
    founder, member = Bench("founder", folder / "founder.db", log), Bench("member", folder / "member.db", log)
    founder.catch_up()
    people = [member.reachable(), *guests(members - 2)]
    founded: list[effects.Effect] = []

    def found() -> None:
        founded.extend(founder.happen(events.CreateGroup(1, "Town", "", 0, people)))
        founder.settle()

    adding = timed(found)
    chat = next(one.value for one in founded if isinstance(one, effects.Answer))
    assert isinstance(chat, Chat)
    joining = timed(member.catch_up)
    assert member.vault.conversations(chat.chat)
    return founder, member, chat.chat, adding, joining


def say(sender: Bench, chat: bytes, count: int) -> float:
    """Send messages, `BATCH` of them in a transaction, and return the seconds until the relay has all."""

    def talk() -> None:
        for start in range(0, count, BATCH):
            batch = range(start, min(start + BATCH, count))
            sender.happen(*(events.Send(n + 10, chat, text(b"", f"Message number {n}", now())) for n in batch))
            sender.settle()

    return timed(talk)


def talking(folder: Path, count: int) -> list[Row]:
    """Measure sending and receiving between two."""
    founder, member, chat, _, _ = pair(folder, 2)
    sending = say(founder, chat, count)
    receiving = timed(member.catch_up)
    assert len(member.vault.messages(chat, limit=count * 2)) >= count
    return [
        row("messages sent", count / sending, "/s", ">= 500"),
        row("messages received into the vault", count / receiving, "/s", ">= 2,000"),
    ]


def crowd(folder: Path, members: int, unread: int) -> list[Row]:
    """Measure a large group: bringing all in with one commit, entering, catching up."""
    founder, member, chat, adding, joining = pair(folder, members)
    say(founder, chat, unread)
    return [
        row(f"bringing {members:,} members in", adding, "s"),
        row(f"entering a group of {members:,}", joining, "s"),
        row(f"catching up with {unread:,} unread there", timed(member.catch_up), "s"),
    ]


# --- what is stored -------------------------------------------------------------------------------------------


def fill(vault: SqlcipherVault, chat: bytes, count: int) -> None:
    """Store messages as if they had come over the years."""
    conversation = vault.conversations(chat)[0]
    me = vault.me()
    with vault.transaction():
        for n in range(count):
            words = " ".join(VOCABULARY[(n * 7 + place * place) % len(VOCABULARY)] for place in range(12))
            at = now() - (count - n) * 60_000
            words = f"{words} {n}"
            content = encode(replace(text(b"", words, at), salt=os.urandom(16)))
            message = Message(
                seq=0, chat=chat, queue=conversation.queue, id=os.urandom(32), sender=me.account,
                device=me.device, mine=False, cursor=n + 1, placed=at // 1000, at=at,
                state=MessageState.RECEIVED, seen=True, content=content,
            )  # fmt: skip
            kept = vault.add_message(message)
            assert kept is not None
            vault.index_new(kept.seq, words)


def stored(folder: Path, count: int) -> list[Row]:
    """Measure search, and the start of a client with so much in its vault."""
    seconds: list[float] = []
    asyncio.run(_signed_up(folder, count, seconds))
    # As installed: the modules lie compiled beside their source, if not before, then after the first of these runs.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", _FIRST_LIST, str(folder / "someone")]
    done = [subprocess.run(command, env=environment, capture_output=True, check=True) for _ in range(5)]
    whole, opened, peak = min(tuple(map(float, one.stdout.split())) for one in done)
    return [
        row(f"search over {count:,} messages, worst of 40", max(seconds) * 1000, "ms", "<= 50"),
        row(f"cold start to the first list of chats, {count:,} messages", whole, "s", "<= 0.5"),
        row("of which opening the vault and reading the list", opened, "s"),
        row("memory of that process at its peak", peak / 1024, "MB"),
    ]


_FIRST_LIST = """
import time; begun = time.perf_counter()
import asyncio, resource, sys
from pathlib import Path
from havre.client.api import Havre, Passphrase
async def main():
    loaded = time.perf_counter()
    async with Havre.open(Path(sys.argv[1]), Passphrase("secret")) as me:
        assert len(me.chats()) >= 1
        ready = time.perf_counter()
        print(ready - begun, ready - loaded, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
asyncio.run(main())
"""


async def _signed_up(folder: Path, count: int, seconds: list[float]) -> None:
    """Make two people at a relay, fill one's vault, and search in it."""
    with_relay = Relay(folder / "relay")
    with_relay.data.mkdir()
    with_relay.start()
    try:
        address = f"http://127.0.0.1:{with_relay.port}"
        async with (
            Havre.sign_up(folder / "someone", Passphrase("secret"), address, "Someone", cost=CHEAP) as me,
            Havre.sign_up(folder / "other", Passphrase("secret"), address, "Other", cost=CHEAP) as other,
        ):
            await me.add(other.link())
            await me.settle()
        _fill_vault(folder / "someone", count, seconds)
    finally:
        with_relay.stop()


def _fill_vault(folder: Path, count: int, seconds: list[float]) -> None:
    from havre.client.profiles import open_profile

    profile = open_profile(folder, Passphrase("secret"))
    try:
        fill(profile.vault, profile.vault.conversations()[0].chat, count)
        for n in range(40):
            words = (
                f"{VOCABULARY[n % len(VOCABULARY)]} {VOCABULARY[(n * 3 + 1) % len(VOCABULARY)]}"
                if n % 2
                else str(count // 2 + n)
            )
            seconds.append(_searched(profile.vault, words))
    finally:
        profile.close()


def _searched(vault: SqlcipherVault, words: str) -> float:
    """Return the seconds that a search takes, which must find something."""
    found: list[Message] = []
    taken = timed(lambda: found.extend(vault.search(Wanted(words), 50)))
    assert found, f"nothing is found by {words!r}"
    return taken


# --- files ----------------------------------------------------------------------------------------------------


def files(folder: Path, size: int) -> list[Row]:
    """Measure a file's way to a relay on this machine: read, encrypt, upload; and back."""
    return asyncio.run(_files(folder, size))


async def _files(folder: Path, size: int) -> list[Row]:
    relay = Relay(folder / "relay")
    relay.data.mkdir()
    relay.start()
    big = folder / "big.bin"
    with big.open("wb") as file:
        for _ in range(size >> 20):
            file.write(os.urandom(1 << 20))
    try:
        address, key = f"http://127.0.0.1:{relay.port}", Passphrase("secret")
        async with (
            Havre.sign_up(folder / "a", key, address, "A", cost=CHEAP) as one,
            Havre.sign_up(folder / "b", key, address, "B", cost=CHEAP) as two,
        ):
            await one.add(two.link())
            await two.add(one.link())
            await one.settle()
            begun = time.perf_counter()
            message = await one.send_file(one.chats()[0], big)
            uploaded = time.perf_counter() - begun
            begun = time.perf_counter()
            await one.save_file(message, folder / "saved")
            fetched = time.perf_counter() - begun
    finally:
        relay.stop()
    return [
        row(f"file of {size >> 20} MB: encrypt and upload", size / uploaded / 1e6, "MB/s", ">= 150"),
        row("fetch, decrypt and check it", size / fetched / 1e6, "MB/s"),
    ]


# --- all of it ------------------------------------------------------------------------------------------------


def measure(quick: bool) -> list[Row]:
    """Return all figures; `quick` only shows that it works."""
    rows: list[Row] = []
    parts: list[Callable[[Path], list[Row]]] = [
        lambda folder: talking(folder, 200 if quick else 5_000),
        lambda folder: stored(folder, 1_000 if quick else 100_000),
        lambda folder: files(folder, (8 if quick else 256) << 20),
        lambda folder: crowd(folder, 20 if quick else 1_000, 100 if quick else 5_000),
    ]
    for part in parts:
        with tempfile.TemporaryDirectory() as folder:
            rows += part(Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*rows, row("memory of the measuring process at its peak, two clients in it", peak, "MB")]


def main() -> int:
    """Measure, print, and write the figures if a file was named; returns the exit code."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", type=Path, help="write the figures to this file")
    options.add_argument("--quick", action="store_true", help="a few seconds, to see that it works")
    chosen = options.parse_args()
    rows = measure(chosen.quick)
    show("One client", rows)
    store(chosen.json, {"client": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
