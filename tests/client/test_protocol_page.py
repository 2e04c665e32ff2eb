"""The half of docs/protocol.md that is between clients says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from havre import mls
from havre.client import parts
from havre.client.engine import mls_groups, padding, terms, turn
from havre.client.files import chunks, layout
from havre.client.identity import names, safety
from havre.content import kinds
from havre.wire.sizes import QUEUE_BYTES

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8").split("## Between clients")[1]

SAID = {
    f"suite 0x{mls_groups.SUITE:04X}",
    f"GroupContext extension 0x{terms.TERMS_EXTENSION:X}",
    f"GroupInfo extension 0x{terms.HANDOVER_EXTENSION:X}",
    f"`mp[version = {terms.VERSION}, kind, homes]` with kind `{terms.DIRECT}`",
    f"{padding.SMALLEST} for up to {padding.SMALLEST}",
    f"They live for {mls_groups.LIFETIME // 86400} days",
    f"group id of {QUEUE_BYTES} bytes",
    f"after {turn.Tuning().refresh_messages} messages of its own",
    f"after {turn.Tuning().refresh_age // 86_400_000} days",
    f"`encAlg` 0x{parts.CHUNKED:X}",
    f"associated data `{chunks.LABEL.decode()}`",
    f"chunks of {layout.CHUNK} bytes",
    f"padded size ({layout.SMALLEST} at least",
    f"`prefix ({chunks.PREFIX} random bytes)",
    f"({chunks.KEY} random bytes)",
    f"({names.SHORTEST} to {names.LONGEST} characters",
    f"{safety._ITERATIONS - 1} times",
    safety._LABEL.decode(),
    kinds.MARKDOWN,
    kinds.PLAIN,
    kinds.RECEIPT,
    kinds.PROFILE,
    f"`{kinds.SENT_AT}`",
    f"up to {kinds.MAX_TEXT_BYTES // 1024} KiB",
}


@pytest.mark.parametrize("words", sorted(SAID))
def test_the_page_says_so(words: str) -> None:
    assert words in PAGE


def test_the_epochs_that_still_decrypt() -> None:
    assert "last four epochs" in PAGE
    assert turn.PAST_EPOCHS == 4


def test_labels_of_the_capabilities() -> None:
    group = mls_groups.MlsGroups(b"", mls.cipher_suite(mls_groups.SUITE).generate_signature_key()).found(b"g", b"t")
    made = terms.capabilities(group)
    for name, secret in (("read", made.read), ("write", made.write), ("manage", made.manage)):
        assert f"`havre {name}`" in PAGE
        assert group.inner.export(f"havre {name}", b"", 32) == secret
