"""Sign-ups a second: `python -m bench.exodus [--people N] [--connections N] [--json FILE]`.

A relay process of its own on loopback, with fsync on. All requests are signed before the clock starts; then each
connection sends one full sign-up (account, name, device, last-resort key package, inbox) after the other. A sign-up
counts when its 204 has come. Stops by itself once everybody is in.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.traffic import cpu_seconds, relay_process
from havre.wire.capability import Capabilities, account_id, inbox_write
from havre.wire.directory import SignUp, Upload
from havre.wire.records import RECORD, AccountRecord, DeviceCertificate, certificate_bytes, record_bytes, request_bytes

KEY_PACKAGE_BYTES = 400


def sign_up() -> bytes:
    """Return the HTTP request of one new person."""
    key, device, device_key = Ed25519PrivateKey.generate(), os.urandom(16), os.urandom(32)
    public = key.public_key().public_bytes_raw()
    certificate = DeviceCertificate(
        public, device, device_key, 1, key.sign(certificate_bytes(public, device, device_key, 1))
    )
    record = RECORD.encode(AccountRecord(public, 1, os.urandom(16), [certificate]))
    inbox = Capabilities(os.urandom(32), inbox_write(public), os.urandom(32)).hashes()
    packages = Upload([], os.urandom(KEY_PACKAGE_BYTES))
    form = SignUp(record, key.sign(record_bytes(record)), inbox, packages, os.urandom(32))
    return request(key, account_id(public), msgspec.json.encode(form))


def request(key: Ed25519PrivateKey, account: bytes, body: bytes) -> bytes:
    """Return a signed `PUT` as it goes over the wire."""
    path, sequence = f"/v1/accounts/{account.hex()}", time.time_ns() // 1_000_000
    signature = key.sign(request_bytes("PUT", path, account, sequence, sha256(body).digest()))
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Havre-Sequence: {sequence}\r\nHavre-Signature: {b64encode(signature).decode()}\r\n\r\n"
    )
    return head.encode() + body


@dataclass
class Tally:
    """What was counted; times in seconds."""

    statuses: Counter[bytes] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)


class Applicant(asyncio.Protocol):
    """A connection that sends one sign-up after the other."""

    def __init__(self, waiting: Iterator[bytes], tally: Tally) -> None:
        self.waiting, self.tally = waiting, tally
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.answer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def go_on(self) -> None:
        one = next(self.waiting, None)
        if one is None:
            self.transport.close()
            return
        self.sent = time.perf_counter()
        self.transport.write(one)

    def data_received(self, data: bytes) -> None:
        """Take an answer; a 204 ends with its head, and any other ends the measurement of this connection."""
        self.answer += data
        if not self.answer.endswith(b"\r\n\r\n"):
            return
        self.tally.statuses[self.answer[9:12]] += 1
        self.tally.delays.append(time.perf_counter() - self.sent)
        self.answer = b""
        self.go_on()

    def connection_lost(self, error: Exception | None) -> None:
        if self.answer:
            self.tally.statuses[self.answer[9:12]] += 1
        self.over.set_result(None)


async def measure(url: str, pid: int, people: list[bytes], connections: int) -> dict[str, float]:
    """Return sign-ups a second, how long they took (ms), and what each cost the relay (us of CPU)."""
    tally, waiting, place = Tally(), iter(people), urlsplit(url)
    connect, host, port = asyncio.get_running_loop().create_connection, str(place.hostname), int(place.port or 80)
    applicants = [(await connect(lambda: Applicant(waiting, tally), host, port))[1] for _ in range(connections)]
    began, own, relay = time.perf_counter(), time.process_time(), cpu_seconds(pid)
    for applicant in applicants:
        applicant.go_on()
    await asyncio.wait([applicant.over for applicant in applicants], timeout=300)
    elapsed, cost = time.perf_counter() - began, cpu_seconds(pid) - relay
    done, delays = tally.statuses[b"204"], sorted(tally.delays) or [0.0]
    return {
        "sign_ups": done,
        "refused": tally.statuses.total() - done,
        "sign_ups_per_second": round(done / elapsed),
        "per_relay_cpu_second": round(done / cost),
        "p50_ms": round(delays[len(delays) // 2] * 1000, 1),
        "p99_ms": round(delays[len(delays) * 99 // 100] * 1000, 1),
        "relay_cpu_us_each": round(cost / max(done, 1) * 1e6, 1),
        "relay_busy": round(cost / elapsed, 2),
        "load_program_busy": round((time.process_time() - own) / elapsed, 2),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    people = [sign_up() for _ in range(options.people)]
    with tempfile.TemporaryDirectory() as folder:
        relay, url = relay_process(Path(folder) / "relay", cores[0] if len(cores) > 1 else None)
        try:
            if len(cores) > 1:
                os.sched_setaffinity(0, set(cores[1:]))
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                result = runner.run(measure(url, relay.pid, people, options.connections))
        finally:
            relay.send_signal(signal.SIGTERM)
            relay.wait(timeout=20)
    print("\n".join(f"{key:24} {value:>10}" for key, value in result.items()))
    if options.json:
        options.json.write_bytes(msgspec.json.encode(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
