"""Writes docs/privacy.md from the relay's schema; with --check, fails when the file is another."""

from __future__ import annotations

import sys
from pathlib import Path

from havre.relay.privacy.page import render_page

PAGE = Path(__file__).parent.parent / "docs" / "privacy.md"


def main(arguments: list[str]) -> int:
    """Write or check the page; returns the exit code."""
    text = render_page()
    if "--check" not in arguments:
        PAGE.write_text(text)
        return 0
    if PAGE.exists() and PAGE.read_text() == text:
        return 0
    print(f"{PAGE.name} is not what the schema says; run `make privacy`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
