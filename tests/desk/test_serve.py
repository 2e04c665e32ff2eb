"""A port is one app's from the moment at which it has it."""

from __future__ import annotations

import pytest

from havre.desk.serve import PortTaken, listen


def test_two_apps_that_start_at_once_do_not_get_one_port() -> None:
    with listen(0) as first, pytest.raises(PortTaken):
        listen(first.getsockname()[1])
