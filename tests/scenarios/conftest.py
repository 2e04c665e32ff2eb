from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.town import Town, a_town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A relay that runs, and nobody in it yet."""
    with a_town(tmp_path) as found:
        yield found


@pytest.fixture
def friends(town: Town) -> Town:
    """A relay, and Alice and Bob who have each other's link."""
    town.sign_up("alice")
    town.sign_up("bob")
    town.befriend("alice", "bob")
    return town
