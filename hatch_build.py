"""Has hatch build the app's page into the wheel."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageHook(BuildHookInterface):  # type: ignore[type-arg]  # generic only in hatchling's own stubs
    """Builds `web/` before a wheel is packed; an editable install gets its page from `make page`."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page."""
        if version != "editable":
            runpy.run_path(str(Path(self.root) / "scripts" / "build_page.py"))["build"]()
