"""docs/protocol.md and the code say the same: kinds, fields, codes, labels, bounds, addresses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from havre.relay.budgets import ENTRY_WEIGHT
from havre.relay.config import RelayConfig
from havre.relay.core.limits import Limits
from havre.relay.core.line import GRACE
from havre.relay.http.call import MAX_BODY
from havre.relay.http.routes import ENDPOINTS
from havre.relay.session import MAX_WAITING
from havre.relay.store.rows import MAX_PAST
from havre.wire import directory, records, sizes
from havre.wire.refusals import STATUS
from havre.wire.stream import Command, Event

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
OURS = PAGE.split("## Between clients")[0]


def rows(pattern: str) -> list[tuple[str, ...]]:
    return [match.groups() for match in re.finditer(pattern, OURS, re.MULTILINE)]


def field_names(text: str) -> list[str]:
    """Return the names of a table cell's fields: what stands before a type, outside of nested brackets."""
    flat = re.sub(r"\[(queue|read) .*", "", text)
    parts = [re.sub(r"^\[", "", part.strip()) for part in flat.split(",")]
    return [re.split(r"[ :]", part)[0] for part in parts if part]


@pytest.mark.parametrize("kind", [*get_args(Command), *get_args(Event)], ids=lambda kind: kind.__name__)
def test_each_kind_has_its_number_and_fields(kind: Any) -> None:
    table = {name: (int(number), cell) for number, name, cell in rows(r"^\| (\d+) \| (\w+) \| (.*) \|$")}
    number, cell = table[kind.__name__]
    assert number == kind.__struct_config__.tag
    assert field_names(cell) == [field.name for field in msgspec.structs.fields(kind)]


def test_no_kind_is_there_that_is_not() -> None:
    names = {name for _, name, _ in rows(r"^\| (\d+) \| (\w+) \| (.*) \|$")}
    assert names == {kind.__name__ for kind in (*get_args(Command), *get_args(Event))}


def test_each_code_has_its_status() -> None:
    table = {code: int(status) for code, status in rows(r"^\| ([a-z-]+) \| (\d{3}) \| ")}
    assert table == {code.value: status for code, status in STATUS.items()}


def test_the_labels_are_those_that_are_signed() -> None:
    labels = [label for name, label in vars(records).items() if name.endswith("_LABEL")]
    assert len(labels) == 6
    assert all(f"`{label.decode()}`" in OURS for label in labels)


def test_the_headers_are_those_that_are_read() -> None:
    headers = [header for name, header in vars(directory).items() if name.endswith("_HEADER")]
    assert len(headers) == 7
    assert all(f"`{header}`" in OURS for header in headers)


def test_every_address_is_there() -> None:
    for endpoint in ENDPOINTS:
        assert re.search(rf"^\|.*`{endpoint.method}\b.*{re.escape(endpoint.path)}", OURS, re.MULTILINE), endpoint


@pytest.mark.parametrize(
    "sentence",
    [
        "and is one MessagePack **array**",
        f"A WebSocket (RFC 6455, version 13) at `{sizes.STREAM_PATH}`",
        f"Up to {MAX_WAITING} commands may be unanswered",
        f"1..{sizes.MAX_SUBSCRIPTIONS} of `bin {sizes.QUEUE_BYTES}`",
        f"[limit 1..{sizes.MAX_READ} = {sizes.MAX_READ}]",
        f"`ttl` is in seconds and at most {sizes.MAX_TTL}",
        f"the last {MAX_PAST} rotations",
        f"1 to {sizes.MAX_DEVICES}\ncertificates",
        f"at most {sizes.MAX_KEY_PACKAGES}, each of at most 16384 bytes",
        f"More than {sizes.MAX_KEY_PACKAGES} one-time packages",
        f"{Limits().frame_bytes // 2**20} MiB and {Limits().entry_bytes // 2**10} KiB unless",
        f"a body over {MAX_BODY // 2**20} MiB",
        f"`salt` ({sizes.BLOB_BYTES} bytes)",
        f"many bytes a second, each entry counting {ENTRY_WEIGHT} more",
        f"account has given away {RelayConfig().account_takes} one-time key packages in an hour",
        f"holds {Limits().queue_entries} entries and {Limits().queue_bytes // 2**30} GiB unless",
        f"It is good for {GRACE / 60:.0f} minutes after",
        f"is full ({RelayConfig().line_places} places unless",
        f"has not brought a whole request after {RelayConfig().request_seconds:.0f} seconds",
    ],
)
def test_each_figure_is_the_codes(sentence: str) -> None:
    assert sentence in OURS


def test_the_page_says_which_version_it_is() -> None:
    assert PAGE.startswith(f"# The protocol, version {sizes.VERSION}\n")
