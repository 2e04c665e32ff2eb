"""The half of docs/protocol.md that is between clients says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from havre import mls
from havre.client import parts
from havre.client.engine import amendments, doors, kept_keys, mls_groups, padding, policy, seals, terms, timers, turn
from havre.client.files import chunks, layout
from havre.client.identity import names, safety
from havre.client.linking import meeting, papers
from havre.content import kinds, standing
from havre.wire.sizes import QUEUE_BYTES

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8").split("## Between clients")[1]

SAID = {
    f"suite 0x{mls_groups.SUITE:04X}",
    f"GroupContext extension 0x{terms.TERMS_EXTENSION:X}",
    f"GroupInfo extension 0x{terms.HANDOVER_EXTENSION:X}",
    f"`mp[version = {terms.VERSION}, kind, homes]` with kind `{terms.DIRECT}` or `{terms.GROUP}`",
    f"`{terms.DIRECT}` or `{terms.GROUP}`",
    f"30..{terms.LONGEST_TIMER}",
    f"`title` (text, {terms.MAX_TITLE})",
    f"{terms.MAX_PICTURE} bytes",
    f"at most {terms.MAX_BANNED}",
    f"up to {terms.MAX_NAMES} members",
    f"up to {terms.MAX_PLACES} messages",
    f"up to {turn.Tuning().guests} devices each",
    f"more than {policy.RECEIPTS_UP_TO} devices",
    f"than {turn.Tuning().prompt} devices at a time of its own",
    f"{turn.Tuning().patience_step // 1000} seconds later",
    f"at most {doors.PART} bytes of data",
    f"conversations of up to {turn.Tuning().returning} devices",
    f"as `{seals.COVER.hex(' ').upper()}`",
    f"{padding.SMALLEST} for up to {padding.SMALLEST}",
    f"They live for {mls_groups.LIFETIME // 86400} days",
    f"group id of {QUEUE_BYTES} bytes",
    f"{turn.Tuning().handed} key packages",
    f"used for {kept_keys.VALID // 86_400_000} days",
    kinds.KEY_PACKAGES,
    kinds.STATE,
    kinds.MANAGE,
    f"(ttl {meeting.LIFE})",
    f"({papers.COUNT})",
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
    kinds.PREVIEW,
    kinds.PIN,
    kinds.POLL,
    kinds.VOTE,
    kinds.CLOSE,
    kinds.LOCATION,
    kinds.CARD,
    kinds.FAREWELL,
    kinds.TYPING,
    kinds.VOICE_TYPE,
    f"`{kinds.FORWARDED}`",
    f"`{kinds.ONCE}: true`",
    f"(from {kinds.MANY_TIMES} on",
    f"at most {standing.CHANGEABLE // 3600} hours after",
    f"takes {standing.MAX_EDITS} edits",
    f"the last {amendments.MAX_ORPHANS} of a chat",
    f"at least {timers.SHORTEST_ENTRY // 86400} days",
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
