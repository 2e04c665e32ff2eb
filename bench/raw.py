"""A WebSocket server that does nothing but pass frames on: `python -m bench.raw READY_FD`, the most that picows allows.

A connection to `/s/N` sends, one to `/r/N` receives: each frame of the first is answered with a short one, and goes on
to the second.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

ANSWER = bytes(8)


class Passing(WSListener):
    """One connection."""

    readers: dict[bytes, Any] = {}  # noqa: RUF012  # one registry for all connections

    def __init__(self, path: bytes) -> None:
        self._is_reader = path.startswith(b"/r/")
        self._number = path[3:]
        self._reader: Any = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Register a reader."""
        if self._is_reader:
            self.readers[self._number] = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Answer, and pass on."""
        if frame.msg_type != WSMsgType.BINARY:
            return
        if self._reader is None:
            self._reader = self.readers[self._number]
        transport.send(WSMsgType.BINARY, ANSWER)
        self._reader.send(WSMsgType.BINARY, frame.get_payload_as_bytes())


def _route(request: WSUpgradeRequest) -> WSListener:
    return Passing(request.path)


async def serve(ready: int) -> None:
    """Serve until killed."""
    server = await ws_create_server(_route, "127.0.0.1", 0)
    os.write(ready, f"{server.sockets[0].getsockname()[1]}\n".encode())
    os.close(ready)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
