"""A process that sends or saves one file with a profile's own vault, and kills itself in the middle of it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from havre.client.api import Havre, Passphrase


def die_half_way(done: int, total: int) -> None:
    """Be killed as by `kill -9` once half of the file has gone through."""
    if total and 2 * done >= total:
        os.kill(os.getpid(), signal.SIGKILL)


async def main(what: str, profile: Path, secret: str, path: Path) -> None:
    """Send the file at `path` to the only chat, or save the only file there into the folder `path`."""
    async with Havre.open(profile, Passphrase(secret)) as me:
        (chat,) = me.chats()
        if what == "send":
            await me.send_file(chat, path, die_half_way)
        else:
            await me.settle()
            await me.save_file(me.messages(chat)[-1], path, die_half_way)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])))
