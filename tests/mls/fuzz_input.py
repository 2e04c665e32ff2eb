"""What the fuzzer does with some bytes.

Whatever is not one of our errors is a find, and so is a message that decodes but encodes to other
bytes.
"""

from __future__ import annotations

from contextlib import suppress

from havre import mls
from havre.mls.framing.message import decode_message, encode_message
from tests.mls.test_fuzz import scene, try_everything


def check_roundtrip(data: bytes) -> None:
    """Decode and encode again."""
    with suppress(mls.CodecError):
        assert encode_message(decode_message(data)) == data


def one_input(data: bytes) -> None:
    """Try some bytes as everything, and as the rest of each message the scene has."""
    check_roundtrip(data)
    try_everything(data)
    if data:
        messages = sorted(scene()[1].values())
        message = messages[data[0] % len(messages)]
        at = int.from_bytes(data[1:3], "big") % len(message)
        changed = message[:at] + data[3:] + message[at + len(data[3:]) :]
        check_roundtrip(changed)
        if changed != message:
            try_everything(changed)
