"""Where the official vector files are, and how their cases become tests."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from havre import mls

WHERE = (
    "the official MLS vectors are not here; they are the folder test-vectors/ of the MLS working group's "
    "repository mls-implementations: put it beside the checkout as shared/mls-vectors, or name it by "
    "HAVRE_MLS_VECTORS"
)
Case = dict[str, Any]


def folder() -> Path:
    """Give the folder with the vector files."""
    named = os.environ.get("HAVRE_MLS_VECTORS")
    return Path(named) if named else Path(__file__).parents[4] / "shared" / "mls-vectors"


@lru_cache(maxsize=1)
def load(name: str) -> list[Case]:
    """Read one vector file; nothing, if the files are not here and nobody insists on them."""
    path = folder() / f"{name}.json"
    if not path.exists():
        return []
    cases: list[Case] = json.loads(path.read_text(encoding="utf-8"))
    return cases


def cases(name: str) -> pytest.MarkDecorator:
    """Parametrize a test over the cases of a file: each is a number, for `case` to look up."""
    loaded = load(name)
    if not loaded:
        missing = pytest.mark.skip(WHERE) if os.environ.get("CI") != "true" else ()
        return pytest.mark.parametrize("case", [pytest.param(None, marks=missing, id=f"{name}-missing")])
    parameters = [pytest.param(case, id=_id(name, i, case), marks=_marks(case)) for i, case in enumerate(loaded)]
    return pytest.mark.parametrize("case", parameters)


def _id(name: str, number: int, case: Case) -> str:
    suite = f"-suite{case['cipher_suite']}" if "cipher_suite" in case else ""
    return f"{name}-{number}{suite}"


def _marks(case: Case) -> tuple[pytest.MarkDecorator, ...]:
    suite = case.get("cipher_suite")
    if suite is None or suite in mls.cipher_suites():
        return ()
    return (pytest.mark.skip(f"cipher suite {suite} lacks a primitive here"),)


def need(case: Case | None) -> Case:
    """Insist that the files are here."""
    assert case is not None, WHERE
    return case


def unhex(text: str) -> bytes:
    """Decode a field."""
    return bytes.fromhex(text)
