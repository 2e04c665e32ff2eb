"""Every error is one sentence, ends a command with its own code, and stands in the table."""

from __future__ import annotations

import inspect
import re

import pytest

from havre.client import errors
from havre.client.errors import HavreError, KeyMismatch, NoRelay, RelayRefused
from havre.wire.refusals import Code

FAMILY = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, HavreError)]
TABLE = {name: int(code) for code, name in re.findall(r"^ +(\d+)  (\w+)", errors.__doc__ or "", re.MULTILINE)}


@pytest.mark.parametrize("kind", FAMILY, ids=lambda kind: kind.__name__)
def test_table_lists_every_error(kind: type[HavreError]) -> None:
    assert TABLE[kind.__name__] == kind.exit_code


def test_codes_are_distinct_and_leave_usage_alone() -> None:
    codes = [kind.exit_code for kind in FAMILY]
    assert len(set(codes)) == len(codes) == len(TABLE)
    assert 2 not in codes
    assert all(0 < code < 64 for code in codes)


def test_a_relay_cannot_write_on_the_terminal() -> None:
    error = RelayRefused("https://relay.example", Code.BUSY, "wait\x1b[2J\n\u202eyob\x07" + "x" * 9999, 3.2)
    assert str(error).isprintable()
    assert len(str(error)) < 500
    assert str(error).endswith("Try again in 3 s.")
    assert str(NoRelay("https://relay.example", "refused\n\x1b")).isprintable()


def test_swapped_keys_are_loud() -> None:
    assert str(KeyMismatch("x")).startswith("WARNING")
