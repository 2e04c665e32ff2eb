"""What axe-core has against a window."""

from __future__ import annotations

import json
from pathlib import Path

from tests.browser.stage import App

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def findings(app: App, screen: str = "") -> list[str]:
    """Return what axe has against the window as it is; of one that is named a picture is kept."""
    if screen:
        app.picture(screen)
    app.page.evaluate(AXE.read_text())
    found = app.page.evaluate(f"axe.run(document, {{runOnly: {json.dumps(RULES)}}}).then(result => result.violations)")
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:300]}" for one in found for node in one["nodes"]
    ]
