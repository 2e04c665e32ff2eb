"""Somebody who has written with a whole town for years: made once, into a cache folder, for `python -m bench.app`.

A real relay and two accounts on it, one of which is in 99 groups and writes with the other; then its vault is filled
straight with 400 more people and with messages, 100,000 in 500 chats. The queues of these 400 are marked as ended, so
that nobody looks for them on the relay.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from bench.client import CHEAP, VOCABULARY
from bench.fill import MADE, cache
from bench.relay import Relay
from havre.client.api import Havre, Passphrase
from havre.client.profiles import open_profile
from havre.client.vault.rows import (
    Chat,
    ChatKind,
    Conversation,
    Message,
    MessageState,
    Person,
    Queue,
    QueueRole,
    Standing,
)  # fmt: skip
from havre.client.vault.sqlcipher import SqlcipherVault
from havre.content import encode, text

SECRET: Final = Passphrase("a bench's passphrase")
HOUR_MS: Final = 3_600_000
LONGEST: Final = "The long one"
PORT: Final = "port"
"""The file that says where the relay was, and has to be again."""
BATCH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is: people whose chats are filled in, real groups, and messages in all and in the longest chat."""

    name: str
    people: int
    groups: int
    messages: int
    longest: int


TOWN: Final = Size("town", 399, 100, 100_000, 10_000)
VILLAGE: Final = Size("village", 30, 4, 3_000, 1_000)


def made(size: Size) -> Path:
    """Return the folder of a relay and its two people, which is made now if it was not before."""
    folder = cache() / f"app-{size.name}"
    if not (folder / MADE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        asyncio.run(_people(folder, size))
        profile = open_profile(folder / "people" / "alice", SECRET)
        try:
            _fill(profile.vault, size)
        finally:
            profile.close()
        (folder / MADE).touch()
    return folder


async def _people(folder: Path, size: Size) -> None:
    relay = Relay(folder / "relay")
    relay.data.mkdir()
    relay.start()
    (folder / PORT).write_text(str(relay.port))
    try:
        address = f"http://127.0.0.1:{relay.port}"
        async with (
            Havre.sign_up(folder / "people" / "alice", SECRET, address, "Alice", cost=CHEAP) as alice,
            Havre.sign_up(folder / "people" / "bob", SECRET, address, "Bob", cost=CHEAP) as bob,
        ):
            await bob.add(alice.link())
            await bob.settle()
            await alice.settle()
            await alice.contacts.accept(alice.contacts.requests()[0])
            with Progress("making groups", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as progress:
                for number in progress.track(range(size.groups)):
                    await alice.groups.create(LONGEST if number == 0 else f"Group {number}")
            for someone in (alice, bob):
                await someone.settle(120)
    finally:
        relay.stop()


def _fill(vault: SqlcipherVault, size: Size) -> None:
    dice = random.Random(1)
    with vault.transaction():
        people = [_person(vault, dice, number) for number in range(size.people)]
    chats = [chat for chat in vault.chats() if chat.kind is ChatKind.GROUP or chat.chat in people]
    each = (size.messages - size.longest) // (len(chats) - 1)
    longest = size.messages - each * (len(chats) - 1)
    counts = [(chat, longest if chat.title == LONGEST else each) for chat in chats]
    with Progress("writing messages", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as progress:
        bar = progress.add_task("", total=sum(count for _, count in counts))
        for chat, count in counts:
            sender = [chat.chat] if chat.chat in people else people
            for part in _parts(count):
                with vault.transaction():
                    _write(vault, dice, chat, sender, part)
                progress.update(bar, advance=len(part))


def _parts(count: int) -> Iterator[range]:
    return (range(start, min(start + BATCH, count)) for start in range(0, count, BATCH))


def _person(vault: SqlcipherVault, dice: random.Random, number: int) -> bytes:
    account, queue, now = dice.randbytes(32), dice.randbytes(16), time.time_ns() // 1_000_000
    vault.put_person(Person(account, dice.randbytes(32), 1, "", f"Neighbour {number}", False, now))
    vault.put_chat(
        Chat(account, ChatKind.DIRECT, "", "", b"", 0, Standing.ACCEPTED, 0, False, False, "", now - HOUR_MS)
    )
    vault.put_queue(Queue(queue, vault.me().relay, QueueRole.ENDED, 0, 0, b"", b"", b""))
    vault.put_conversation(
        Conversation(
            queue, account, "direct", epoch=0, met=True, refresh_due=False, refreshed_at=now, sent_since=0, latest=0,
            delivered=0, read=0, told_delivered=0, told_read=0, trimmed=0, skipped=0, began_at=now,
        )
    )  # fmt: skip
    return account


def _write(vault: SqlcipherVault, dice: random.Random, chat: Chat, senders: list[bytes], part: range) -> None:
    """Write messages of the last weeks into a chat, every third by me, all but the last few read."""
    me, queue = vault.me(), vault.conversations(chat.chat)[0].queue
    first = time.time_ns() // 1_000_000 - dice.randrange(48) * HOUR_MS - 30 * 24 * HOUR_MS
    for number in part:
        mine, at = number % 3 == 0, first + number * 60_000
        words = " ".join(dice.choices(VOCABULARY, k=dice.choice((3, 8, 20, 60))))
        content = encode(text(os.urandom(16), words, at))
        row = Message(
            0, chat.chat, queue, os.urandom(32), me.account if mine else dice.choice(senders), me.device, mine,
            cursor=number + 1, placed=at // 1000, at=at, state=MessageState.READ if mine else MessageState.RECEIVED,
            seen=True, content=content,
        )  # fmt: skip
        stored = vault.add_message(row)
        assert stored is not None
        vault.index_words(stored.seq, words)
