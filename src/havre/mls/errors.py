"""What can go wrong, as four families below one root.

    MlsError
    ├── CodecError        bytes that are not a well-formed message (RFC 9420 §2.1)
    ├── ValidationError   a well-formed message that breaks a rule; `rule` says which
    ├── CryptoError       a signature, a ciphertext or a key that the primitives refuse
    └── StateError        the caller's misuse, or state that is gone: unknown epoch, used key

No other exception leaves the package because of what a peer sent.
"""

from __future__ import annotations

from havre.mls.rules import Rule

__all__ = ["CodecError", "CryptoError", "MlsError", "StateError", "ValidationError"]


class MlsError(Exception):
    """Everything this package raises on purpose."""


class CodecError(MlsError):
    """The bytes are not the encoding of what was expected, or not its only encoding."""


class ValidationError(MlsError):
    """A message breaks a rule of RFC 9420; `rule` is the rule's id."""

    def __init__(self, rule: Rule, detail: str = "") -> None:
        super().__init__(f"{rule.value}: {detail}" if detail else rule.value)
        self.rule = rule


class CryptoError(MlsError):
    """A primitive refused its input: a wrong key, a changed ciphertext, an invalid point."""


class StateError(MlsError):
    """The state does not allow it: an unknown epoch, a used generation, a group that was left."""
