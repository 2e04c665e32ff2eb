"""People on two relays talk as if on one."""

from __future__ import annotations

import secrets
from pathlib import Path

from tests.scenarios.town import RelayProcess, Town


def test_messages_and_files_cross_relays(town: Town, tmp_path: Path) -> None:
    other = RelayProcess(tmp_path / "other-relay")
    other.start()
    try:
        town.sign_up("alice")
        town.sign_up("bob", other)
        town.befriend("alice", "bob")
        town.ask("alice", "send", "bob", "over here")
        assert town.texts("bob", "alice") == ["over here"]
        town.ask("bob", "send", "alice", "and back")
        assert town.texts("alice", "bob") == ["and back"]

        path = tmp_path / "map.bin"
        path.write_bytes(secrets.token_bytes(300_000))
        town.ask("bob", "send", "alice", "--file", str(path))
        saved = Path(town.ask("alice", "save", "bob", "--to", str(tmp_path / "in"))[0]["path"])
        assert saved.read_bytes() == path.read_bytes()
    finally:
        other.kill()
