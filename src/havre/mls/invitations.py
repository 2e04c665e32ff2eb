"""Welcomes from outside: what is in one before its tree is at hand, and what of one is for whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from havre.mls.crypto.suite import cipher_suite
from havre.mls.errors import CodecError
from havre.mls.framing.message import decode_message, encode_message
from havre.mls.group_info import GroupInfo, Welcome
from havre.mls.key_package import KeyPackage, key_package_ref
from havre.mls.key_package_bundle import KeyPackageBundle
from havre.mls.schedule.psk import psk_secret
from havre.mls.welcome import open_group_info, open_group_secrets

__all__ = ["open_welcome", "welcome_for"]


def open_welcome(welcome: bytes, bundle: KeyPackageBundle) -> GroupInfo:
    """Decrypt the GroupInfo of a Welcome that names no pre-shared keys; who signed it is still to be checked.

    Raises any `MlsError`.
    """
    message, suite = _decoded(welcome), cipher_suite(bundle.key_package.cipher_suite)
    secrets = open_group_secrets(suite, message, bundle)
    if secrets.psks:
        raise CodecError("a Welcome with pre-shared keys")
    return open_group_info(suite, message, secrets, psk_secret(suite, []))


def welcome_for(welcome: bytes, packages: Collection[KeyPackage]) -> bytes:
    """Return the Welcome with nobody's secrets but those for these key packages; raises any `MlsError`."""
    message, wanted = _decoded(welcome), {key_package_ref(package) for package in packages}
    secrets = tuple(one for one in message.secrets if one.new_member in wanted)
    return encode_message(replace(message, secrets=secrets))


def _decoded(welcome: bytes) -> Welcome:
    message = decode_message(welcome)
    if not isinstance(message, Welcome):
        raise CodecError("not a Welcome")
    return message
