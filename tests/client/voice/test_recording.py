"""Recordings become voice notes, whichever program made them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from havre.client.errors import HavreError
from havre.client.voice.ogg import NoOpus, ogg_file, samples
from havre.client.voice.recording import prepare_note
from havre.client.voice.webm import opus_packets

BROWSERS: Final = Path(__file__).with_name("chromium.webm")
"""What MediaRecorder made of one and a half seconds of Chromium's own test sound."""


def test_a_browsers_recording_becomes_ogg_without_being_encoded_again(tmp_path: Path) -> None:
    note, voice = prepare_note(BROWSERS, tmp_path)
    assert (note, voice.milliseconds, len(voice.waveform)) == (tmp_path / "chromium.ogg", 1500, 64)
    assert max(voice.waveform) == 255
    assert min(voice.waveform) < 100
    with soundfile.SoundFile(note) as sound:
        assert (sound.format, sound.subtype, sound.frames) == ("OGG", "OPUS", 72_000)
        assert abs(sound.read()).max() > 0.5
    _, packets = opus_packets(BROWSERS.read_bytes())
    assert all(packet in note.read_bytes() for packet in packets)


def test_a_recording_that_was_cut_off_is_as_long_as_what_is_there(tmp_path: Path) -> None:
    cut = tmp_path / "cut.webm"
    cut.write_bytes(BROWSERS.read_bytes()[:-200])
    assert 900 < prepare_note(cut, tmp_path)[1].milliseconds < 1500


def test_long_recordings_fill_many_pages(tmp_path: Path) -> None:
    head, packets = opus_packets(BROWSERS.read_bytes())
    (tmp_path / "long.ogg").write_bytes(ogg_file(head, packets * 100))
    assert prepare_note(tmp_path / "long.ogg", tmp_path)[1].milliseconds == 150_000


def test_packets_say_how_long_they_are() -> None:
    assert [samples(bytes([config << 3])) for config in (0, 3, 11, 12, 13, 16, 31)] == [
        480, 2880, 2880, 480, 960, 120, 960,
    ]  # fmt: skip
    assert samples(bytes([1])) == samples(bytes([2])) == 960
    assert samples(bytes([31 << 3 | 3, 6])) == 5760
    for absurd in (b"", bytes([3]), bytes([3, 0]), bytes([3 << 3 | 3, 3])):
        with pytest.raises(NoOpus):
            samples(absurd)


@given(st.binary(max_size=200))
def test_what_is_no_recording_is_refused(data: bytes) -> None:
    with suppress(NoOpus):
        ogg_file(*opus_packets(b"\x1a\x45\xdf\xa3\x80" + data))


def test_what_is_no_recording_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.webm").write_bytes(BROWSERS.read_bytes()[:40])
    with pytest.raises(HavreError, match="no recording"):
        prepare_note(tmp_path / "a.webm", tmp_path)
