"""The contract that the page's types are made from."""

from __future__ import annotations

import json
from pathlib import Path

from havre.desk import contract, methods, views

assert methods
SCHEMA = Path(__file__).parents[2] / "web/src/contract/schema.json"


def test_the_committed_schema_is_the_codes() -> None:
    assert json.loads(SCHEMA.read_text()) == contract.schema(views.Event, views.Failure | views.Upload)


def test_no_shape_names_a_key_a_path_or_a_secret() -> None:
    forbidden = ("secret", "path", "capabilit", "queue", "token", "row")
    definitions = contract.schema(views.Event, views.Failure | views.Upload)["$defs"]
    named = {(title, name) for title, shape in definitions.items() for name in shape.get("properties", {})}
    found = {(title, name) for title, name in named if any(word in name.lower() for word in forbidden)}
    assert found == {("RestoreParams", "secret")}, "only what a person types in to open a backup"


def test_every_method_says_what_it_does() -> None:
    assert [name for name, method in contract.METHODS.items() if not method.handler.__doc__] == []
