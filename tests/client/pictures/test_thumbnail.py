"""Thumbnails and blurs of one's own pictures; whatever was passed off as a picture is sent without."""

from __future__ import annotations

import re
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from havre.client.pictures import thumbnail
from havre.client.pictures.thumbnail import look_at, shrunk
from havre.content.kinds import MAX_SIDE, MAX_THUMBNAIL
from havre.content.kinds.picture import check_thumbnail, is_blurhash
from tests.client.pictures.test_bare import picture


def saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def png_claiming(width: int, height: int) -> bytes:
    """Return a tiny PNG that says it is huge."""
    header = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    chunk = b"\0\0\0\x0d" + header + zlib.crc32(header).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\0IDAT" + zlib.crc32(b"IDAT").to_bytes(4, "big")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_gets_a_thumbnail_and_a_blur(kind: str, tmp_path: Path) -> None:
    found = look_at(saved(tmp_path / "a", picture(kind)))
    assert found is not None
    assert (found.width, found.height) == (120, 80)
    assert is_blurhash(found.blurhash)
    check_thumbnail(found.thumbnail)
    with Image.open(BytesIO(found.thumbnail)) as small:
        assert (small.size, small.format, dict(small.getexif())) == ((120, 80), "JPEG", {})
    assert b"elling" not in found.thumbnail


def test_large_ones_become_small_and_stand_upright(tmp_path: Path) -> None:
    data = BytesIO()
    sideways = Image.Exif()
    sideways[0x0112] = 6
    Image.effect_noise((3000, 2000), 90).save(data, "JPEG", exif=sideways)
    found = look_at(saved(tmp_path / "a.jpg", data.getvalue()))
    assert found is not None
    assert (found.width, found.height) == (2000, 3000)
    assert 0 < len(found.thumbnail) <= MAX_THUMBNAIL
    with Image.open(BytesIO(found.thumbnail)) as small:
        assert small.height == thumbnail.SIDE > small.width
        assert max(small.size) <= MAX_SIDE


@pytest.mark.parametrize(("colour", "blur"), [("black", "L00000" + "fQ" * 11), ("red", "L.TI:j")])
def test_known_blurs(colour: str, blur: str, tmp_path: Path) -> None:
    data = BytesIO()
    Image.new("RGB", (64, 64), colour).save(data, "PNG")
    found = look_at(saved(tmp_path / "a.png", data.getvalue()))
    assert found is not None
    assert re.match(blur, found.blurhash), "4 x 3 parts, the mean colour in base 83, then the details"


def test_an_animation_shows_its_first_frame(tmp_path: Path) -> None:
    data = BytesIO()
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue")]
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:])
    found = look_at(saved(tmp_path / "a.gif", data.getvalue()))
    assert found is not None
    with Image.open(BytesIO(found.thumbnail)) as small:
        red, green, blue = small.crop((10, 10, 11, 11)).tobytes()
    assert red > 200 > 60 > max(green, blue)


def test_what_one_can_see_through_lies_on_white(tmp_path: Path) -> None:
    data = BytesIO()
    Image.new("RGBA", (30, 20), (0, 0, 0, 0)).save(data, "PNG")
    found = look_at(saved(tmp_path / "a.png", data.getvalue()))
    assert found is not None
    with Image.open(BytesIO(found.thumbnail)) as small:
        assert min(small.crop((10, 10, 11, 11)).tobytes()) >= 253


@pytest.mark.parametrize(
    "data",
    [
        png_claiming(60_000, 60_000),
        png_claiming(16_000, 15_000),
        png_claiming(2**31 - 1, 2**31 - 1),
        picture("JPEG")[:200],
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a" + bytes(20),
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"II*\0" + bytes(50),
    ],
    ids=["bomb", "a little less", "more than there is", "cut", "begun", "gif", "nothing", "svg", "tiff"],
)
def test_what_unfolds_without_measure_or_is_none_has_no_thumbnail(data: bytes, tmp_path: Path) -> None:
    assert look_at(saved(tmp_path / "a", data)) is None
    assert shrunk(data) == b""


def test_only_a_blur(tmp_path: Path) -> None:
    found = look_at(saved(tmp_path / "a", picture("PNG")), blurred=True)
    assert found is not None
    assert found.blurhash
    assert found.thumbnail == b""
