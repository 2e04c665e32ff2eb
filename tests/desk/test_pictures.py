"""Pictures of people as the page gets them: by an address that changes with the picture, and as nothing but a JPEG."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.requests import Request

from havre.client.api import Passphrase
from havre.client.errors import HavreError
from havre.desk import transfers, views
from havre.desk.desk import Desk
from havre.desk.methods.account import profile, set_name, set_picture
from tests.client.pictures.test_bare import picture
from tests.client.relays import running_relay

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_relay(tmp_path / "relay") as relay:
        desk = Desk(tmp_path / "profile", relay.url)
        await desk.sign_up(Passphrase("correct horse"), relay.url, "Alice", None)
        yield desk
        await desk.close()


def asked(owner: str) -> Request:
    return Request({"type": "http", "path_params": {"owner": owner, "picture": "any"}, "headers": []})


async def test_a_picture_is_brought_made_small_and_fetched(desk: Desk) -> None:
    window = desk.listeners.join()
    before = await set_name(desk, "Alice M.")
    assert (before.name, before.picture) == ("Alice M.", None)
    assert transfers.picture(desk, asked(before.id)).status_code == 404
    parcel, path = desk.parcels.place("upload")
    path.write_bytes(picture("PNG"))
    after = await set_picture(desk, parcel)
    assert after.picture is not None
    assert after.picture.startswith(f"/pictures/{after.id}/")
    answer = transfers.picture(desk, asked(after.id))
    assert (answer.status_code, answer.media_type) == (200, "image/jpeg")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert await profile(desk) == views.OpenProfile(after)
    told = [await window.get() for _ in range(3)]
    assert [one for one in told if isinstance(one, views.ProfileChanged)][-1].profile == views.OpenProfile(after)
    with pytest.raises(HavreError, match="choose it again"):
        await set_picture(desk, parcel)
    assert (await set_picture(desk, None)).picture is None
