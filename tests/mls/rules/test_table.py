"""Each rule has one check, one test, and one line in the package's README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from havre import mls

PACKAGE = Path(mls.__file__).parent
TESTS = Path(__file__).parent


@pytest.mark.parametrize("rule", mls.Rule, ids=lambda rule: rule.value)
def test_rule(rule: mls.Rule) -> None:
    checks = [
        path.name
        for path in PACKAGE.rglob("*.py")
        for _ in re.finditer(rf"\bRule\.{rule.name}\b", path.read_text(encoding="utf-8"))
    ]
    assert len(checks) == 1, f"{rule.value} is checked in {checks}"
    test = f"def test_{rule.value.replace('-', '_')}("
    assert any(test in path.read_text(encoding="utf-8") for path in TESTS.glob("test_*.py"))
    assert f"| `{rule.value}` |" in (PACKAGE / "README.md").read_text(encoding="utf-8")
