"""What may be shown in place, and how long decrypted files stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from havre.desk import files
from tests.client.pictures.test_bare import picture
from tests.client.pictures.test_thumbnail import png_claiming


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x1cftypavif", "image/avif"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"RIFF....WAVEfmt ", "audio/wav"),
        (b"\xff\xf3\x44\xc4", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"OggS", "audio/ogg"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", files.OPAQUE),
        (b"<!doctype html><script>", files.OPAQUE),
        (b"%PDF-1.7", files.OPAQUE),
        (b"", files.OPAQUE),
    ],
)
def test_the_first_bytes_decide(head: bytes, kind: str) -> None:
    assert files.shown_type(head) == kind


def test_what_an_earlier_run_left_is_deleted(tmp_path: Path) -> None:
    left = tmp_path / "shown" / "old" / "photo.png"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"secret")
    files.Cache(tmp_path / "shown")
    assert not left.exists()


def test_old_files_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CACHE_BYTES", 10)
    cache = files.Cache(tmp_path / "shown")
    for key in ("a", "b", "c"):
        path = cache.place(key) / "file"
        path.write_bytes(b"12345")
        cache.keep(key, path)
    assert cache.find("a") is None
    assert not (tmp_path / "shown" / "a").exists()
    assert cache.find("c") is not None
    cache.forget("c")
    assert not (tmp_path / "shown" / "c").exists()


def test_a_picture_that_unfolds_without_measure_is_saved_only(tmp_path: Path) -> None:
    bomb, sound = tmp_path / "bomb.png", tmp_path / "sound.png"
    bomb.write_bytes(png_claiming(40_000, 40_000))
    sound.write_bytes(picture("PNG"))
    assert files.shown_as(sound) == "image/png"
    assert files.shown_as(bomb) == files.OPAQUE
    bomb.write_bytes(png_claiming(12_000, 12_000))
    assert files.shown_as(bomb) == files.OPAQUE
    (tmp_path / "clip.webm").write_bytes(b"\x1aE\xdf\xa3")
    assert files.shown_as(tmp_path / "clip.webm") == "video/webm"
