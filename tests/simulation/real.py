"""Newcomers with real keys, real certificates and real MLS."""

from __future__ import annotations

from random import Random

from havre import mls
from havre.client.engine.groups import Groups
from havre.client.engine.mls_groups import SUITE, MlsGroups
from havre.client.identity.account import AccountKey, certify_device, credential_identity, sign_record
from havre.client.vault.rows import Me
from havre.wire.records import SIGNED_RECORD


def real_newcomer(random: Random, name: str, relay: str) -> tuple[Me, Groups]:
    """Return somebody who could sign up at a real relay."""
    suite = mls.cipher_suite(SUITE)
    account, signer = AccountKey.of(suite.generate_signature_key()), suite.generate_signature_key()
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
