"""What the import rules cannot see: the sans-IO parts use no builtin that reads, writes or runs anything."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent / "src/havre"
PURE = ("mls", "content", "wire", "relay/core", "client/engine")
"""As in pyproject.toml: `Sans-IO parts have no clock, randomness, network or database`."""
BANNED = frozenset({"open", "print", "input", "exec", "eval", "compile", "breakpoint", "__import__"})


def builtins_used(source: str) -> set[str]:
    """Return the banned builtins that a module uses, which is not the same as a method or a field of such a name."""
    names = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
    return {node.id for node in names if isinstance(node.ctx, ast.Load)} & BANNED


@pytest.mark.parametrize("part", PURE)
def test_nothing_is_read_or_written(part: str) -> None:
    modules = sorted((HOUSE / part).rglob("*.py"))
    assert modules
    found = {str(path.relative_to(HOUSE)): builtins_used(path.read_text()) for path in modules}
    assert {path: used for path, used in found.items() if used} == {}


def test_it_would_be_noticed() -> None:
    assert builtins_used("def read(path):\n    return open(path).read()") == {"open"}
    assert builtins_used("group.open(entry)") == set()
