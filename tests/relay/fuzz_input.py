"""What the fuzzer does with some bytes: everything that a relay decodes, and the rules of the queue on top.

Whatever is not a typed refusal is a find, and so is a frame that decodes but encodes to something that decodes
differently, an answer too many or too few, or a change by what was refused.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from havre.relay.core.ledger import RefusalError
from havre.relay.http import ranges
from havre.relay.http.call import decoded
from havre.relay.signatures import prove
from havre.wire.directory import Named, NewBlob, Publish, SignUp, Upload
from havre.wire.frames import WireError
from havre.wire.records import CERTIFICATE, RECORD, SIGNED_RECORD
from havre.wire.stream import COMMAND, EVENT, Append, Command, Commit, Create, Read, Refused, Subscribe, Subscription
from tests.relay.core.table import Table
from tests.relay.model import MemoryStore
from tests.relay.rig import Queue

BODIES = (SignUp, Publish, Named, Upload, NewBlob)
FRAMES = (COMMAND, EVENT, RECORD, CERTIFICATE, SIGNED_RECORD)
QUEUE = Queue()


def examples() -> list[bytes]:
    """Commands to begin from."""
    queue, secrets = QUEUE.id, QUEUE.secrets
    return [
        COMMAND.encode(command)
        for command in (
            Create(1, queue, QUEUE.hashes, 0),
            Append(2, queue, secrets.write, bytes(16), b"body", 5),
            Commit(3, queue, secrets.write, bytes(16), 0, b"body"),
            Read(4, queue, secrets.read, 0),
            Subscribe(5, [Subscription(queue, secrets.read, 0)]),
        )
    ]


EXAMPLES = examples()


def one_input(data: bytes) -> None:
    """Try some bytes as everything, and as a change of each command."""
    for frame in FRAMES:
        check_frame(frame, data)
    for kind in BODIES:
        with suppress(RefusalError):
            decoded(data, kind)
    check_head(data)
    with suppress(RefusalError):
        prove(data[:32], data[32:], data[-64:])
    if data:
        example = EXAMPLES[data[0] % len(EXAMPLES)]
        at = int.from_bytes(data[1:3], "big") % len(example)
        check_frame(COMMAND, example[:at] + data[3:] + example[at + len(data[3:]) :])


def check_frame(frame: Any, data: bytes) -> None:
    """Decode, encode, decode again; a command is carried out, too."""
    try:
        value = frame.decode(data)
    except WireError:
        return
    encoded = frame.encode(value)
    assert frame.encode(frame.decode(encoded)) == encoded
    if isinstance(value, Command):
        check_command(value)


def check_command(command: Command) -> None:
    """Exactly one answer comes; what is refused changes nothing."""
    table = Table(MemoryStore())
    table.answer(Create(0, QUEUE.id, QUEUE.hashes, 0))
    before = repr(vars(table.store))
    if isinstance(table.answer(command), Refused):
        assert repr(vars(table.store)) == before


def check_head(data: bytes) -> None:
    """Parse a Range header, whatever it says; what comes out lies within the file."""
    part = ranges.parse(data.decode("latin-1"), 1000)
    if isinstance(part, ranges.Part):
        assert 0 <= part.start < part.start + part.length <= 1000
