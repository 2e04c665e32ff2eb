"""A real relay in the test's own event loop, and its addresses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from havre.relay.config import RelayConfig
from havre.relay.house import serve


class RunningRelay:
    """A relay that can be stopped and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = 0
        self._stopping = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        config = RelayConfig(data=self._folder, port=self._port, name_memory_kib=8192, name_passes=1, retry_after=0.2)
        self._stopping = asyncio.Event()
        self._serving = asyncio.create_task(serve(config, self._stopping))
        port = self._folder / "port"
        while not port.exists():
            assert not self._serving.done(), self._serving.exception()
            await asyncio.sleep(0.01)
        self._port = int(port.read_text())

    async def stop(self) -> None:
        self._stopping.set()
        if self._serving is not None:
            await self._serving


@asynccontextmanager
async def running_relay(folder: Path) -> AsyncIterator[RunningRelay]:
    """Run a relay for the length of a test."""
    relay = RunningRelay(folder)
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop()
