"""Which algorithms make up each cipher suite (RFC 9420 §17.1, draft-ietf-mls-pq-ciphersuites)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from havre.mls import registries as iana

__all__ = ["SUITES", "Algorithms"]

# TLS signature schemes (RFC 8446 §4.2.3)
ED25519: Final = 0x0807
ED448: Final = 0x0808
ECDSA_P256: Final = 0x0403
ECDSA_P384: Final = 0x0503
ECDSA_P521: Final = 0x0603


@dataclass(frozen=True, slots=True)
class Algorithms:
    """HPKE's numbers for KEM, KDF and AEAD (RFC 9180 §7), and the number of the signature scheme.

    The suite's hash is the KDF's.
    """

    kem: int
    kdf: int
    aead: int
    signature: int


SUITES: Final[dict[int, Algorithms]] = {
    iana.X25519_AES128GCM_SHA256_ED25519: Algorithms(0x0020, 1, 1, ED25519),
    iana.P256_AES128GCM_SHA256_P256: Algorithms(0x0010, 1, 1, ECDSA_P256),
    iana.X25519_CHACHA20POLY1305_SHA256_ED25519: Algorithms(0x0020, 1, 3, ED25519),
    iana.X448_AES256GCM_SHA512_ED448: Algorithms(0x0021, 3, 2, ED448),
    iana.P521_AES256GCM_SHA512_P521: Algorithms(0x0012, 3, 2, ECDSA_P521),
    iana.X448_CHACHA20POLY1305_SHA512_ED448: Algorithms(0x0021, 3, 3, ED448),
    iana.P384_AES256GCM_SHA384_P384: Algorithms(0x0011, 2, 2, ECDSA_P384),
    iana.MLKEM768X25519_AES128GCM_SHA256_ED25519: Algorithms(0x647A, 1, 1, ED25519),
}
