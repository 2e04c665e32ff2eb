"""Fail when a function is over 60 lines or a file over 500: what is longer hides more than one thing."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FUNCTION_LINES = 60
FILE_LINES = 500
GENERATED = "/* Generated"
KINDS = (".py", ".ts", ".svelte", ".css")


def oversized(path: Path) -> Iterator[str]:
    """Yield one sentence for the file and for each of its functions that is too long."""
    text = path.read_text(encoding="utf-8")
    if text.startswith(GENERATED):
        return
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield f"{path}: {lines} lines, at most {FILE_LINES}"
    if path.suffix != ".py":
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if size > FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {size} lines, at most {FUNCTION_LINES}"


def main() -> int:
    """Check every file under the folders named on the command line."""
    paths = [path for folder in sys.argv[1:] for path in sorted(Path(folder).rglob("*")) if path.suffix in KINDS]
    findings = [line for path in paths for line in oversized(path)]
    print("\n".join(findings) if findings else "sizes: every function and file is within its limit")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
