"""A process that sends or receives one file, and prints its progress, its rate and its peak memory as JSON lines."""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from os import urandom
from pathlib import Path

import uvloop

from havre.client.files.descriptor import FileDescriptor
from havre.client.files.download import Download
from havre.client.files.plan import PLAN, UploadPlan
from havre.client.files.upload import Upload, plan_upload
from havre.client.identity.address import RelayAddress
from havre.client.parts import external_part, file_descriptor
from havre.client.transport.network import InternetNetwork
from havre.content.model import ExternalPart
from havre.mls import cipher_suite
from havre.wire.frames import Frame

AEAD = cipher_suite(1).provider
PART: Frame[ExternalPart] = Frame(ExternalPart)


class Progress:
    """Prints; remembers where the transfer began; dawdles if asked to."""

    def __init__(self, slowly: bool) -> None:
        self.slowly = slowly
        self.first: int | None = None

    def __call__(self, done: int, total: int) -> None:
        self.first = done if self.first is None else self.first
        print(json.dumps({"progress": [done, total]}), flush=True)
        if self.slowly:
            time.sleep(0.03)


def planned(path: Path, stored: Path) -> UploadPlan:
    """Return the plan that an earlier process has stored, or a new one."""
    if not stored.exists():
        stored.write_bytes(PLAN.encode(uvloop.run(plan_upload(path, urandom))))
    return PLAN.decode(stored.read_bytes())


async def send(relay: RelayAddress, plan: UploadPlan, progress: Progress) -> FileDescriptor:
    """Send a file."""
    network = InternetNetwork(random.random)
    descriptor = await Upload(plan, relay, network.blobs(relay), AEAD, random.random, progress=progress).run()
    await network.close()
    return descriptor


async def receive(relay: RelayAddress, descriptor: FileDescriptor, folder: Path, progress: Progress) -> Path:
    """Receive a file."""
    network = InternetNetwork(random.random)
    path = await Download(descriptor, folder, network.blobs(relay), AEAD, random.random, progress=progress).run()
    await network.close()
    return path


def peak_memory() -> int:
    """Return the most bytes of RAM that this program has held.

    Linux hands `ru_maxrss` on from the process that started this one, so the program's own figure is read instead.
    """
    own = Path("/proc/self/status")
    if own.exists():
        return next(int(line.split()[1]) * 1024 for line in own.read_text().splitlines() if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Run `send RELAY FILE STATE` or `receive RELAY STATE FOLDER`; what the message would say is kept in STATE."""
    what, relay, first, second, *slowly = sys.argv[1:]
    progress, began, path = Progress(bool(slowly)), time.monotonic(), ""
    address = RelayAddress.parse(relay)
    if what == "send":
        plan = planned(Path(first), Path(second).with_suffix(".plan"))
        descriptor = uvloop.run(send(address, plan, progress))
        Path(second).write_bytes(PART.encode(external_part(descriptor, 0)))
    else:
        descriptor = file_descriptor(PART.decode(Path(first).read_bytes()))
        path = str(uvloop.run(receive(address, descriptor, Path(second), progress)))
    report = {
        "peak": peak_memory(),
        "seconds": round(time.monotonic() - began, 2),
        "first": progress.first,
        "path": path,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
