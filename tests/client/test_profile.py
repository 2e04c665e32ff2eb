"""What people are called and look like, between two people on a real relay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from havre.client.api import AccountChanged, ChatKind, Havre, Person, PersonChanged
from havre.client.engine.wishes import Edit
from havre.client.errors import FileGone, HavreError
from havre.content.kinds import MAX_PORTRAIT
from tests.client.pictures.test_bare import TELLING, picture
from tests.client.pictures.test_thumbnail import png_claiming
from tests.client.relays import running_relay
from tests.client.test_api import CHEAP, SECRET, introduce, until

pytestmark = pytest.mark.anyio

Two = tuple[Havre, Havre, Person, Person]


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    """Alice and Bob, and each as the other sees them."""
    async with AsyncExitStack() as stack:
        relay = await stack.enter_async_context(running_relay(tmp_path / "relay"))
        alice, bob = [
            await stack.enter_async_context(Havre.sign_up(tmp_path / name, SECRET, relay.url, name, cost=CHEAP))
            for name in ("Alice", "Bob")
        ]
        yield alice, bob, *await introduce(alice, bob)


async def test_a_name_and_a_picture_are_seen_by_the_other(two: Two, tmp_path: Path) -> None:
    alice, bob, to_bob, to_alice = two
    photo = tmp_path / "me.jpg"
    photo.write_bytes(picture("JPEG"))
    mine, theirs = alice.events(), bob.events()
    await alice.profile.set_name("Alice\u202e M.\n")
    account = await alice.profile.set_picture(photo)
    assert account.name == alice.account.name == "Alice M."
    assert account.picture is not None
    assert len(account.picture) <= MAX_PORTRAIT
    assert not any(word in account.picture for word in TELLING)
    await until(lambda: bob.person(to_alice.id).picture == account.picture)
    assert bob.person("Alice M.").picture == bob.chat("Alice M.").picture == bob.picture(to_alice.id)
    assert isinstance(await anext(mine), AccountChanged)
    news = [await anext(theirs), await anext(theirs)]
    assert [one.person.name for one in news if isinstance(one, PersonChanged)] == ["Alice M.", "Alice M."]
    await bob.profile.set_name("Robert")
    await until(lambda: alice.person(to_bob.id).name == "Robert")  # what his link called him is not what he is called
    await alice.profile.set_picture(None)
    await until(lambda: bob.person(to_alice.id).picture is None)
    assert alice.picture(alice.account.account_id) is None


async def test_what_cannot_be_a_name_or_a_picture_is_refused(two: Two, tmp_path: Path) -> None:
    alice = two[0]
    with pytest.raises(HavreError, match="at least one letter"):
        await alice.profile.set_name("\u202e \u200b")
    with pytest.raises(FileGone):
        await alice.profile.set_picture(tmp_path / "none.jpg")
    words, bomb = tmp_path / "words.txt", tmp_path / "bomb.png"
    words.write_text("no picture")
    bomb.write_bytes(png_claiming(40_000, 40_000))
    for path in (words, bomb):
        with pytest.raises(HavreError, match="is no JPEG"):
            await alice.profile.set_picture(path)
    assert (alice.account.name, alice.account.picture) == ("Alice", None)


async def test_a_large_picture_of_a_group_is_made_small(two: Two, tmp_path: Path) -> None:
    alice, bob, to_bob, _ = two
    photo = tmp_path / "choir.png"
    Image.effect_noise((1200, 900), 90).convert("RGB").save(photo)
    group = await alice.groups.create("Choir", [to_bob])
    await alice.groups.set_picture(group, photo)
    await until(lambda: any(chat.picture for chat in bob.chats() if chat.kind is ChatKind.GROUP))
    shown = bob.groups.picture(bob.chat("Choir"))
    assert shown is not None
    assert shown == bob.picture(group.id)
    with Image.open(BytesIO(shown)) as opened:
        assert (opened.format, opened.width > opened.height) == ("JPEG", True)
    # What a changed client of the owner could put there is shown to nobody.
    await alice.groups._wish(group, Edit(picture=b"<svg onload='alert(1)'/>", title="Changed"))
    await until(lambda: any(chat.title == "Changed" for chat in bob.chats()))
    assert bob.groups.picture(bob.chat("Changed")) is None
