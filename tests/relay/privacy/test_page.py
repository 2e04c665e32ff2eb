"""docs/privacy.md is what the relay does: made of the schema, which is all there is, and each claim has its test."""

from __future__ import annotations

import ast
from pathlib import Path

import msgspec
import pytest

from havre.relay.privacy.claims import CLAIMS
from havre.relay.privacy.page import render_page
from havre.relay.store import layout, rows
from havre.relay.store.schema import BY_LETTER, TABLES
from havre.wire.stream import Entry

ROOT = Path(__file__).parents[3]


def test_the_page_is_current() -> None:
    assert (ROOT / "docs/privacy.md").read_text() == render_page(), "run `make privacy`"


def test_every_table_is_described_and_every_description_is_a_tables() -> None:
    letters = {value for name, value in vars(layout).items() if name.isupper() and isinstance(value, bytes)}
    assert letters == set(BY_LETTER)
    assert len(BY_LETTER) == len(TABLES)


def test_every_field_of_every_row_is_described() -> None:
    described = {table.row: [field.name for field in table.value] for table in TABLES if table.row is not None}
    for row, names in described.items():
        assert names == [field.name for field in msgspec.structs.fields(row)], row
    stored = {kind for kind in vars(rows).values() if isinstance(kind, type) and issubclass(kind, rows.Row)}
    parts = {
        rows.Row,
        rows.Head,
        rows.Tombstone,
        rows.Generation,
        rows.Stretch,
    }
    assert stored - parts | {Entry} == set(described)


def claims_of_tests() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                found |= {claim for one in node.decorator_list if (claim := claim_of(one))}
    return found


def claim_of(decorator: ast.expr) -> str | None:
    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.claim":
        return str(ast.literal_eval(decorator.args[0]))
    return None


def test_each_claim_has_a_test_and_each_marked_test_a_claim() -> None:
    assert claims_of_tests() == set(CLAIMS)


@pytest.mark.claim("no-link")
def test_no_table_names_an_account_and_a_queue_but_for_its_own_inbox() -> None:
    for table in TABLES:
        names = {field.name for field in (*table.key, *table.value)}
        about_people = names & {"account", "device", "signer", "devices"}
        about_queues = names & {"queue", "inbox", "first", "entries"}
        assert not (about_people and about_queues) or table.letter in (layout.ACCOUNT, layout.STOCK), table.title
