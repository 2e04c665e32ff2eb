"""Writes the schema of the app's contract for the page: `python scripts/contract.py [--check]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import havre.desk.methods  # noqa: F401  # fills the contract
from havre.desk import contract, views

SCHEMA = Path(__file__).parents[1] / "web" / "src" / "contract" / "schema.json"


def main() -> int:
    """Write the schema, or with --check say whether the one that is there is stale."""
    made = json.dumps(contract.schema(views.Event, views.Failure | views.Upload), indent=2, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv:
        SCHEMA.write_text(made, encoding="utf-8")
    elif not SCHEMA.exists() or SCHEMA.read_text(encoding="utf-8") != made:
        print("web/src/contract/schema.json is stale: run `make contract` and commit it", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
