"""The primitives: what is composed agrees with the library and the drafts; bad input is one error."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from havre import mls
from havre.mls.crypto import native
from havre.mls.crypto.native import NativeProvider

PROVIDERS = [native.provider(number) for number in mls.cipher_suites()]
each_provider = pytest.mark.parametrize("provider", PROVIDERS, ids=[f"{number:#06x}" for number in mls.cipher_suites()])

# From the test vectors of draft-ietf-hpke-pq (KEM 0x647a): ikmR, skRm, and SHA-256 of pkRm.
XWING_DERIVATIONS = [
    (
        "b86e76a59fabfc87b30cd7b1f7aaa28a834eb64e7a261c197b9a842893fbce56",
        "3ec47fa82dd5689d27c6190e724c74ec8f608df3331ce331929e37b829676630",
        "ad8aaf3f00d8a39bfeec2947a7d5dde68be08bba19bd301a348a45dc5fcc8341",
    ),
    (
        "9b3988687f65935430cf740cc30c36cd480d3dbd24867815addad49ea0dc050d",
        "8f908710ee25a3aa6fd3ed80eb5bf102963547bf4fe36d86f772432ac383e6e9",
        "404a519065c5818eaf431ba78a961e2c59919cc8b2bce92c6b76e438dcc345bd",
    ),
]


@pytest.mark.parametrize(("material", "private", "public_hash"), XWING_DERIVATIONS)
def test_xwing_keys_are_derived_as_the_draft_says(material: str, private: str, public_hash: str) -> None:
    provider = native.provider(mls.MLKEM768X25519_AES128GCM_SHA256_ED25519)
    pair = provider.derive_encryption_key(bytes.fromhex(material))
    assert pair.private.hex() == private
    assert hashlib.sha256(pair.public).hexdigest() == public_hash
    assert provider.encryption_key(pair.private) == pair


@each_provider
def test_composed_and_library_hpke_agree(provider: NativeProvider) -> None:
    pair = provider.generate_encryption_key()
    kem_output, ciphertext = provider._composed.seal(pair.public, b"info", b"plaintext")
    assert provider.hpke_open(pair.private, b"info", kem_output, ciphertext) == b"plaintext"
    kem_output, ciphertext = provider.hpke_seal(pair.public, b"info", b"plaintext")
    assert provider._composed.open(pair.private, b"info", kem_output, ciphertext) == b"plaintext"


@each_provider
def test_both_sides_export_the_same_secret(provider: NativeProvider) -> None:
    pair = provider.derive_encryption_key(b"some material of thirty-two bytes")
    kem_output, secret = provider.hpke_export_to(pair.public, b"context", 40)
    assert provider.hpke_export_from(pair.private, kem_output, b"context", 40) == secret
    assert len(secret) == 40
    assert provider.hpke_export_from(pair.private, kem_output, b"other", 40) != secret


@each_provider
def test_what_is_no_key_is_refused(provider: NativeProvider) -> None:
    good = provider.generate_encryption_key()
    assert provider.is_encryption_key(good.public)
    assert provider.is_signature_key(provider.generate_signature_key().public)
    for bad in (b"", b"\x00", good.public[:-1], good.public + b"\x00", bytes(len(good.public))):
        assert not provider.is_encryption_key(bad)
        with pytest.raises(mls.CryptoError):
            provider.hpke_seal(bad, b"", b"")
        with pytest.raises(mls.CryptoError):
            provider.hpke_export_to(bad, b"", 32)
        assert not provider.is_signature_key(bad[:5])
        assert not provider.verify(bad, b"data", b"signature")


@each_provider
def test_what_does_not_open_is_one_error(provider: NativeProvider) -> None:
    pair = provider.generate_encryption_key()
    kem_output, ciphertext = provider.hpke_seal(pair.public, b"info", b"plaintext")
    for spoilt in (
        (pair.private, b"other info", kem_output, ciphertext),
        (pair.private, b"info", kem_output[:-1], ciphertext),
        (pair.private, b"info", kem_output, b""),
        (pair.private, b"info", bytes(len(kem_output)), ciphertext),
        (b"", b"info", kem_output, ciphertext),
    ):
        with pytest.raises(mls.CryptoError):
            provider.hpke_open(*spoilt)
    with pytest.raises(mls.CryptoError):
        provider.hpke_export_from(b"", kem_output, b"", 32)
    with pytest.raises(mls.CryptoError):
        provider.open(bytes(provider.key_length), bytes(12), b"", b"too short")
    with pytest.raises(mls.CryptoError):
        provider.sign(b"", b"data")
    with pytest.raises(mls.CryptoError):
        provider.encryption_key(b"")
    with pytest.raises(mls.CryptoError):
        provider.signature_key(b"")


def test_an_unknown_suite_is_refused() -> None:
    for number in (0, 8, 0x0A0A, 0xFFFF):
        with pytest.raises(mls.CryptoError):
            mls.cipher_suite(number)


@each_provider
@pytest.mark.parametrize("length", [1, 12, 16, 32, 48, 64, 65, 200])
def test_expansion_is_hkdfs(provider: NativeProvider, length: int) -> None:
    by_hash = {32: hashes.SHA256(), 48: hashes.SHA384(), 64: hashes.SHA512()}
    algorithm = by_hash[provider.hash_length]
    expected = HKDFExpand(algorithm, length, b"info").derive(b"k" * provider.hash_length)
    assert provider.expand(b"k" * provider.hash_length, b"info", length) == expected


def test_randomness_has_the_asked_size() -> None:
    for size in (0, 1, 31, 32, 33, 100):
        assert len(native.random(size)) == size
    assert native.random(32) != native.random(32)
