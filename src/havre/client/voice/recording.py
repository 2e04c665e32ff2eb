"""Voice notes: a recording as Ogg with Opus, how long it is, and its waveform, worked out from the sound itself.

Only one's own recordings are decoded; what others send is played by whatever plays it, from its waveform and length.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from havre.client.errors import FileGone, HavreError
from havre.client.sentences import said
from havre.client.voice.ogg import NoOpus, ogg_file
from havre.client.voice.webm import MAGIC, opus_packets
from havre.content import Voice
from havre.content.kinds import WAVEFORM_BARS

LONGEST: Final = 3600
"""Seconds of a voice note."""
OPUS_RATES: Final = (8000, 12000, 16000, 24000, 48000)
"""Samples a second that Opus takes as they are."""


_LARGEST: Final = 256 << 20
"""Bytes of a recording in WebM, which is taken apart in memory: an hour at more than any browser's rate."""


def prepare_note(path: Path, folder: Path) -> tuple[Path, Voice]:
    """Return a recording as Ogg with Opus, written into `folder` unless it is that already, and what is said of it.

    Ogg and WebM with Opus keep the sound as it was encoded. Raises FileGone, or HavreError when it is no recording.
    """
    try:
        if _begins(path) == MAGIC:
            path = _rewritten(path, folder / f"{path.stem}.ogg")
        with _opened(path) as sound:
            if not 0 < sound.frames <= LONGEST * sound.samplerate:
                raise HavreError(
                    said("RecordingLength", f"{path.name} is empty, or longer than an hour: too long for a voice note.")
                )
            is_opus = (sound.format, sound.subtype) == ("OGG", "OPUS")
            voice = Voice(sound.frames * 1000 // sound.samplerate, _waveform(sound))
        return (path if is_opus else _encoded(path, folder / f"{path.stem}.ogg")), voice
    except (NoOpus, soundfile.LibsndfileError):
        raise HavreError(
            said("NoRecording", f"{path.name} is no recording; a voice note is Ogg or WebM with Opus, or WAV or FLAC.")
        ) from None


def _begins(path: Path) -> bytes:
    if not path.is_file():
        raise FileGone(str(path), "there is no such file")
    with path.open("rb") as file:
        return file.read(len(MAGIC))


def _rewritten(path: Path, target: Path) -> Path:
    """Put the packets of a WebM recording into an Ogg file as they are."""
    if path.stat().st_size > _LARGEST:
        raise HavreError(said("RecordingLength", f"{path.name} is too long for a voice note."))
    target.write_bytes(ogg_file(*opus_packets(path.read_bytes())))
    return target


def _encoded(path: Path, target: Path) -> Path:
    """Write a recording as Ogg with Opus, one channel."""
    with _opened(path) as sound:
        rate = sound.samplerate if sound.samplerate in OPUS_RATES else max(OPUS_RATES)
        with soundfile.SoundFile(target, "w", rate, 1, "OPUS", format="OGG") as written:
            for block in sound.blocks(sound.samplerate, dtype="float32", always_2d=True):
                written.write(_resampled(block.mean(axis=1), sound.samplerate, rate))
    return target


def _opened(path: Path) -> soundfile.SoundFile:
    return soundfile.SoundFile(path)


def _waveform(sound: soundfile.SoundFile) -> bytes:
    """Return how loud each part of the sound is (root of the mean square), the loudest being 255."""
    size = -(-sound.frames // WAVEFORM_BARS)
    levels = [float(np.sqrt(np.mean(np.square(block)))) for block in sound.blocks(size, dtype="float32")]
    loudest = max(levels, default=0.0)
    return bytes(round(level / loudest * 255) if loudest else 0 for level in levels[:WAVEFORM_BARS])


def _resampled(samples: np.ndarray, before: int, after: int) -> np.ndarray:
    if before == after:
        return samples
    places = np.arange(len(samples) * after // before) * (before / after)
    between: np.ndarray = np.interp(places, np.arange(len(samples)), samples).astype(np.float32)
    return between
