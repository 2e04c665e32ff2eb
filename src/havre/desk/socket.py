"""One window: calls are carried out side by side, answers and events leave in one line."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from havre.client.errors import HavreError
from havre.desk import rpc, views
from havre.desk.contract import Method, arguments
from havre.desk.desk import Desk

CALLS: Final = 32
"""Calls of one window that are carried out at once; more wait in the socket."""


class Window:
    """One open page."""

    def __init__(self, socket: WebSocket, desk: Desk) -> None:
        self._socket, self._desk = socket, desk
        self._slots = asyncio.Semaphore(CALLS)
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Serve the page until it goes away."""
        await self._socket.accept()
        line = self._desk.listeners.join()
        try:
            async with asyncio.TaskGroup() as tasks:
                tell = tasks.create_task(self._tell(line))
                await self._listen(tasks)
                tell.cancel()
        finally:
            self._desk.listeners.leave(line)

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        try:
            while True:
                text = await self._socket.receive_text()
                await self._slots.acquire()
                tasks.create_task(self._answer(text))
        except (WebSocketDisconnect, KeyError):  # KeyError: a binary frame, which is no part of the contract
            return

    async def _tell(self, line: asyncio.Queue[views.Event]) -> None:
        while True:
            await self._send(rpc.encode_event(await line.get()))

    async def _answer(self, text: str) -> None:
        try:
            call, method, params = rpc.decode_call(text)
            await self._send(await self._carry_out(call, method, params))
        except rpc.Refusal as refusal:
            await self._send(rpc.encode_refusal(refusal))
        finally:
            self._slots.release()

    async def _carry_out(self, call: rpc.Call, method: Method, params: msgspec.Struct) -> bytes:
        try:
            return rpc.encode_result(call.id, await method.handler(self._desk, **arguments(params)))
        except HavreError as error:
            raise rpc.refused(call.id, error) from None
        except Exception as fault:  # one call must not end the others of this window; what it was is logged, not shown
            self._desk.note_fault(method.name, fault)
            raise rpc.Refusal(call.id, rpc.FAULT, "Something went wrong inside Havre.", {"kind": "Fault"}) from None

    async def _send(self, data: bytes) -> None:
        async with self._sending:
            try:
                await self._socket.send_text(data.decode())
            except (WebSocketDisconnect, RuntimeError):
                return  # the page is gone; `_listen` sees it, too
