"""Processes that start at once: one has imported all that a relay or a bystander consists of, and forks for each.

What runs is what `python -m havre.relay` or `python -m tests.relay.bystander` runs, in a process of its own. Only the
imports, which take most of a second, are done once; `tests/relay/test_process.py` starts a relay without this, too.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Final, NoReturn

REQUEST: Final = 1024 * 1024
"""Bytes of the longest request: arguments and environment."""
RELAY: Final = "havre.relay"
BYSTANDER: Final = "tests.relay.bystander"
READY: Final = -1
"""In the place of 0, 1 or 2: the descriptor on which a relay says that it is ready."""
Request = tuple[str, list[str], dict[str, str], list[int]]
Mains = dict[str, Callable[[list[str]], int]]


class Child:
    """A process that was forked for us, with as much of `subprocess.Popen` as tests use."""

    def __init__(self, keeper: socket.socket) -> None:
        self._keeper = keeper
        self.pid = int(keeper.recv(100))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None: it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(timeout=0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once there is one; raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._keeper.settimeout(timeout)
            try:
                self.returncode = int(self._keeper.recv(100))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired("a child", timeout or 0) from None
            self._keeper.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a crash would."""
        self.send_signal(signal.SIGKILL)


def bear(
    module: str,
    arguments: list[str],
    environment: dict[str, str],
    descriptors: dict[int, int],
    ready: int | None = None,
) -> Child:
    """Start RELAY or BYSTANDER; `descriptors`: which of ours is its 0, 1 or 2. A relay says on `ready` that it is."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        passed = descriptors | ({} if ready is None else {READY: ready})
        request = json.dumps([module, arguments, environment, list(passed)]).encode()
        socket.send_fds(_nursery(), [request], [theirs.fileno(), *passed.values()])
    return Child(ours)


@cache
def _nursery() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, REQUEST)
    with theirs:
        command = [sys.executable, "-m", __name__, str(theirs.fileno())]
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    atexit.register(process.wait)
    atexit.register(ours.close)  # comes first; the nursery ends by it
    return ours


# --- the other process ----------------------------------------------------------------------------------------


def main(requests: socket.socket) -> None:
    """Serve until nobody asks any more."""
    from havre.relay.__main__ import main as relay
    from tests.relay.bystander import main as bystander

    mains: Mains = {RELAY: relay, BYSTANDER: bystander}
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for keepers
    while True:
        request, descriptors, _, _ = socket.recv_fds(requests, REQUEST, 4)
        if not request:
            return
        if os.fork() == 0:
            requests.close()
            asker, *passed = descriptors
            _keep(socket.socket(fileno=asker), mains, json.loads(request), passed)
        for descriptor in descriptors:
            os.close(descriptor)


def _keep(asker: socket.socket, mains: Mains, request: Request, passed: list[int]) -> NoReturn:
    """Fork, and tell who asked for it when the child has ended, and how."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        asker.close()
        _become(mains, request, passed)
    for descriptor in passed:
        os.close(descriptor)
    asker.send(str(pid).encode())
    _, status = os.waitpid(pid, 0)
    with suppress(OSError):
        asker.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(mains: Mains, request: Request, passed: list[int]) -> NoReturn:
    code = 1
    try:
        module, arguments, environment, places = request
        os.environ.clear()
        os.environ.update(environment)
        for place, descriptor in zip(places, passed, strict=True):
            if place == READY:
                arguments.append(f"--ready-fd={descriptor}")
            else:
                os.dup2(descriptor, place)
                os.close(descriptor)
        code = mains[module](arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
