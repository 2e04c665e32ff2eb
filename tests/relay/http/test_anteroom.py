"""The anteroom: few requests in one turn of the loop, in the order in which they came, and none is lost on the way."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
import uvloop
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from havre.relay.budgets import Slots
from havre.relay.gate import Gate
from havre.relay.http.anteroom import TURNS, Anteroom
from havre.relay.http.protocol import protocol_factory
from havre.relay.peers import Peers
from havre.wire.refusals import Code

PEOPLE = 60
AT_A_TURN = 3


def test_so_many_are_looked_at_in_one_turn_and_the_others_in_their_order() -> None:
    async def scene() -> None:
        anteroom, seen = Anteroom(AT_A_TURN), list[int | str]()

        def come(number: int) -> None:
            if anteroom.passes():
                seen.append(number)
            else:
                anteroom.wait(lambda: seen.append(number))

        for number in range(10):
            come(number)
        assert seen == [0, 1, 2]
        for turn in range(5):
            await asyncio.sleep(0)
            seen.append("message")
            if turn == 0:
                come(10)  # comes later, and waits behind those who came before
        said = " ".join(str(one) for one in seen)
        assert said == "0 1 2 3 4 5 message 6 7 8 message 9 10 message message message"
        assert anteroom.passes()

    asyncio.run(scene())


def test_nobody_waits_for_more_than_so_many_turns_however_many_there_are() -> None:
    async def scene() -> None:
        anteroom, seen, turns = Anteroom(AT_A_TURN), list[int](), 0
        for number in range(50 * AT_A_TURN * TURNS):
            anteroom.wait(lambda number=number: seen.append(number))  # type: ignore[misc]
        first = len(anteroom) // TURNS
        while len(seen) < first:
            await asyncio.sleep(0)
            turns += 1
        assert turns == 1
        assert seen == list(range(first))

    asyncio.run(scene())


class Watched(Anteroom):
    """An anteroom that notes how many ever waited."""

    def __init__(self) -> None:
        super().__init__(AT_A_TURN)
        self.waited = 0

    def wait(self, look: Callable[[], None]) -> None:
        self.waited += 1
        super().wait(look)


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive, send)
    answer: Response = PlainTextResponse(request.url.path.encode() + b" " + await request.body())
    await answer(scope, receive, send)


@asynccontextmanager
async def served(anteroom: Anteroom) -> AsyncIterator[int]:
    """Serve over a real socket; gives the port."""
    gate = Gate(Peers(asyncio.get_running_loop().time), Slots(None), (), Counter[Code]())
    factory = protocol_factory(gate, 10_000, lambda *_: None, anteroom)
    config = uvicorn.Config(_echo, http=factory, lifespan="off", log_config=None)  # type: ignore[arg-type]  # a factory does
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=PEOPLE) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


def request(number: int, body: bytes = b"") -> bytes:
    return f"POST /{number} HTTP/1.1\r\nHost: relay\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def answer_on(reader: asyncio.StreamReader) -> str:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return (await reader.readexactly(int(length.partition(b":")[2]))).decode()


def test_all_who_ask_at_once_are_answered_whatever_becomes_of_others() -> None:
    async def scene() -> None:
        anteroom = Watched()
        async with served(anteroom) as port, asyncio.timeout(60):
            people = [await asyncio.open_connection("127.0.0.1", port) for _ in range(PEOPLE)]
            for number, (reader, writer) in enumerate(people):
                writer.write(request(number))
                assert await answer_on(reader) == f"/{number} "
            for number, (_, writer) in enumerate(people):
                writer.write(request(number, b"all at once")[:-4])
            await asyncio.sleep(0)
            for number, (_, writer) in enumerate(people):
                if number % 3:
                    writer.write(b"once")
                else:
                    writer.transport.abort()
            for number, (reader, writer) in enumerate(people):
                if number % 3:
                    assert await answer_on(reader) == f"/{number} all at once"
                    writer.close()
        assert anteroom.waited > 0
        assert len(anteroom) == 0

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scene())
