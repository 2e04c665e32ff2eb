"""Newcomers with real keys, real certificates and real MLS."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from havre import mls
from havre.client.engine.groups import Groups
from havre.client.engine.mls_groups import SUITE, MlsGroups
from havre.client.identity.account import AccountKey, certify_device, credential_identity, sign_record
from havre.client.vault.rows import Me
from havre.wire.records import RECORD, SIGNED_RECORD


def _seeded_key(suite: mls.CipherSuite) -> mls.SignatureKeyPair:
    """Make a signature key of the suite's randomness, which a story has of its seed: by who they are, people are put
    in order, so that keys of the library's making would tell another story each time.
    """
    pair = suite.provider.signature_key(suite.random(32))
    return mls.SignatureKeyPair(pair.private, pair.public)


def real_newcomer(random: Random, name: str, relay: str) -> tuple[Me, Groups]:
    """Return somebody who could sign up at a real relay."""
    suite = mls.cipher_suite(SUITE)
    account, signer = AccountKey.of(_seeded_key(suite)), _seeded_key(suite)
    device = random.randbytes(16)
    certificate = certify_device(suite.provider, account, device, signer.public, issued=1_700_000_000)
    inbox = random.randbytes(16)
    record = sign_record(suite.provider, account, 1, inbox, [certificate])
    identity = credential_identity(certificate)
    me = Me(
        account=account.id, account_key=account.public, device=device, certificate=identity, relay=relay,
        inbox=inbox, name=name, sequence=1, record=SIGNED_RECORD.encode(record), account_secret=account.private,
        device_secret=signer.private,
    )  # fmt: skip
    return me, MlsGroups(identity, signer)


def real_another(random: Random, me: Me) -> tuple[Me, Groups]:
    """Return a further device of an account."""
    suite = mls.cipher_suite(SUITE)
    account = AccountKey(me.account_key, me.account_secret)
    signer, device = _seeded_key(suite), random.randbytes(16)
    certificate = certify_device(suite.provider, account, device, signer.public, issued=1_700_000_000)
    known = RECORD.decode(SIGNED_RECORD.decode(me.record).record)
    record = sign_record(suite.provider, account, known.sequence + 1, me.inbox, [*known.devices, certificate])
    identity = credential_identity(certificate)
    further = replace(
        me, device=device, certificate=identity, sequence=known.sequence + 1, record=SIGNED_RECORD.encode(record),
        device_secret=signer.private,
    )  # fmt: skip
    return further, MlsGroups(identity, signer)


def real_without(me: Me, device: bytes) -> bytes:
    """Return the account's next record, in which a device is not named any more."""
    suite = mls.cipher_suite(SUITE)
    account = AccountKey(me.account_key, me.account_secret)
    known = RECORD.decode(SIGNED_RECORD.decode(me.record).record)
    left = [one for one in known.devices if one.device != device]
    return SIGNED_RECORD.encode(sign_record(suite.provider, account, known.sequence + 1, me.inbox, left))
