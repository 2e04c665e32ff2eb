"""Waiting for what is about to be so."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.relay.rig import PATIENCE


def await_that(holds: Callable[[], bool]) -> None:
    """Return once it holds; fails after some seconds."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)
