"""One browser for all tests, a stage for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.stage import Stage, chromium, find_browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is a browser test."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    if find_browser() is None and os.environ.get("HAVRE_BROWSER") != "required":
        pytest.skip("there is no Chromium on this machine; make test-browser installs one where it can")
    with chromium() as running:
        yield running


@pytest.fixture
def stage(tmp_path: Path, browser: Browser) -> Iterator[Stage]:
    """A relay, and nobody yet."""
    stage = Stage(tmp_path, browser)
    try:
        stage.start_relay()
        yield stage
        assert stage.faults() == []
    finally:
        stage.close()
