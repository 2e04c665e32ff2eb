"""Transcript hashes: the running hash over a group's Commits (RFC 9420 §8.2)."""

from __future__ import annotations

from havre.mls.codec import vector
from havre.mls.crypto.suite import CipherSuite

__all__ = ["confirmed_transcript_hash", "interim_transcript_hash"]


def confirmed_transcript_hash(
    suite: CipherSuite, interim: bytes, wire_format: int, content: bytes, signature: bytes
) -> bytes:
    """Take a Commit in, up to its signature; `content` is its encoded FramedContent."""
    return suite.hash(interim + wire_format.to_bytes(2, "big") + content + vector(signature))


def interim_transcript_hash(suite: CipherSuite, confirmed: bytes, confirmation_tag: bytes) -> bytes:
    """Take the Commit's confirmation tag in as well."""
    return suite.hash(confirmed + vector(confirmation_tag))
