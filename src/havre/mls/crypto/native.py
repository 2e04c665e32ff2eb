"""The primitives from the `cryptography` package, which nothing else in `havre.mls` imports.

Each class is one algorithm; `provider` puts a suite together. Every exception of the library
becomes `CryptoError` here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache, lru_cache, wraps
from typing import Any, Final, ParamSpec, TypeVar

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, hpke, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mlkem, x448, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from havre.mls.crypto import sodium
from havre.mls.crypto.algorithms import ECDSA_P256, ECDSA_P384, ECDSA_P521, ED448, ED25519, SUITES
from havre.mls.crypto.hpke import Aead, BaseMode, DhKem, Expand, Group, Kdf, Kem, nist_private_key
from havre.mls.crypto.provider import KeyPair
from havre.mls.errors import CryptoError

__all__ = ["provider"]

REFUSALS: Final = (ValueError, TypeError, OverflowError, InvalidTag, InvalidSignature, UnsupportedAlgorithm)
_POINT: Final = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


P = ParamSpec("P")
R = TypeVar("R")


def _refusing(message: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Turn what the library raises for bad input into `CryptoError`."""

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except REFUSALS as error:
                raise CryptoError(message) from error

        return call

    return wrap


def random(size: int) -> bytes:
    """Give fresh bytes of the operating system's generator, by way of the library's key generation."""
    blocks = [ChaCha20Poly1305.generate_key() for _ in range(-(-size // 32))]
    return b"".join(blocks)[:size]


# --- Hashes ------------------------------------------------------------------------------------


def _kdf(id: int, algorithm: hashes.HashAlgorithm) -> Kdf:
    def extract(salt: bytes, material: bytes) -> bytes:
        return HKDF.extract(algorithm, salt, material)

    def expand(key: bytes, info: bytes, length: int) -> bytes:
        if length > size:
            return HKDFExpand(algorithm, length, info).derive(key)
        # Output of one block is one HMAC (RFC 5869 §2.3); MLS hardly ever wants more, and wants it often.
        block = HMAC(key, algorithm)
        block.update(info + b"\x01")
        output = block.finalize()
        return output if length == size else output[:length]

    size = algorithm.digest_size
    return Kdf(id, size, extract, expand)


# --- Signatures --------------------------------------------------------------------------------


class _EdDsa:
    """Ed25519 or Ed448 (RFC 8032)."""

    def __init__(self, private: Any, public: Any) -> None:
        self._private = private
        self._load = lru_cache(maxsize=16)(private.from_private_bytes)
        self.load_public = lru_cache(maxsize=4096)(public.from_public_bytes)

    def generate(self) -> KeyPair:
        key = self._private.generate()
        return KeyPair(key.private_bytes_raw(), key.public_key().public_bytes_raw())

    def complete(self, private: bytes) -> KeyPair:
        return KeyPair(private, self._load(private).public_key().public_bytes_raw())

    def sign(self, private: bytes, data: bytes) -> bytes:
        signature: bytes = self._load(private).sign(data)
        return signature

    def verify(self, public: bytes, data: bytes, signature: bytes) -> None:
        self.load_public(public).verify(signature, data)


class _Ed25519(_EdDsa):
    """Ed25519, checked by libsodium."""

    def verify(self, public: bytes, data: bytes, signature: bytes) -> None:
        sodium.verify(public, data, signature)


class _EcDsa:
    """ECDSA over a NIST curve, DER-encoded; keys are uncompressed points (RFC 9420 §5.1.1, §5.1.2)."""

    def __init__(self, curve: ec.EllipticCurve, algorithm: hashes.HashAlgorithm) -> None:
        self._curve = curve
        self._scheme = ec.ECDSA(algorithm)
        self._size = (curve.key_size + 7) // 8
        self._load = lru_cache(maxsize=16)(self._load_private)
        self.load_public = lru_cache(maxsize=1024)(self._load_public)

    def _load_private(self, private: bytes) -> ec.EllipticCurvePrivateKey:
        return _scalar(self._curve, self._size, private)

    def _load_public(self, public: bytes) -> ec.EllipticCurvePublicKey:
        return _point(self._curve, self._size, public)

    def generate(self) -> KeyPair:
        return _ec_pair(ec.generate_private_key(self._curve), self._size)

    def complete(self, private: bytes) -> KeyPair:
        return _ec_pair(self._load(private), self._size)

    def sign(self, private: bytes, data: bytes) -> bytes:
        return self._load(private).sign(data, self._scheme)

    def verify(self, public: bytes, data: bytes, signature: bytes) -> None:
        self.load_public(public).verify(signature, data, self._scheme)


def _point(curve: ec.EllipticCurve, size: int, public: bytes) -> ec.EllipticCurvePublicKey:
    if len(public) != 2 * size + 1:
        raise CryptoError("a public key that is not an uncompressed point")
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, public)


def _scalar(curve: ec.EllipticCurve, size: int, private: bytes) -> ec.EllipticCurvePrivateKey:
    # The official vectors have integers without their leading zeros here and there.
    if not 0 < len(private) <= size:
        raise CryptoError("a private key of the wrong size")
    return ec.derive_private_key(int.from_bytes(private, "big"), curve)


def _ec_pair(key: ec.EllipticCurvePrivateKey, size: int) -> KeyPair:
    private = key.private_numbers().private_value.to_bytes(size, "big")
    return KeyPair(private, key.public_key().public_bytes(*_POINT))


# --- Key agreement -----------------------------------------------------------------------------


class _Montgomery:
    """X25519 or X448 (RFC 7748). `weak` are the public keys for which no exchange has a result."""

    def __init__(self, private: Any, public: Any, size: int, weak: frozenset[bytes]) -> None:
        self._private = private
        self._public = public
        self._size = size
        self._weak = weak

    def generate(self) -> KeyPair:
        key = self._private.generate()
        return KeyPair(key.private_bytes_raw(), key.public_key().public_bytes_raw())

    def complete(self, private: bytes) -> KeyPair:
        return KeyPair(private, self.load_private(private).public_key().public_bytes_raw())

    def exchange(self, private: bytes, public: bytes) -> bytes:
        shared: bytes = self.load_private(private).exchange(self.load_public(public))
        return shared

    def accepts(self, public: bytes) -> bool:
        if len(public) != self._size:
            return False
        # X25519 ignores the top bit of a public key (RFC 7748 §5); X448 has none to spare.
        plain = public[:-1] + bytes([public[-1] & 0x7F]) if self._size == 32 else public
        return plain not in self._weak

    def private_from(self, expand: Expand) -> bytes:
        return expand(b"sk", b"", self._size)

    def load_private(self, private: bytes) -> Any:
        return self._private.from_private_bytes(private)

    def load_public(self, public: bytes) -> Any:
        return self._public.from_public_bytes(public)


class _Nist:
    """ECDH over a NIST curve."""

    def __init__(self, curve: ec.EllipticCurve) -> None:
        self._curve = curve
        self._size = (curve.key_size + 7) // 8
        self.load_public = lru_cache(maxsize=1024)(self._load_public)

    def _load_public(self, public: bytes) -> ec.EllipticCurvePublicKey:
        return _point(self._curve, self._size, public)

    def generate(self) -> KeyPair:
        return _ec_pair(ec.generate_private_key(self._curve), self._size)

    def complete(self, private: bytes) -> KeyPair:
        return _ec_pair(self.load_private(private), self._size)

    def exchange(self, private: bytes, public: bytes) -> bytes:
        return self.load_private(private).exchange(ec.ECDH(), self.load_public(public))

    def accepts(self, public: bytes) -> bool:
        try:
            self.load_public(public)
        except (*REFUSALS, CryptoError):
            return False
        return True

    def private_from(self, expand: Expand) -> bytes:
        mask = 0x01 if self._curve.key_size == 521 else 0xFF
        return nist_private_key(expand, self._curve.group_order, self._size, mask)

    def load_private(self, private: bytes) -> ec.EllipticCurvePrivateKey:
        return _scalar(self._curve, self._size, private)


def _little_endian(size: int, *values: int) -> frozenset[bytes]:
    return frozenset(value.to_bytes(size, "little") for value in values)


# The u-coordinates of small order, with their second encodings: an exchange with them is all zeros.
_P25519: Final = 2**255 - 19
_ORDER8: Final = (
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
)
_WEAK_X25519: Final = _little_endian(32, 0, 1, _P25519 - 1, _P25519, _P25519 + 1, *_ORDER8)
_P448: Final = 2**448 - 2**224 - 1
_WEAK_X448: Final = _little_endian(56, 0, 1, _P448 - 1, _P448, _P448 + 1)
_X25519: Final = _Montgomery(x25519.X25519PrivateKey, x25519.X25519PublicKey, 32, _WEAK_X25519)
_X448: Final = _Montgomery(x448.X448PrivateKey, x448.X448PublicKey, 56, _WEAK_X448)


class _XWing:
    """MLKEM768-X25519, also called X-Wing (draft-ietf-hpke-pq §4, draft-connolly-cfrg-xwing-kem).

    A private key is a seed of 32 bytes, a public key the ML-KEM-768 key followed by the X25519 key.
    """

    id = 0x647A
    _SPLIT: Final = 1184
    _CIPHERTEXT: Final = 1088
    _LABEL: Final = b"\\.//^\\"

    def generate(self) -> KeyPair:
        return self.complete(random(32))

    def derive(self, material: bytes) -> KeyPair:
        # SHAKE256.LabeledDerive of draft-ietf-hpke-hpke §4, not the plain SHAKE256 of the X-Wing draft.
        label = b"DeriveKeyPair"
        suite = b"KEM" + self.id.to_bytes(2, "big")
        labeled = material + b"HPKE-v1" + suite + len(label).to_bytes(2, "big") + label + (32).to_bytes(2, "big")
        return self.complete(hashlib.shake_256(labeled).digest(32))

    def complete(self, private: bytes) -> KeyPair:
        pq, classical = self._expand(private)
        return KeyPair(private, pq.public_key().public_bytes_raw() + classical.public_key().public_bytes_raw())

    def accepts(self, public: bytes) -> bool:
        if not _X25519.accepts(public[self._SPLIT :]):
            return False
        try:
            mlkem.MLKEM768PublicKey.from_public_bytes(public[: self._SPLIT])
        except REFUSALS:
            return False
        return True

    def encapsulate(self, public: bytes) -> tuple[bytes, bytes]:
        pq, classical = public[: self._SPLIT], public[self._SPLIT :]
        pq_secret, pq_output = mlkem.MLKEM768PublicKey.from_public_bytes(pq).encapsulate()
        ephemeral = _X25519.generate()
        secret = _X25519.exchange(ephemeral.private, classical)
        return pq_output + ephemeral.public, self._combine(pq_secret, secret, ephemeral.public, classical)

    def decapsulate(self, private: bytes, kem_output: bytes) -> bytes:
        pq, classical = self._expand(private)
        ephemeral = kem_output[self._CIPHERTEXT :]
        pq_secret = pq.decapsulate(kem_output[: self._CIPHERTEXT])
        secret = classical.exchange(_X25519.load_public(ephemeral))
        return self._combine(pq_secret, secret, ephemeral, classical.public_key().public_bytes_raw())

    def load_private(self, private: bytes) -> hpke.MLKEM768X25519PrivateKey:
        return hpke.MLKEM768X25519PrivateKey(*self._expand(private))

    def load_public(self, public: bytes) -> hpke.MLKEM768X25519PublicKey:
        pq = mlkem.MLKEM768PublicKey.from_public_bytes(public[: self._SPLIT])
        return hpke.MLKEM768X25519PublicKey(pq, _X25519.load_public(public[self._SPLIT :]))

    def _expand(self, seed: bytes) -> tuple[mlkem.MLKEM768PrivateKey, x25519.X25519PrivateKey]:
        if len(seed) != 32:
            raise CryptoError("a private key of the wrong size")
        expanded = hashlib.shake_256(seed).digest(96)
        return mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), _X25519.load_private(expanded[64:])

    def _combine(self, pq_secret: bytes, secret: bytes, ephemeral: bytes, public: bytes) -> bytes:
        return hashlib.sha3_256(pq_secret + secret + ephemeral + public + self._LABEL).digest()


# --- HPKE --------------------------------------------------------------------------------------


class _LibraryMode:
    """HPKE's base mode by the library's own implementation, which is one call and the faster one."""

    def __init__(self, keys: Any, kem: hpke.KEM, kdf: hpke.KDF, aead: hpke.AEAD) -> None:
        self._keys = keys
        self._suite = hpke.Suite(kem, kdf, aead)
        self._split = kem.enc_length()

    def seal(self, public: bytes, info: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
        sealed = self._suite.encrypt(plaintext, self._keys.load_public(public), info)
        return sealed[: self._split], sealed[self._split :]

    def open(self, private: bytes, info: bytes, kem_output: bytes, ciphertext: bytes) -> bytes:
        if len(kem_output) != self._split:
            raise CryptoError("a KEM output of the wrong size")
        return self._suite.decrypt(kem_output + ciphertext, self._keys.load_private(private), info)


# --- A suite -----------------------------------------------------------------------------------


class NativeProvider:
    """One cipher suite's primitives; see `havre.mls.crypto.provider.Provider`."""

    def __init__(
        self,
        kem: Kem,
        kdf: Kdf,
        aead: Aead,
        digest: Callable[[bytes], Any],
        algorithm: hashes.HashAlgorithm,
        signatures: _EdDsa | _EcDsa,
        mode: _LibraryMode | None,
    ) -> None:
        self.hash_length = kdf.size
        self.key_length = aead.key_length
        self.nonce_length = aead.nonce_length
        self.random = random
        self.extract = kdf.extract
        self.expand = kdf.expand
        self._cipher = AESGCM if aead.id < 3 else ChaCha20Poly1305
        self._kem = kem
        self._digest = digest
        self._algorithm = algorithm
        self._signatures = signatures
        self._composed = BaseMode(kem, kdf, aead)
        self._mode = mode or self._composed

    def hash(self, data: bytes) -> bytes:
        digest: bytes = self._digest(data).digest()
        return digest

    def mac(self, key: bytes, data: bytes) -> bytes:
        mac = HMAC(key, self._algorithm)
        mac.update(data)
        return mac.finalize()

    def seal(self, key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
        return self._cipher(key).encrypt(nonce, plaintext, aad)

    def open(self, key: bytes, nonce: bytes, aad: bytes, ciphertext: bytes) -> bytes:
        try:
            return self._cipher(key).decrypt(nonce, ciphertext, aad)
        except REFUSALS as error:
            raise CryptoError("the ciphertext does not open with this key") from error

    def generate_signature_key(self) -> KeyPair:
        return self._signatures.generate()

    @_refusing("not a private signature key of this suite")
    def signature_key(self, private: bytes) -> KeyPair:
        return self._signatures.complete(private)

    @_refusing("not a private signature key of this suite")
    def sign(self, private: bytes, data: bytes) -> bytes:
        return self._signatures.sign(private, data)

    def verify(self, public: bytes, data: bytes, signature: bytes) -> bool:
        try:
            self._signatures.verify(public, data, signature)
        except (*REFUSALS, CryptoError):
            return False
        return True

    def is_signature_key(self, public: bytes) -> bool:
        try:
            self._signatures.load_public(public)
        except (*REFUSALS, CryptoError):
            return False
        return True

    def generate_encryption_key(self) -> KeyPair:
        return self._kem.generate()

    def derive_encryption_key(self, material: bytes) -> KeyPair:
        return self._kem.derive(material)

    @_refusing("not a private HPKE key of this suite")
    def encryption_key(self, private: bytes) -> KeyPair:
        return self._kem.complete(private)

    def is_encryption_key(self, public: bytes) -> bool:
        return self._kem.accepts(public)

    @_refusing("one cannot encrypt to this public key")
    def hpke_seal(self, public: bytes, info: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
        return self._mode.seal(public, info, plaintext)

    @_refusing("the ciphertext does not open with this private key")
    def hpke_open(self, private: bytes, info: bytes, kem_output: bytes, ciphertext: bytes) -> bytes:
        return self._mode.open(private, info, kem_output, ciphertext)

    @_refusing("one cannot encapsulate to this public key")
    def hpke_export_to(self, public: bytes, context: bytes, length: int) -> tuple[bytes, bytes]:
        return self._composed.export_to(public, context, length)

    @_refusing("the KEM's output does not open with this private key")
    def hpke_export_from(self, private: bytes, kem_output: bytes, context: bytes, length: int) -> bytes:
        return self._composed.export_from(private, kem_output, context, length)


_AEADS: Final[dict[int, tuple[int, Any, hpke.AEAD]]] = {
    1: (16, AESGCM, hpke.AEAD.AES_128_GCM),
    2: (32, AESGCM, hpke.AEAD.AES_256_GCM),
    3: (32, ChaCha20Poly1305, hpke.AEAD.CHACHA20_POLY1305),
}
_HASHES: Final[dict[int, tuple[Any, hashes.HashAlgorithm, hpke.KDF]]] = {
    1: (hashlib.sha256, hashes.SHA256(), hpke.KDF.HKDF_SHA256),
    2: (hashlib.sha384, hashes.SHA384(), hpke.KDF.HKDF_SHA384),
    3: (hashlib.sha512, hashes.SHA512(), hpke.KDF.HKDF_SHA512),
}
# The library's HPKE knows all of these KEMs but X448's.
_KEMS: Final[dict[int, tuple[Group | _XWing, hpke.KEM | None]]] = {
    0x0010: (_Nist(ec.SECP256R1()), hpke.KEM.P256),
    0x0011: (_Nist(ec.SECP384R1()), hpke.KEM.P384),
    0x0012: (_Nist(ec.SECP521R1()), hpke.KEM.P521),
    0x0020: (_X25519, hpke.KEM.X25519),
    0x0021: (_X448, None),
    0x647A: (_XWing(), hpke.KEM.MLKEM768_X25519),
}
_SIGNATURES: Final[dict[int, _EdDsa | _EcDsa]] = {
    ED25519: _Ed25519(ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey),
    ED448: _EdDsa(ed448.Ed448PrivateKey, ed448.Ed448PublicKey),
    ECDSA_P256: _EcDsa(ec.SECP256R1(), hashes.SHA256()),
    ECDSA_P384: _EcDsa(ec.SECP384R1(), hashes.SHA384()),
    ECDSA_P521: _EcDsa(ec.SECP521R1(), hashes.SHA512()),
}


def _aead(id: int) -> Aead:
    key_length, cipher, _ = _AEADS[id]

    def seal(key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
        sealed: bytes = cipher(key).encrypt(nonce, plaintext, aad)
        return sealed

    def open_(key: bytes, nonce: bytes, aad: bytes, ciphertext: bytes) -> bytes:
        opened: bytes = cipher(key).decrypt(nonce, ciphertext, aad)
        return opened

    return Aead(id, key_length, 12, seal, open_)


@cache
def provider(suite: int) -> NativeProvider:
    """Give the primitives of a cipher suite; raises `CryptoError` for one that is not known here."""
    if suite not in SUITES:
        raise CryptoError(f"cipher suite {suite:#06x} is not supported")
    chosen = SUITES[suite]
    group, library_kem = _KEMS[chosen.kem]
    digest, algorithm, library_kdf = _HASHES[chosen.kdf]
    kdf = _kdf(chosen.kdf, algorithm)
    kem: Kem = group if isinstance(group, _XWing) else DhKem(chosen.kem, group, kdf)
    mode = None
    if library_kem is not None:
        mode = _LibraryMode(group, library_kem, library_kdf, _AEADS[chosen.aead][2])
    scheme = _SIGNATURES[chosen.signature]
    return NativeProvider(kem, kdf, _aead(chosen.aead), digest, algorithm, scheme, mode)
