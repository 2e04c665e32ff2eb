"""What a message says of a picture: nothing of it can make a receiver's decoder unfold something huge."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from havre import content
from havre.content.errors import ContentError
from havre.content.kinds import MAX_PORTRAIT, MAX_SIDE, MAX_THUMBNAIL, PICTURE, is_portrait
from havre.content.kinds.picture import check_thumbnail, is_blurhash, jpeg_size
from havre.content.model import Content, ExternalPart, MultiPart, SinglePart

SALT = bytes(16)
BLUR = "LEHV6nWB2yk8pyo0adR*.7kCMdnj"
PART = ExternalPart(
    "image/png", "https://relay.example/v1/blobs/" + "00" * 16, 0, 5, 1, bytes(32), bytes(7), b"", 1, bytes(32)
)


def jpeg(width: int = 40, height: int = 30, **options: object) -> bytes:
    written = BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, "JPEG", **options)
    return written.getvalue()


def claiming(width: int, height: int) -> bytes:
    """Return a small JPEG whose header says that it is of another size."""
    data = jpeg()
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[at + 4 :]


def through_the_wire(message: Content) -> Content:
    return content.decode(content.encode(message))


def with_raw(thumbnail: bytes, said: object) -> Content:
    """Return what a hostile sender could make, whom nothing checks."""
    sound = content.file(SALT, PART, 0, picture=content.Picture(40, 30, BLUR, jpeg()))
    assert isinstance(sound.part, MultiPart)
    beside = sound.part.parts[1]
    assert isinstance(beside, SinglePart)
    parts = (sound.part.parts[0], replace(beside, content=thumbnail))
    return replace(sound, part=replace(sound.part, parts=parts), extensions={**sound.extensions, PICTURE: said})


@pytest.mark.parametrize("thumbnail", [b"", jpeg(), jpeg(MAX_SIDE, 1), jpeg(progressive=True)])
def test_a_picture_comes_as_it_was_sent(thumbnail: bytes) -> None:
    picture = content.Picture(4000, 3000, BLUR, thumbnail)
    sent = through_the_wire(content.file(SALT, PART, 7, picture=picture))
    assert content.read(sent) == content.File(PART, picture=picture)
    assert content.sent_at(sent) == 7


@pytest.mark.parametrize(
    "thumbnail",
    [
        claiming(65_500, 65_500),
        claiming(40, MAX_SIDE + 1),
        claiming(0, 30),
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"PK\x03\x04" + bytes(100),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        jpeg()[:20],
        jpeg() + bytes(MAX_THUMBNAIL),
        jpeg()[:2] + b"\xff\xc0\0\x11" + bytes(15) + jpeg()[2:],
    ],
    ids=["bomb", "tall", "flat", "png", "zip", "svg", "cut", "long", "two headers"],
)
def test_a_thumbnail_that_nobody_should_decode_is_left_out(thumbnail: bytes) -> None:
    found = content.read(through_the_wire(with_raw(thumbnail, [40, 30, BLUR])))
    assert found == content.File(PART, picture=content.Picture(40, 30, BLUR, b"")), "the file is there all the same"
    with pytest.raises(ContentError):
        content.file(SALT, PART, 0, picture=content.Picture(1, 1, "", thumbnail))


@pytest.mark.parametrize(
    "said", [None, 7, [], [40, 30], [0, 30, BLUR], [40, -1, BLUR], [40, 1 << 30, BLUR], [40, True, BLUR], [40, 30, 5]]
)
def test_sizes_without_sense_make_it_a_file_like_others(said: object) -> None:
    assert content.read(through_the_wire(with_raw(jpeg(), said))) == content.File(PART)


@pytest.mark.parametrize("blur", ["", "x", BLUR[:-1], BLUR + "0", "\x00" * 28, "é" * 28, "~" * 4 + BLUR[4:]])
def test_a_blur_that_is_none_is_left_out(blur: str) -> None:
    found = content.read(through_the_wire(with_raw(jpeg(), [40, 30, blur])))
    assert found == content.File(PART, picture=content.Picture(40, 30, "", jpeg()))


def test_known_blurs() -> None:
    assert is_blurhash(BLUR)
    assert is_blurhash("00OZZy")
    assert not is_blurhash("00OZZyy")


@given(st.binary(max_size=400))
def test_whatever_stands_in_a_jpegs_place_is_refused_or_small(rest: bytes) -> None:
    data = b"\xff\xd8" + rest
    try:
        check_thumbnail(data)
    except ContentError:
        return
    assert max(jpeg_size(data)) <= MAX_SIDE


@pytest.mark.parametrize("portrait", [b"", jpeg(), jpeg(MAX_SIDE, 1)])
def test_a_profile_comes_as_it_was_sent(portrait: bytes) -> None:
    sent = through_the_wire(content.profile(SALT, "Zoé", portrait, 7))
    assert content.read(sent) == content.Profile("Zoé", portrait, 7)
    assert is_portrait(portrait) == bool(portrait)


@pytest.mark.parametrize(
    "portrait",
    [
        b"\x89PNG\r\n\x1a\n",
        b"<svg onload='alert(1)'/>",
        claiming(MAX_SIDE + 1, 1),
        claiming(60_000, 60_000),
        jpeg() + bytes(MAX_PORTRAIT),
    ],
)
def test_a_hostile_portrait_is_refused_with_its_profile(portrait: bytes) -> None:
    with pytest.raises(ContentError):
        content.read(through_the_wire(content.profile(SALT, "Mallory", portrait, 7)))
    assert not is_portrait(portrait)
