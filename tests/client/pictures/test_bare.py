"""What a picture tells besides the picture does not go out with it; the picture itself stays as it was."""

from __future__ import annotations

import random
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from havre.client.pictures.bare import bared
from havre.client.pictures.orientation import orientation, orientation_only

GPS = 0x8825
TELLING = (b"Telling Camera", b"2026:01:02 03:04:05", b"telling comment")


def exif(side: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[0x010F], made[0x0132], made[0x0112] = "Telling Camera", "2026:01:02 03:04:05", side
    made.get_ifd(GPS).update({1: "N", 2: (48.0, 51.0, 24.0), 3: "E", 4: (2.0, 21.0, 3.0)})
    return made


def noise() -> Image.Image:
    return Image.frombytes("RGB", (120, 80), random.Random(5).randbytes(120 * 80 * 3))


def picture(kind: str, side: int = 1, **options: object) -> bytes:
    written = BytesIO()
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", "telling comment")
        info.add_itxt("XML:com.adobe.xmp", "telling comment")
        options = {"pnginfo": info, **options}
    elif kind == "JPEG":
        options = {"comment": b"telling comment", "xmp": b"telling comment", **options}
    else:
        options = {"xmp": b"telling comment", **options}
    noise().save(written, kind, exif=exif(side), icc_profile=b"profile" * 20, **options)
    return written.getvalue()


def pixels(data: bytes) -> bytes:
    with Image.open(BytesIO(data)) as opened:
        return opened.convert("RGB").tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_place_time_and_camera_stay_behind(kind: str) -> None:
    before = picture(kind)
    assert all(word in before for word in TELLING), "the test's own picture tells nothing"
    after = bared(before)
    assert after is not None
    assert not any(word in after for word in TELLING)
    with Image.open(BytesIO(after)) as opened:
        assert dict(opened.getexif()) == {}
        assert opened.info["icc_profile"] == b"profile" * 20, "its colours are as they were"
    assert pixels(after) == pixels(before)
    assert bared(after) == after


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("side", [3, 6, 8])
def test_which_side_is_up_is_kept(kind: str, side: int) -> None:
    after = bared(picture(kind, side))
    assert after is not None
    with Image.open(BytesIO(after)) as opened:
        assert dict(opened.getexif()) == {0x0112: side}
    assert b"Telling" not in after


def test_progressive_ones_with_restarts_stay_whole() -> None:
    before = picture("JPEG", progressive=True, restart_marker_blocks=2)
    after = bared(before)
    assert after is not None
    assert pixels(after) == pixels(before)


def test_what_hangs_on_behind_the_picture_stays_behind() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        assert b"a whole film" not in (bared(picture(kind) + b"a whole film") or b"")


def test_what_is_no_picture_is_not_touched() -> None:
    assert bared(b"") is None
    assert bared(b"GIF89a") is None
    assert bared(b"%PDF-1.7") is None


@given(data=st.data())
def test_broken_pictures_are_refused_not_mangled(data: st.DataObject) -> None:
    whole = bytearray(picture(data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))))
    for place in data.draw(st.lists(st.integers(2, len(whole) - 1), max_size=4)):
        whole[place] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    after = bared(cut)
    assert after is None or len(after) <= len(cut)


@given(st.binary(max_size=200))
def test_whatever_stands_in_exifs_place(data: bytes) -> None:
    assert 1 <= orientation(b"II*\0" + data) <= 8
    assert orientation(orientation_only(6)) == 6
