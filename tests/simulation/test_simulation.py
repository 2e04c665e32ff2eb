"""A few stories in every run of the tests, many in `make simulate`.

What broken seeds have found so far has tests of its own, since a seed tells another story once the actions change:
a key package that was uploaded twice (tests/client/engine/test_key_packages.py) and a message that came so late that
nobody had its keys any more (tests/client/engine/test_commits.py).
"""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from tests.simulation.chaos import Story, tell_story
from tests.simulation.world import World


@pytest.mark.parametrize("first", range(0, 40, 5))
def test_stories(first: int, tmp_path: Path) -> None:
    said = 0
    for seed in range(first, first + 5):
        folder = tmp_path / str(seed)
        folder.mkdir()
        said += sum(tell_story(seed, folder).accepted.values())
    assert said > 100, "hardly anybody said anything, so hardly anything was shown"


@pytest.mark.long
@pytest.mark.parametrize("first", range(1000, 1300, 50))
def test_more_stories(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + 50):
        folder = tmp_path / str(seed)
        folder.mkdir()
        tell_story(seed, folder)


def test_same_seed_same_story() -> None:
    stories = [Story(World(7), 300) for _ in range(2)]
    for story in stories:
        story.run()
    first, second = ([one.shown(two) for one, two in permutations(story.people, 2)] for story in stories)
    assert first == second
