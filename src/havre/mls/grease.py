"""GREASE: values that mean nothing, so that everybody stays used to what they do not know (RFC 9420 §13.5)."""

from __future__ import annotations

from havre.mls import registries as iana
from havre.mls.crypto.suite import CipherSuite
from havre.mls.extensions import Extension
from havre.mls.tree.nodes import Capabilities

__all__ = ["grease_extensions", "grease_value"]


def grease_value(suite: CipherSuite) -> int:
    """Choose one of the values that the registries keep free."""
    return iana.GREASE[suite.random(1)[0] % len(iana.GREASE)]


def grease_extensions(suite: CipherSuite, capabilities: Capabilities) -> list[Extension]:
    """Make an extension of random data for each GREASE type that capabilities list."""
    listed = [kind for kind in capabilities.extensions if kind in iana.GREASE]
    return [Extension(kind, suite.random(suite.random(1)[0] % 16)) for kind in listed]
