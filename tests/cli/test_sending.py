"""What becomes of a message is said as it is: a command that could not send ends with an error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.client.relays import running_relay
from tests.client.test_api import CHEAP, SECRET, introduce

from havre.cli.screen import CannotGoOn
from havre.cli.sending import report
from havre.client.api import Havre, MessageState

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


async def test_who_was_not_reached_is_said_and_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with (
        running_relay(tmp_path / "relay") as relay,
        Havre.sign_up(tmp_path / "Alice", SECRET, relay.url, "Alice", cost=CHEAP) as alice,
        Havre.sign_up(tmp_path / "Bob", SECRET, relay.url, "Bob", cost=CHEAP) as bob,
    ):
        to_bob, _ = await introduce(alice, bob)
        sent = await alice.send_text(to_bob, "good morning")
        await report(alice, sent, as_json=False)
        assert "good morning ✓" in capsys.readouterr().out
        vault = alice._core.vault
        with vault.transaction():
            vault.put_message(replace(alice.current(sent).row, state=MessageState.FAILED))
        with pytest.raises(CannotGoOn, match="could not be sent"):
            await report(alice, sent, as_json=False)
        assert "good morning" in capsys.readouterr().out
