"""The api against a real relay: what a face can do, and what it is told when something is wrong."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import pytest

from havre.client.api import (
    ConnectionChanged,
    Cost,
    FileBody,
    Havre,
    Message,
    MessageArrived,
    MessageState,
    Missed,
    Passphrase,
    Person,
    Problem,
    TextBody,
)
from havre.client.errors import (
    FileGone,
    HavreError,
    KeyMismatch,
    LinkInvalid,
    NameTaken,
    NameUnknown,
    NoProfile,
    NoRelay,
    NoSpace,
    PersonUnknown,
    ProfileExists,
    VaultBusy,
    WrongPassphrase,
)
from havre.client.identity.address import RelayAddress
from havre.client.identity.link import ContactLink, encode_link
from havre.client.transport.base import Directory
from havre.client.transport.network import InternetNetwork
from tests.client.relays import RunningRelay, running_relay

pytestmark = pytest.mark.anyio

CHEAP = Cost(passes=1, memory_kib=64, lanes=1)
SECRET = Passphrase("correct horse")


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[RunningRelay]:
    async with running_relay(tmp_path / "relay") as running:
        yield running


SignUp = Callable[[str], Awaitable[Havre]]


@pytest.fixture
def sign_up(stack: AsyncExitStack, relay: RunningRelay, tmp_path: Path) -> SignUp:
    async def signed_up(name: str) -> Havre:
        opening = Havre.sign_up(tmp_path / name, SECRET, relay.url, name.capitalize(), cost=CHEAP)
        return await stack.enter_async_context(opening)

    return signed_up


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what should be true in a moment."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # the condition is in a vault, which tells nobody
            await asyncio.sleep(0.01)


def words(messages: list[Message]) -> list[str]:
    return [message.body.text for message in messages if isinstance(message.body, TextBody)]


async def let_in(me: Havre) -> Person:
    """Accept the one request that is there or on its way."""
    await until(lambda: bool(me.contacts.requests()))
    return await me.contacts.accept(me.contacts.requests()[0])


async def introduce(one: Havre, other: Havre) -> tuple[Person, Person]:
    """Have one add the other, who lets them in; return each as the other sees them."""
    added = await one.add(other.link())
    await let_in(other)
    await until(lambda: bool(other.people()) and one.person(added.id).name != "" and other.people()[0].name[0] != "(")
    return added, other.people()[0]


async def test_two_people_talk(sign_up: SignUp) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    to_bob, to_alice = await introduce(alice, bob)
    assert (to_bob.name, to_alice.name) == ("Bob", "Alice")
    sent = await alice.send_text(to_bob, "hello")
    assert (sent.state, sent.mine, sent.sender) == (MessageState.WAITING, True, "Alice")
    await until(lambda: words(bob.messages(to_alice)) == ["hello"])
    reply = await bob.send_text(to_alice, "hi", reply_to=bob.messages(to_alice)[-1])
    assert reply.in_reply_to == sent.id
    await until(lambda: words(alice.messages(to_bob)) == ["hello", "hi"])
    await bob.mark_read(to_alice)
    await until(lambda: alice.messages(to_bob)[0].state is MessageState.READ)
    assert bob.people()[0].unread == 0
    assert alice.people()[0].unread == 1
    assert (await alice.settle(60)).done


async def test_safety_numbers_agree(sign_up: SignUp) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    to_bob, to_alice = await introduce(alice, bob)
    assert alice.safety_number(to_bob) == bob.safety_number(to_alice)
    assert not to_bob.verified
    assert (await alice.set_verified(to_bob, True)).verified
    assert alice.person("Bob").verified


async def test_offline_delivery_and_reopening(
    sign_up: SignUp, stack: AsyncExitStack, relay: RunningRelay, tmp_path: Path
) -> None:
    alice = await sign_up("alice")
    bob = await Havre.sign_up(tmp_path / "bob", SECRET, relay.url, "Bob", cost=CHEAP)
    to_bob, _ = await introduce(alice, bob)
    await bob.close()
    await alice.send_text(to_bob, "while you were out")
    assert (await alice.settle(60)).done
    assert alice.messages(to_bob)[-1].state is MessageState.SENT
    bob = await stack.enter_async_context(Havre.open(tmp_path / "bob", SECRET))
    assert (await bob.settle(60)).done
    assert words(bob.messages(bob.people()[0])) == ["while you were out"]
    await until(lambda: alice.messages(to_bob)[-1].state is MessageState.DELIVERED)


async def test_who_came_in_meanwhile_can_read_what_is_sent_after_catching_up(
    sign_up: SignUp, stack: AsyncExitStack, relay: RunningRelay, tmp_path: Path
) -> None:
    alice, carol = await sign_up("alice"), await sign_up("carol")
    bob = await Havre.sign_up(tmp_path / "bob", SECRET, relay.url, "Bob", cost=CHEAP)
    to_bob, _ = await introduce(alice, bob)
    to_carol, _ = await introduce(alice, carol)
    choir = await alice.groups.create("Choir", [to_bob])
    await until(lambda: any(chat.title == "Choir" for chat in bob.chats()))
    await bob.close()
    await alice.groups.add(choir, [to_carol])
    await until(lambda: any(chat.title == "Choir" for chat in carol.chats()))
    bob = await stack.enter_async_context(Havre.open(tmp_path / "bob", SECRET))
    assert await bob.catch_up(bob.chat("Choir"), 60)
    await bob.send_text(bob.chat("Choir"), "hello, Carol")
    await until(lambda: words(carol.messages(carol.chat("Choir"))) == ["hello, Carol"])


async def test_a_relay_that_is_away_has_nobody_wait_to_catch_up(
    sign_up: SignUp, stack: AsyncExitStack, relay: RunningRelay, tmp_path: Path
) -> None:
    alice = await sign_up("alice")
    bob = await Havre.sign_up(tmp_path / "bob", SECRET, relay.url, "Bob", cost=CHEAP)
    await introduce(alice, bob)
    await bob.close()
    await relay.stop()
    bob = await stack.enter_async_context(Havre.open(tmp_path / "bob", SECRET))
    async with asyncio.timeout(60):
        assert await bob.catch_up(bob.people()[0], 6000)
    await relay.start()


async def test_written_while_the_relay_is_away(sign_up: SignUp, relay: RunningRelay) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    to_bob, to_alice = await introduce(alice, bob)
    await alice.settle(60)
    await relay.stop()
    for number in range(5):
        await alice.send_text(to_bob, str(number))
    settled = await alice.settle(0.3)
    assert not settled.done
    assert settled.waiting >= 5, "beside them key packages for Bob may be on their way"
    assert settled.reasons
    await relay.start()
    await until(lambda: words(bob.messages(to_alice)) == [str(number) for number in range(5)])


async def test_file_arrives_whole(sign_up: SignUp, tmp_path: Path) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    to_bob, to_alice = await introduce(alice, bob)
    source = tmp_path / "holiday photo.jpg"
    source.write_bytes(Random(1).randbytes(700_000))
    seen: list[tuple[int, int]] = []
    await alice.send_file(to_bob, source, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (700_000, 700_000)
    await until(lambda: bool(bob.messages(to_alice)))
    message = bob.messages(to_alice)[-1]
    assert message.body == FileBody("holiday photo.jpg", 700_000, "image/jpeg")
    folder = tmp_path / "downloads"
    folder.mkdir()
    saved = await bob.save_file(message, folder)
    assert saved.name == "holiday photo.jpg"
    assert hashlib.sha256(saved.read_bytes()).digest() == hashlib.sha256(source.read_bytes()).digest()


async def test_file_that_is_not_there(sign_up: SignUp, tmp_path: Path) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    to_bob, _ = await introduce(alice, bob)
    with pytest.raises(FileGone):
        await alice.send_file(to_bob, tmp_path / "nowhere")
    assert alice.messages(to_bob) == []


async def test_saving_what_is_no_file(sign_up: SignUp, tmp_path: Path) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    to_bob, _ = await introduce(alice, bob)
    message = await alice.send_text(to_bob, "just words")
    with pytest.raises(HavreError, match="no file"):
        await alice.save_file(message, tmp_path)


# --- opening and signing up -----------------------------------------------------------------------------------


async def test_wrong_passphrase_and_second_opener(sign_up: SignUp, tmp_path: Path) -> None:
    alice = await sign_up("alice")
    with pytest.raises(VaultBusy):
        await Havre.open(tmp_path / "alice", SECRET)
    await alice.close()
    with pytest.raises(WrongPassphrase):
        await Havre.open(tmp_path / "alice", Passphrase("wrong"))
    async with Havre.open(tmp_path / "alice", SECRET) as again:
        assert again.account.name == "Alice"


async def test_changing_the_passphrase(sign_up: SignUp, tmp_path: Path) -> None:
    await (await sign_up("alice")).close()
    Havre.change_passphrase(tmp_path / "alice", SECRET, Passphrase("new"))
    with pytest.raises(WrongPassphrase):
        await Havre.open(tmp_path / "alice", SECRET)
    await (await Havre.open(tmp_path / "alice", Passphrase("new"))).close()


async def test_no_profile_and_profile_exists(sign_up: SignUp, relay: RunningRelay, tmp_path: Path) -> None:
    with pytest.raises(NoProfile):
        await Havre.open(tmp_path / "nobody", SECRET)
    assert not Havre.exists(tmp_path / "alice")
    await sign_up("alice")
    assert Havre.exists(tmp_path / "alice")
    with pytest.raises(ProfileExists):
        await Havre.sign_up(tmp_path / "alice", SECRET, relay.url, cost=CHEAP)


async def test_user_name_that_is_taken_leaves_nothing_behind(
    stack: AsyncExitStack, relay: RunningRelay, tmp_path: Path
) -> None:
    first = Havre.sign_up(tmp_path / "one", SECRET, relay.url, "One", user_name="marianne", cost=CHEAP)
    await stack.enter_async_context(first)
    with pytest.raises(NameTaken):
        await Havre.sign_up(tmp_path / "two", SECRET, relay.url, "Two", user_name="Marianne", cost=CHEAP)
    assert not Havre.exists(tmp_path / "two")
    second = Havre.sign_up(tmp_path / "two", SECRET, relay.url, "Two", user_name="marie", cost=CHEAP)
    assert (await stack.enter_async_context(second)).account.name == "Two"


async def test_no_relay_at_the_address(tmp_path: Path) -> None:
    with pytest.raises(NoRelay):
        await Havre.sign_up(tmp_path / "alice", SECRET, "http://127.0.0.1:9", "Alice", cost=CHEAP)
    assert not Havre.exists(tmp_path / "alice")


@pytest.mark.parametrize("address", ["", "ftp://relay.example", "http://relay.example", "relay example", "https://"])
def test_address_that_is_none(tmp_path: Path, address: str) -> None:
    with pytest.raises(HavreError, match="cannot be used"):
        Havre.sign_up(tmp_path / "alice", SECRET, address)


class Unreliable(InternetNetwork):
    """A network whose directory loses the answer to the first sign-up."""

    lose = True

    def directory(self, address: RelayAddress) -> Directory:
        real = super().directory(address)
        outer = self

        class Losing:
            def __getattr__(self, name: str) -> object:
                return getattr(real, name)

            async def sign_up(self, *arguments: object) -> None:
                await real.sign_up(*arguments)  # type: ignore[arg-type]
                if outer.lose:
                    outer.lose = False
                    raise NoRelay("relay", "it hung up")

        return Losing()  # type: ignore[return-value]


async def test_sign_up_that_was_cut_off_goes_on(relay: RunningRelay, tmp_path: Path) -> None:
    network = Unreliable(Random(0).random)
    with pytest.raises(NoRelay):
        await Havre.sign_up(
            tmp_path / "alice", SECRET, relay.url, "Alice", user_name="alice", network=network, cost=CHEAP
        )
    assert not Havre.exists(tmp_path / "alice")
    async with Havre.sign_up(tmp_path / "alice", SECRET, relay.url, "Alice", user_name="alice", cost=CHEAP) as alice:
        assert (await alice.settle(60)).done
    assert Havre.exists(tmp_path / "alice")


# --- adding people --------------------------------------------------------------------------------------------


async def test_links_that_cannot_be_used(sign_up: SignUp) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    link = bob.link()
    base, _, query = link.partition("?")
    changed = base[:-1] + ("a" if base[-1] != "a" else "b") + "?" + query
    for bad in (link[:40], changed, "https://example.org/"):
        with pytest.raises(LinkInvalid):
            await alice.add(bad)
    with pytest.raises(NameUnknown):
        await alice.add("nobody")
    with pytest.raises(HavreError, match="own"):
        await alice.add(alice.link())
    assert alice.people() == []


async def test_link_to_a_relay_that_does_not_answer(sign_up: SignUp, relay: RunningRelay) -> None:
    alice = await sign_up("alice")
    link = encode_link(ContactLink(RelayAddress.parse("http://127.0.0.1:9"), bytes(32)))
    with pytest.raises(NoRelay):
        await alice.add(link)
    nobody = encode_link(ContactLink(RelayAddress.parse(relay.url), bytes(32)))
    with pytest.raises(HavreError, match="no such account"):
        await alice.add(nobody)
    assert alice.people() == []


class Lying(InternetNetwork):
    """A network whose directory hands out one account's record in place of another's."""

    instead = b""

    def directory(self, address: RelayAddress) -> Directory:
        real = super().directory(address)
        outer = self

        class Swapping:
            def __getattr__(self, name: str) -> object:
                return getattr(real, name)

            async def account(self, account: bytes) -> object:
                return await real.account(outer.instead or account)

        return Swapping()  # type: ignore[return-value]


async def test_swapped_account_key_is_refused_loudly(
    sign_up: SignUp, stack: AsyncExitStack, relay: RunningRelay, tmp_path: Path
) -> None:
    bob, mallory = await sign_up("bob"), await sign_up("mallory")
    network = Lying(Random(0).random)
    opening = Havre.sign_up(tmp_path / "alice", SECRET, relay.url, "Alice", network=network, cost=CHEAP)
    alice = await stack.enter_async_context(opening)
    network.instead = bytes.fromhex(mallory.account.account_id)
    with pytest.raises(KeyMismatch):
        await alice.add(bob.link())
    assert alice.people() == []
    assert mallory.people() == []


async def test_finding_people(sign_up: SignUp, tmp_path: Path) -> None:
    alice, bob, other = await sign_up("alice"), await sign_up("bob"), await sign_up("bobby")
    to_bob = await alice.add(bob.link(), "Bob")
    to_other = await alice.add(other.link(), "bob")
    first, second = alice.people()
    assert first.name != second.name
    assert first.name == f"Bob [{first.fingerprint}]"
    with pytest.raises(HavreError, match="could be any"):
        alice.person("bob")
    assert alice.person(to_bob.fingerprint).id == to_bob.id
    assert alice.person(second.name).id == to_other.id
    await alice.rename(to_other, "Robert")
    assert alice.person("BOB").id == to_bob.id
    with pytest.raises(PersonUnknown):
        alice.person("nobody")
    with pytest.raises(PersonUnknown):
        alice.person("")


async def test_nobody_is_reached_by_calling_themselves_like_anothers_id(sign_up: SignUp) -> None:
    alice, bob, mallory = await sign_up("alice"), await sign_up("bob"), await sign_up("mallory")
    to_bob = await alice.add(bob.link())
    to_mallory = await alice.add(mallory.link(), to_bob.id)
    group = await alice.groups.create("Town", [to_bob, to_mallory])
    assert to_mallory.name == to_bob.id
    assert alice.person(to_bob.id).id == alice.chat(to_bob.id).id == to_bob.id
    await until(lambda: len(alice.groups.show(group).members) == 3)
    assert alice.groups.member(group, to_bob.id).id == to_bob.id


async def test_names_of_others_are_made_safe(sign_up: SignUp) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    person = await alice.add(bob.link(), "B\u202eob\x1b[31m\n")
    assert person.name == "Bob[31m"


# --- sending --------------------------------------------------------------------------------------------------


async def test_what_cannot_be_sent(sign_up: SignUp) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    to_bob, _ = await introduce(alice, bob)
    for bad in ("", "   ", "x" * 100_000):
        with pytest.raises(HavreError, match="cannot be sent"):
            await alice.send_text(to_bob, bad)
    assert alice.messages(to_bob) == []


async def test_many_messages_in_order(sign_up: SignUp) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    to_bob, to_alice = await introduce(alice, bob)
    await asyncio.gather(*(alice.send_text(to_bob, str(number)) for number in range(200)))
    await until(lambda: len(bob.messages(to_alice)) == 200)
    assert words(bob.messages(to_alice)) == [str(number) for number in range(200)]
    await until(lambda: words(alice.messages(to_bob)) == [str(number) for number in range(200)])
    assert words(bob.messages(to_alice, limit=2)) == ["198", "199"]
    assert words(bob.messages(to_alice, after=bob.messages(to_alice)[3], limit=2)) == ["4", "5"]


async def test_full_disk_is_one_sentence_and_loses_nothing(sign_up: SignUp) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    to_bob, to_alice = await introduce(alice, bob)
    await alice.settle(60)
    vault = alice._core.vault
    pages = vault.execute("PRAGMA page_count").fetchone()
    assert pages is not None
    vault.execute(f"PRAGMA max_page_count = {pages[0]}")

    async def fill() -> None:
        for _ in range(100):
            await alice.send_text(to_bob, "x" * 30_000)

    with pytest.raises(NoSpace):
        await fill()
    accepted = len(alice.messages(to_bob))
    vault.execute("PRAGMA max_page_count = 1000000")
    alice._core.driver._resume()
    await alice.send_text(to_bob, "room again")
    await until(lambda: len(bob.messages(to_alice)) == accepted + 1)
    assert words(bob.messages(to_alice))[-1] == "room again"


async def test_error_of_our_own_is_one_sentence_and_loses_nothing(
    sign_up: SignUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    to_bob, to_alice = await introduce(alice, bob)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    await alice.send_text(to_bob, "before")
    monkeypatch.setattr(alice._core.driver._engine, "handle", broken)
    with pytest.raises(HavreError, match="error of its own"):
        await alice.send_text(to_bob, "during")
    with pytest.raises(HavreError, match="error of its own"):
        await alice.send_text(to_bob, "after")
    with pytest.raises(HavreError, match="error of its own"):
        await alice.settle(1)
    await alice.close()
    async with Havre.open(tmp_path / "alice", SECRET) as again:
        assert (await again.settle(60)).done
        assert words(again.messages(to_bob)) == ["before"]
    await until(lambda: words(bob.messages(to_alice)) == ["before"])


# --- news -----------------------------------------------------------------------------------------------------


async def test_news(sign_up: SignUp, relay: RunningRelay) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    to_bob, _ = await introduce(alice, bob)
    heard: list[object] = []
    note = heard.append

    async def listen() -> None:
        async for news in bob.events():
            note(news)

    listening = asyncio.create_task(listen())
    await alice.send_text(to_bob, "news")
    await until(lambda: any(isinstance(news, MessageArrived) for news in heard))
    await relay.stop()
    await until(lambda: any(isinstance(news, ConnectionChanged) and not news.connected for news in heard))
    await relay.start()
    await until(lambda: any(isinstance(news, ConnectionChanged) and news.connected for news in heard))
    assert not any(isinstance(news, Problem) for news in heard)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert len(bob._listeners) == 0


async def test_slow_listener_is_told_that_it_missed_something(sign_up: SignUp) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    to_bob, _ = await introduce(alice, bob)
    stream = alice.events()
    first = asyncio.ensure_future(anext(stream))
    await asyncio.gather(*(alice.send_text(to_bob, str(number)) for number in range(400)))
    await alice.settle(60)
    await first
    news = [await anext(stream)]
    while not isinstance(news[-1], Missed):
        news.append(await asyncio.wait_for(anext(stream), 60))


async def test_news_counts_from_when_it_was_asked_for(sign_up: SignUp) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    to_bob, _ = await introduce(alice, bob)
    news = alice.events()
    sent = await alice.send_text(to_bob, "said before anybody waits for news")
    async with asyncio.timeout(60):
        while not isinstance(heard := await anext(news), MessageArrived):
            pass
    assert heard.message.id == sent.id


async def test_nothing_secret_is_shown(sign_up: SignUp, caplog: pytest.LogCaptureFixture) -> None:
    alice, bob = await sign_up("alice"), await sign_up("bob")
    to_bob, _ = await introduce(alice, bob)
    message = await alice.send_text(to_bob, "nobody's business")
    me = alice._core.vault.me()
    queues = alice._core.vault.queues()
    shown = f"{me!r}{queues!r}{message.row!r}{SECRET!r}{alice._core.profile!r}{caplog.text}"
    secrets = [me.account_secret, me.device_secret, *(secret for row in queues for secret in (row.read, row.manage))]
    for secret in secrets:
        assert secret.hex() not in shown
        assert repr(secret)[2:-1] not in shown
    assert "nobody's business" not in repr(message.row)
