"""The stream over real sockets: what only a connection shows."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from picows import WSCloseCode, WSHandshakeError, WSMsgType

from havre.wire.refusals import Code
from havre.wire.sizes import MAX_TTL, VERSION
from havre.wire.stream import (
    COMMAND,
    Append,
    Appended,
    Commit,
    Conflict,
    Create,
    Delete,
    Done,
    Draining,
    Ended,
    Entries,
    Pushed,
    Read,
    Ready,
    Refused,
    Rotate,
    Subscribe,
    Subscribed,
    Subscription,
    Unsubscribe,
)
from tests.relay.rig import PATIENCE, Person, Queue, RelayProcess, Stream, run, running_relay, visit


async def new_queue(stream: Stream) -> Queue:
    queue = Queue()
    assert isinstance(await stream.ask(Create, queue.id, queue.hashes, 0), Done)
    return queue


async def append(stream: Stream, queue: Queue, body: bytes = b"x", ttl: int | None = None) -> int:
    answer = await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), body, ttl)
    assert isinstance(answer, Appended), answer
    return answer.cursor


async def subscribe(stream: Stream, *queues: Queue, after: int = 0) -> Subscribed:
    answer = await stream.ask(Subscribe, [Subscription(q.id, q.secrets.read, after) for q in queues])
    assert isinstance(answer, Subscribed), answer
    return answer


def test_the_first_frame_says_what_the_relay_takes(relay: RelayProcess) -> None:
    async def scene() -> None:
        stream = await Stream.connect(relay.stream)
        assert await stream.next() == Ready(VERSION, 1024 * 1024, 256 * 1024, MAX_TTL, 20.0)

    run(scene())


def test_pushes_follow_a_subscribe_without_a_hole(relay: RelayProcess) -> None:
    """While one connection appends as fast as it can, others subscribe: each sees every entry once, in order."""

    async def scene() -> None:
        writer = await Stream.open(relay.stream)
        queue = await new_queue(writer)

        async def write() -> None:
            for number in range(400):
                await append(writer, queue, b"%d" % number)

        async def follow(delay: float) -> list[int]:
            stream = await Stream.open(relay.stream)
            await asyncio.sleep(delay)
            caught = (await subscribe(stream, queue)).queues[0]
            cursors = [entry.cursor for entry in caught.entries]
            assert (cursors[-1] if cursors else 0) == caught.head
            cursors += [entry.cursor for entry in await stream.pushed(queue.id, 400 - len(cursors))]
            stream.close()
            return cursors

        writing = asyncio.create_task(write())
        seen = await asyncio.gather(*(follow(n * 0.01) for n in range(12)))
        await writing
        assert all(cursors == list(range(1, 401)) for cursors in seen)
        writer.close()

    run(scene())


def test_fleeting_entries_reach_live_subscribers_only(relay: RelayProcess) -> None:
    async def scene() -> None:
        writer, reader = await Stream.open(relay.stream), await Stream.open(relay.stream)
        queue = await new_queue(writer)
        await subscribe(reader, queue)
        assert await append(writer, queue, b"typing", ttl=0) == 0
        assert [(entry.cursor, entry.body) for entry in await reader.pushed(queue.id, 1)] == [(0, b"typing")]
        assert (await subscribe(writer, queue)).queues[0].entries == []

    run(scene())


def test_a_rotation_ends_subscriptions_after_the_commit(relay: RelayProcess) -> None:
    async def scene() -> None:
        admin, removed = await Stream.open(relay.stream), await Stream.open(relay.stream)
        queue = await new_queue(admin)
        await subscribe(removed, queue)
        new = Queue(queue.id)
        rotate = Rotate(queue.secrets.manage, new.hashes)
        fields = (queue.secrets.write, os.urandom(16), 0, b"bye", rotate)
        assert await admin.ask(Commit, queue.id, *fields) == Appended(2, 1)
        await append(admin, new, b"secret")
        assert [entry.body for entry in await removed.pushed(queue.id, 1)] == [b"bye"]
        assert await removed.next() == Ended(queue.id, Code.CAPABILITY)
        old = await subscribe(removed, queue)
        assert ([e.body for e in old.queues[0].entries], old.queues[0].head) == ([b"bye"], 1)
        assert await removed.next() == Ended(queue.id, Code.CAPABILITY)
        read = await removed.ask(Read, queue.id, queue.secrets.read, 0)
        assert ([e.body for e in read.entries], read.head) == ([b"bye"], 1)
        await append(admin, new, b"more")
        await removed.ask(Unsubscribe, [queue.id])
        assert removed.told == []

    run(scene())


def test_a_conflict_shows_entries_to_those_who_follow_the_queue_only(relay: RelayProcess) -> None:
    """Everybody can write to an inbox; a commit that cannot succeed must not be a way to read it."""

    async def scene() -> None:
        member, stranger = await Stream.open(relay.stream), await Stream.open(relay.stream)
        queue = await new_queue(member)
        await subscribe(member, queue)
        fields = (queue.id, queue.secrets.write)
        await member.ask(Commit, *fields, os.urandom(16), 0, b"first")
        conflict = await member.ask(Commit, *fields, os.urandom(16), 0, b"late")
        assert isinstance(conflict, Conflict)
        assert (conflict.commit, [e.body for e in conflict.entries], conflict.more) == (1, [b"first"], False)
        blind = await stranger.ask(Commit, *fields, os.urandom(16), 0, b"curious")
        assert blind == Conflict(1, 1, [], more=True)

    run(scene())


def test_unsubscribed_means_silence(relay: RelayProcess) -> None:
    async def scene() -> None:
        writer, reader = await Stream.open(relay.stream), await Stream.open(relay.stream)
        queue, other = await new_queue(writer), await new_queue(writer)
        await subscribe(reader, queue, other)
        assert isinstance(await reader.ask(Unsubscribe, [queue.id, b"n" * 16]), Done)
        await append(writer, queue)
        await append(writer, other)
        await reader.pushed(other.id, 1)
        assert reader.told == []

    run(scene())


def test_a_deleted_queue_ends_its_subscriptions(relay: RelayProcess) -> None:
    async def scene() -> None:
        owner, reader = await Stream.open(relay.stream), await Stream.open(relay.stream)
        queue = await new_queue(owner)
        await subscribe(reader, queue)
        await owner.ask(Delete, queue.id, queue.secrets.manage)
        assert await reader.next() == Ended(queue.id, Code.UNKNOWN)
        caught = (await subscribe(reader, queue)).queues[0]
        assert caught.refused == Code.UNKNOWN

    run(scene())


def test_a_subscriber_named_twice_gets_everything_once(relay: RelayProcess) -> None:
    async def scene() -> None:
        writer, reader = await Stream.open(relay.stream), await Stream.open(relay.stream)
        queue = await new_queue(writer)
        await subscribe(reader, queue)
        await subscribe(reader, queue)
        await append(writer, queue)
        await append(writer, queue)
        assert [entry.cursor for entry in await reader.pushed(queue.id, 2)] == [1, 2]

    run(scene())


def test_large_answers_are_cut_to_fit_a_frame(relay: RelayProcess) -> None:
    async def scene() -> None:
        writer, reader = await Stream.open(relay.stream), await Stream.open(relay.stream)
        queues = [await new_queue(writer) for _ in range(3)]
        big = os.urandom(256 * 1024)
        for queue in queues:
            for _ in range(3):
                await append(writer, queue, big)
        caught = (await subscribe(reader, *queues)).queues
        assert [(len(one.entries), one.more) for one in caught] == [(3, False), (0, True), (0, True)]
        page = await reader.ask(Read, queues[1].id, queues[1].secrets.read, 0)
        assert isinstance(page, Entries)
        assert [entry.cursor for entry in page.entries] == [1, 2, 3]
        refused = await writer.ask(Append, queues[0].id, queues[0].secrets.write, os.urandom(16), big + b"x")
        assert refused.code == Code.OVERSIZED

    run(scene())


def test_an_inbox_made_by_sign_up_takes_what_strangers_write(relay: RelayProcess) -> None:
    async def scene() -> None:
        person = Person()
        with visit(relay.http) as http:
            person.join(http)
        stranger, owner = await Stream.open(relay.stream), await Stream.open(relay.stream)
        await subscribe(owner, person.inbox)
        await append(stranger, Queue(person.inbox.id, person.inbox.secrets), b"knock")
        assert [entry.body for entry in await owner.pushed(person.inbox.id, 1)] == [b"knock"]
        with visit(relay.http) as http:
            assert person.send(http, "DELETE", person.path).status_code == 204
        assert await owner.next() == Ended(person.inbox.id, Code.UNKNOWN)

    run(scene())


# --- hostile ------------------------------------------------------------------------------------------------------


async def refused_with(stream: Stream, code: Code, close: WSCloseCode) -> None:
    refused = await stream.next()
    assert isinstance(refused, Refused)
    assert (refused.request, refused.code) == (None, code)
    assert await stream.next() is None
    assert stream.close_code == close


GOOD = COMMAND.encode(Append(1, b"q" * 16, b"s" * 32, b"d" * 16, b"body"))
UNREADABLE = {
    "empty": b"",
    "truncated": GOOD[:-1],
    "trailing bytes": GOOD + b"\x00",
    "unknown kind": msgspec.msgpack.encode([99, 1]),
    "no kind": msgspec.msgpack.encode([]),
    "a map": msgspec.msgpack.encode({"kind": 1}),
    "short id": COMMAND.encode(Append(1, b"q" * 15, b"s" * 32, b"d" * 16, b"body")),
    "long secret": COMMAND.encode(Append(1, b"q" * 16, b"s" * 33, b"d" * 16, b"body")),
    "too many fields": msgspec.msgpack.encode([2, 1, b"q" * 16, b"s" * 32, b"d" * 16, b"", None, 1]),
    "too few fields": msgspec.msgpack.encode([2, 1, b"q" * 16]),
    "negative number": msgspec.msgpack.encode([4, 1, b"q" * 16, b"s" * 32, -1]),
    "giant number": msgspec.msgpack.encode([4, 1, b"q" * 16, b"s" * 32, 2**63]),
    "no queues": msgspec.msgpack.encode([5, 1, []]),
    "too many queues": msgspec.msgpack.encode([6, 1, [b"q" * 16] * 513]),
    "deep nesting": b"\x91" * 100_000,
    "claims more than there is": b"\xdd\xff\xff\xff\xff",
    "an event": msgspec.msgpack.encode([65, 1]),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_frame_is_refused_and_ends_the_connection(relay: RelayProcess, name: str) -> None:
    async def scene() -> None:
        stream = await Stream.open(relay.stream)
        stream.send_raw(UNREADABLE[name])
        await refused_with(stream, Code.MALFORMED, WSCloseCode.INVALID_TEXT)

    run(scene())


def test_a_text_frame_is_refused(relay: RelayProcess) -> None:
    async def scene() -> None:
        stream = await Stream.open(relay.stream)
        stream.send_raw(b"hello", WSMsgType.TEXT)
        await refused_with(stream, Code.MALFORMED, WSCloseCode.UNSUPPORTED_DATA)

    run(scene())


def test_a_fragmented_message_is_refused(relay: RelayProcess) -> None:
    async def scene() -> None:
        stream = await Stream.open(relay.stream)
        stream.transport.send(WSMsgType.BINARY, GOOD[:10], fin=False)
        await refused_with(stream, Code.MALFORMED, WSCloseCode.UNSUPPORTED_DATA)

    run(scene())


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 30 * 1024 * 1024])
def test_an_oversized_frame_is_refused(relay: RelayProcess, size: int) -> None:
    async def scene() -> None:
        stream = await Stream.open(relay.stream)
        stream.send_raw(b"\x00" * size)
        await refused_with(stream, Code.OVERSIZED, WSCloseCode.MESSAGE_TOO_BIG)

    run(scene())


RUBBISH = st.binary(max_size=200) | st.just(GOOD) | st.integers(0, len(GOOD)).map(lambda length: GOOD[:length])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.binary(max_size=200) | st.just(GOOD) | st.integers(0, len(GOOD)).map(lambda n: GOOD[:n]), max_size=5)
)
def test_rubbish_ends_one_connection_and_no_other(relay: RelayProcess, frames: list[bytes]) -> None:
    async def scene() -> None:
        rude, bystander = await Stream.open(relay.stream), await Stream.open(relay.stream)
        for frame in frames:
            rude.send_raw(frame)
        queue = await new_queue(bystander)
        assert await append(bystander, queue) == 1
        rude.close()
        bystander.close()

    run(scene())


def test_other_paths_have_no_stream(relay: RelayProcess) -> None:
    async def scene() -> None:
        for path in ("/", "/v1/relay", "/v1/stream/x"):
            with pytest.raises(WSHandshakeError):
                await Stream.open(relay.http.replace("http", "ws") + path)

    run(scene())


def test_too_many_subscriptions_are_refused(tmp_path: Path) -> None:
    async def scene(url: str) -> None:
        stream = await Stream.open(url)
        queues = [Queue() for _ in range(513)]
        for queue in queues:
            stream.send(Create(0, queue.id, queue.hashes, 0))
        assert isinstance(await subscribe(stream, *queues[:512]), Subscribed)
        last = Subscription(queues[512].id, queues[512].secrets.read, 0)
        refused = await stream.ask(Subscribe, [last])
        assert refused.code == Code.FULL

    with running_relay(tmp_path / "relay", max_subscriptions=512) as relay:
        run(scene(relay.stream))


def test_a_full_house_takes_no_more_connections(tmp_path: Path) -> None:
    async def scene(url: str) -> None:
        first = await Stream.open(url)
        with pytest.raises(WSHandshakeError, match="503"):
            await Stream.open(url)
        first.close()
        await first.transport.wait_disconnected()
        async with asyncio.timeout(PATIENCE):  # there is room again
            while True:
                with suppress(WSHandshakeError):
                    await Stream.open(url)
                    return
                await asyncio.sleep(0.02)

    with running_relay(tmp_path / "relay", max_connections=1) as relay:
        run(scene(relay.stream))


def test_many_commands_at_once_are_all_answered_in_order(relay: RelayProcess) -> None:
    async def scene() -> None:
        stream = await Stream.open(relay.stream)
        queue = await new_queue(stream)
        for number in range(3000):
            stream.send(Append(number, queue.id, queue.secrets.write, os.urandom(16), b"x" * 100))
        answers = [await stream.next() for _ in range(3000)]
        assert answers == [Appended(number, number + 1) for number in range(3000)]

    run(scene())


# --- a relay of its own -------------------------------------------------------------------------------------------


def test_a_slow_reader_is_cut_and_nobody_else(tmp_path: Path) -> None:
    async def scene(url: str) -> None:
        writer, slow, quick = [await Stream.open(url) for _ in range(3)]
        queue = await new_queue(writer)
        await subscribe(slow, queue)
        await subscribe(quick, queue)
        slow.transport.underlying_transport.pause_reading()
        body = os.urandom(200 * 1024)
        for _ in range(80):
            await append(writer, queue, body)
        assert len(await quick.pushed(queue.id, 80)) == 80
        slow.transport.underlying_transport.resume_reading()
        seen = 0
        while (event := await slow.next()) is not None:
            seen += len(event.entries) if isinstance(event, Pushed) else 0
        assert seen < 80
        again = await Stream.open(url)
        caught = (await subscribe(again, queue, after=seen)).queues[0]
        assert [entry.cursor for entry in caught.entries][:1] == [seen + 1]

    with running_relay(tmp_path / "relay", send_buffer=1024 * 1024) as relay:
        run(scene(relay.stream))


def test_a_silent_connection_is_asked_and_then_cut(tmp_path: Path) -> None:
    async def scene(url: str) -> None:
        deaf, alive = await Stream.open(url, enable_auto_pong=False), await Stream.open(url)
        assert await deaf.next() is None  # by then `alive` has been asked just as often
        assert isinstance(await alive.ask(Unsubscribe, [b"q" * 16]), Done)

    with running_relay(tmp_path / "relay", heartbeat=1.5) as relay:
        run(scene(relay.stream))


def test_a_relay_that_stops_says_when_to_come_back_and_loses_nothing(tmp_path: Path) -> None:
    async def scene(relay: RelayProcess) -> None:
        stream = await Stream.open(relay.stream)
        queue = await new_queue(stream)
        for number in range(200):
            stream.send(Append(number, queue.id, queue.secrets.write, os.urandom(16), b"x"))
        stopping = asyncio.get_running_loop().run_in_executor(None, relay.stop)
        acknowledged, draining = 0, None
        while (event := await stream.next()) is not None:
            acknowledged += isinstance(event, Appended)
            draining = event if isinstance(event, Draining) else draining
        assert draining is not None
        assert 2.5 <= draining.retry_after <= 7.5
        assert stream.close_code == WSCloseCode.SERVICE_RESTART
        assert await stopping == 0
        relay.start()
        again = await Stream.open(relay.stream)
        caught = (await subscribe(again, queue)).queues[0]
        assert caught.head >= acknowledged > 0
        assert [entry.cursor for entry in caught.entries] == list(range(1, caught.head + 1))

    with running_relay(tmp_path / "relay") as relay:
        run(scene(relay))
