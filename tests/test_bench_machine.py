"""A measurement gives the server a core of its own."""

from __future__ import annotations

import os

import pytest
from bench.machine import cores
from bench.relay import on_cores


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core is shared by both")
def test_the_load_that_keeps_to_its_own_cores_leaves_the_server_the_other() -> None:
    with on_cores(cores().load):
        assert not cores().server & cores().load
