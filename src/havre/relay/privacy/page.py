"""docs/privacy.md, made of the schema and the claims; `make check` fails when the file is another."""

from __future__ import annotations

from typing import Final

from havre.relay.privacy.claims import CLAIMS
from havre.relay.store.schema import TABLES, Table

_HEAD: Final = """\
# What a relay holds

This page is made from the relay's own schema (`make privacy`), and a check fails when it is not current. It is about
the relay of this version; what a watched relay could infer beyond it stands in [threat-model.md](threat-model.md).

## What is promised

Each of these is held by tests that carry its id.

"""
_STORE: Final = """
## What is on the disk

### In the store

Every kind of row that there is. "The operator" is whoever can read the relay's disk. Ids, sizes and times are in clear;
bodies are ciphertext.

"""
_BESIDE: Final = """\
### Beside the store

| file | what it is |
|---|---|
| `blobs/` | the bytes of encrypted files, each under its random id |
| `config/` | the configurations that were confirmed, the last 20 of them |
| `relay.toml` | the configuration, if the operator keeps it here |
| `port`, `admin.sock` | where the relay listens; the operator's own socket |
| `store/LOG*` | RocksDB's log of its own work |
| `store/MANIFEST*` | its list of tables, with the first and last key of each (ids, no bodies), also of former ones |

## What is in memory only

- For each connection: its socket, a bucket of what it may append, and the queues that it follows.
- For each peer (an IPv4 address or an IPv6 /64): how much of its budgets it has used, under a hash whose key lives an
  hour.
- New accounts that wait in line, while the relay has too much to do.

## What is in the log

What the relay did and what failed, with times, counts and reasons. Exceptions are noted by kind and place, without
their words.
"""


def render_page() -> str:
    """Return the text of docs/privacy.md."""
    claims = "".join(f"- `{name}`: {sentence}\n" for name, sentence in CLAIMS.items())
    return _HEAD + claims + _STORE + "\n".join(_section(table) for table in TABLES) + "\n" + _BESIDE


def _section(table: Table) -> str:
    rows = [("key", field) for field in table.key] + [("value", field) for field in table.value]
    fields = "".join(f"| {place} | `{field.name}` | {field.what} |\n" for place, field in rows)
    return (
        f"#### {table.title}\n\n"
        f"What: {table.what}.\\\nWhy: {table.why}.\\\nHow long: {table.kept}.\\\nWho can read it: {table.readers}.\n\n"
        f"| where | field | what it is |\n|---|---|---|\n{fields}"
    )
