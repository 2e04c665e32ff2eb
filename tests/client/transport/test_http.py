"""What HTTP does when the other end is busy, away, broken, hostile, or no relay at all."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import msgspec
import pytest

from havre.client.errors import HavreError, NoRelay, NotHavre, ProxyUnusable, RelayRefused, WrongVersion
from havre.client.identity.address import RelayAddress
from havre.client.identity.requests import RequestNumbers, RequestSigner
from havre.client.transport.backoff import Bounds
from havre.client.transport.blobs import HttpBlobs
from havre.client.transport.directory import HttpDirectory
from havre.client.transport.http import LARGEST_ANSWER, Exchange, Patience, Unsent
from havre.client.transport.proxy import proxy_for
from havre.wire.directory import SEQUENCE_HEADER, RelayInfo, Slowness, Upload
from havre.wire.refusals import Code, Refusal
from tests.client.identity.people import ALICE, SIGNATURES, keys
from tests.client.transport.scripted import half
from tests.client.transport.test_websocket import answers, first_reason, tcp

pytestmark = pytest.mark.anyio

ADDRESS = RelayAddress("relay.example", 443, tls=True)
QUICK = Patience(attempts=3, longest=1.0, bounds=Bounds(0.001, 0.002))
INFO = RelayInfo(1, Slowness(bytes(16), 1, 8192, 1), 2**20, 2**18, 2**30, 3600)


@dataclass(frozen=True)
class Answer:
    """What a relay says, fresh for every request."""

    status: int
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> httpx.Response:
        return httpx.Response(self.status, headers=self.headers, stream=httpx.ByteStream(self.content))


class Relay:
    """Gives its answers in turn, the last one for ever, and remembers what it was asked."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer.response()


@asynccontextmanager
async def exchange(relay: Relay) -> AsyncIterator[Exchange]:
    made = Exchange(ADDRESS, half, patience=QUICK, transport=httpx.MockTransport(relay))
    try:
        yield made
    finally:
        await made.close()


def ok(body: object = INFO) -> Answer:
    return Answer(200, content=msgspec.json.encode(body))


def no(code: Code, retry_after: float | None = None, status: int = 400) -> Answer:
    return Answer(status, content=msgspec.json.encode(Refusal(code, "because", retry_after)))


def signer(device: bytes | None = None) -> RequestSigner:
    return RequestSigner(ALICE.account.id, device, SIGNATURES, keys(1).private, RequestNumbers(lambda: 1000))


async def failure(*answers: Answer | Exception) -> HavreError:
    async with exchange(Relay(*answers)) as made:
        with pytest.raises(HavreError) as caught:
            await HttpDirectory(made).relay_info()
    assert "relay.example" in str(caught.value)
    assert str(caught.value).isprintable()
    return caught.value


# --- trying again ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hiccup",
    [
        httpx.ConnectError("no"),
        httpx.ReadError("broke"),
        httpx.ReadTimeout("slow"),
        no(Code.BUSY, 0.01, 429),
        Answer(503, content=b"<html>down</html>"),
    ],
    ids=["unreachable", "broken", "slow", "busy", "front"],
)
async def test_a_hiccup_is_survived(hiccup: Answer | Exception) -> None:
    relay = Relay(hiccup, hiccup, ok())
    async with exchange(relay) as made:
        assert await HttpDirectory(made).relay_info() == INFO
    assert len(relay.asked) == 3


async def test_patience_ends() -> None:
    relay = Relay(httpx.ConnectError("no"))
    async with exchange(relay) as made:
        with pytest.raises(NoRelay):
            await HttpDirectory(made).relay_info()
    assert len(relay.asked) == 3


async def test_a_long_wait_is_left_to_the_caller() -> None:
    error = await failure(no(Code.BUSY, 600.0, 429))
    assert isinstance(error, RelayRefused)
    assert error.retry_after == 600.0


async def test_a_refusal_is_not_repeated() -> None:
    relay = Relay(no(Code.NOT_ALLOWED, None, 403))
    async with exchange(relay) as made:
        with pytest.raises(RelayRefused) as caught:
            await HttpDirectory(made).relay_info()
    assert caught.value.code is Code.NOT_ALLOWED
    assert len(relay.asked) == 1


async def test_every_attempt_is_signed_anew() -> None:
    relay = Relay(httpx.ReadError("broke"), Answer(204))
    async with exchange(relay) as made:
        await HttpDirectory(made).claim_name(bytes(32), signer())
    numbers = [request.headers[SEQUENCE_HEADER] for request in relay.asked]
    assert numbers == ["1000", "1001"]


@pytest.mark.parametrize(("error", "attempts"), [(httpx.ReadError("broke"), 1), (httpx.ConnectError("no"), 3)])
async def test_what_is_not_harmless_twice_is_repeated_only_if_undone(error: Exception, attempts: int) -> None:
    asks: tuple[Callable[[HttpDirectory], Awaitable[object]], ...] = (
        lambda directory: directory.take_key_packages(bytes(32)),
        lambda directory: directory.upload_key_packages(Upload([b"x"]), signer(bytes(16))),
    )
    for ask in asks:
        relay = Relay(error)
        async with exchange(relay) as made:
            with pytest.raises(NoRelay):
                await ask(HttpDirectory(made))
        assert len(relay.asked) == attempts


# --- what is not a relay --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, content=b"<html>Welcome</html>"),
        Answer(200, content=b"{}"),
        Answer(200, content=b"[" * 100_000),
        Answer(200, content=b"\xff\xfe"),
        Answer(200, content=msgspec.json.encode(INFO) + b"x"),
        Answer(200, content=msgspec.json.encode(INFO) + b" " * LARGEST_ANSWER),
        Answer(404, content=b"<html>not found</html>"),
        Answer(301, headers={"Location": "https://elsewhere.example"}),
        Answer(500, content=b'{"code": "no-such-code", "message": ""}'),
        httpx.RemoteProtocolError("illegal status line"),
    ],
    ids=["page", "empty", "deep", "bytes", "trailing", "endless", "404", "redirect", "unknown code", "ssh"],
)
async def test_no_relay_speaks_like_that(answer: Answer | Exception) -> None:
    assert isinstance(await failure(answer), NotHavre)


async def test_another_version() -> None:
    newer = msgspec.structs.replace(INFO, version=2)
    assert isinstance(await failure(ok(newer)), WrongVersion)


@pytest.mark.parametrize("header", ["", "-1", "1e3", "9" * 40])
async def test_a_blob_without_a_sensible_offset(header: str) -> None:
    headers = {"Upload-Offset": header, "Upload-Length": "10"}
    async with exchange(Relay(Answer(200, headers=headers))) as made:
        with pytest.raises(NotHavre):
            await HttpBlobs(made).state(bytes(16))


async def test_a_relay_that_ignores_ranges() -> None:
    async with exchange(Relay(Answer(200, content=b"from the start"))) as made:
        with pytest.raises(NotHavre):
            async with HttpBlobs(made).download(bytes(16), 5):
                pass


async def test_a_head_request_is_refused_by_status() -> None:
    async with exchange(Relay(Answer(404))) as made:
        with pytest.raises(RelayRefused) as caught:
            await HttpBlobs(made).state(bytes(16))
    assert caught.value.code is Code.UNKNOWN


# --- a real socket --------------------------------------------------------------------------------------------


async def why_not(address: RelayAddress) -> HavreError:
    made = Exchange(address, half, patience=QUICK)
    try:
        async with asyncio.timeout(60):
            with pytest.raises(HavreError) as caught:
                await HttpDirectory(made).relay_info()
    finally:
        await made.close()
    return caught.value


async def test_nothing_at_the_address() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = RelayAddress("127.0.0.1", unused.getsockname()[1], tls=False)
    error = await why_not(address)
    assert isinstance(error, NoRelay)
    assert isinstance(error, Unsent)
    assert f"No relay answers at {address}" in str(error)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", NoRelay),
        (b"SSH-2.0-OpenSSH_9.6\r\n", NoRelay),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", NotHavre),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", NoRelay),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", NotHavre),
    ],
)
async def test_something_else_at_the_address(answer: bytes, kind: type[HavreError]) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        error = await why_not(RelayAddress("127.0.0.1", server.sockets[0].getsockname()[1], tls=False))
    finally:
        server.close()
    assert isinstance(error, kind)


# --- proxies --------------------------------------------------------------------------------------------------


def test_a_proxy_is_used_but_never_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "direct.example")
    assert proxy_for(ADDRESS) == "http://proxy.example:3128"
    assert proxy_for(RelayAddress("direct.example", 443, tls=True)) is None
    for host in ("127.0.0.1", "::1", "localhost"):
        assert proxy_for(RelayAddress(host, 8441, tls=False)) is None


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9050", "nonsense", "ftp://proxy.example", "http://"])
async def test_an_unusable_proxy_is_not_passed_by(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(ProxyUnusable):
        Exchange(ADDRESS, half)
    assert isinstance(await first_reason(ADDRESS), ProxyUnusable)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 403 Forbidden\r\n\r\n", b"", b"nonsense\r\n\r\n"])
async def test_a_proxy_that_does_not_lead_there(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async with tcp(answers(answer)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        assert isinstance(await why_not(ADDRESS), NoRelay | NotHavre)
        assert isinstance(await first_reason(ADDRESS), NoRelay)
