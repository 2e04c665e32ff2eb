"""The key of the vault: 32 random bytes, kept under a passphrase in a small file beside it, or in the system's keyring.

Under a passphrase, Argon2id gives the key (32 bytes) that seals it by AES-256-GCM, with the cost as associated data.
The salt is new whenever the file is written, so that key seals once, and the nonce may be zero. Changing the passphrase
writes this file anew; the vault itself stays as it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from argon2.low_level import Type, hash_secret_raw
from msgspec import Meta

from havre import mls
from havre.client.errors import HavreError, VaultDamaged, WrongPassphrase
from havre.client.sentences import said

KEY_BYTES: Final = 32
SERVICE: Final = "havre"
_LABEL: Final = b"havre/1 vault key"
_NONCE: Final = bytes(12)
_PROVIDER: Final = mls.cipher_suite(mls.X25519_AES128GCM_SHA256_ED25519).provider

Bytes32 = Annotated[bytes, Meta(min_length=32, max_length=32)]


@dataclass(frozen=True, slots=True)
class Passphrase:
    """The vault opens by something that a person knows."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The vault opens by the system's keyring, for whoever is logged in."""


VaultKey = Passphrase | Keyring


class Cost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one guess of a passphrase costs; bounded, so that a changed file cannot exhaust the machine."""

    passes: Annotated[int, Meta(ge=1, le=16)] = 3
    memory_kib: Annotated[int, Meta(ge=8, le=1 << 20)] = 64 * 1024
    lanes: Annotated[int, Meta(ge=1, le=8)] = 4


class Wrapped(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kept", tag="passphrase"):
    """The key file of a vault that opens by passphrase."""

    cost: Cost
    salt: Bytes32
    wrapped: Annotated[bytes, Meta(min_length=KEY_BYTES + 16, max_length=KEY_BYTES + 16)]


class InKeyring(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kept", tag="keyring"):
    """The key file of a vault whose key is in the system's keyring, under this name."""

    name: Annotated[str, Meta(max_length=64)]


_FILE: Final[msgspec.json.Decoder[Wrapped | InKeyring]] = msgspec.json.Decoder(Wrapped | InKeyring)


def keep_key(
    path: Path, key: bytes, source: VaultKey, entropy: Callable[[int], bytes], cost: Cost | None = None
) -> None:
    """Write the key file at `path` (atomically), so that `source` opens it from now on."""
    match source:
        case Passphrase(text):
            kept: Wrapped | InKeyring = seal_key(key, text, entropy(32), cost)
        case Keyring():
            kept = InKeyring(entropy(16).hex())
            _keyring_call(lambda keyring: keyring.set_password(SERVICE, kept.name, key.hex()))
    _replace_file(path, msgspec.json.encode(kept))


def find_key(path: Path, source: VaultKey) -> bytes:
    """Return the vault's key (32 bytes); raises WrongPassphrase, VaultDamaged, or HavreError about the keyring."""
    kept = _kept(path)
    match kept, source:
        case Wrapped(), Passphrase(text):
            return open_key(kept, text, str(path.parent))
        case InKeyring(name), Keyring():
            return _from_keyring(name, path)
        case Wrapped(), _:
            raise HavreError(f"The vault {path.parent} opens by passphrase, not by the system's keyring.")
        case _:
            raise HavreError(
                said("KeyringVault", f"The vault {path.parent} opens by the system's keyring, not by passphrase.")
            )


def forget_key(path: Path) -> None:
    """Take a vault's key out of the system's keyring, if that is where it is; the file is the caller's to delete."""
    match _kept(path):
        case InKeyring(name):
            _keyring_call(lambda keyring: keyring.delete_password(SERVICE, name))
        case Wrapped():
            pass


def opens_by_keyring(path: Path) -> bool:
    """Tell whether a vault opens by the system's keyring; raises VaultDamaged."""
    return isinstance(_kept(path), InKeyring)


def change_key(path: Path, old: VaultKey, new: VaultKey, entropy: Callable[[int], bytes]) -> None:
    """Have `new` open the vault in place of `old`; raises like `find_key`."""
    keep_key(path, find_key(path, old), new, entropy)


def _kept(path: Path) -> Wrapped | InKeyring:
    try:
        return _FILE.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        raise VaultDamaged(str(path.parent), f"its key file {path.name} cannot be read") from None


def seal_key(key: bytes, text: str, salt: bytes, cost: Cost | None = None) -> Wrapped:
    """Return a key (32 bytes) sealed under a passphrase; the salt (32 bytes) must be fresh."""
    cost = cost or Cost()
    return Wrapped(cost, salt, _PROVIDER.seal(_stretched(text, salt, cost), _NONCE, _associated(cost), key))


def open_key(kept: Wrapped, text: str, what: str) -> bytes:
    """Return the key that a passphrase opens; raises WrongPassphrase, which names `what` was to be opened."""
    try:
        stretched = _stretched(text, kept.salt, kept.cost)
        return _PROVIDER.open(stretched, _NONCE, _associated(kept.cost), kept.wrapped)
    except mls.CryptoError:
        raise WrongPassphrase(what) from None


def _stretched(text: str, salt: bytes, cost: Cost) -> bytes:
    return hash_secret_raw(
        text.encode(), salt, time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes,
        hash_len=KEY_BYTES, type=Type.ID,
    )  # fmt: skip


def _associated(cost: Cost) -> bytes:
    return _LABEL + msgspec.json.encode(cost)


def _from_keyring(name: str, path: Path) -> bytes:
    found = _keyring_call(lambda keyring: keyring.get_password(SERVICE, name))
    if found is None or len(found) != 2 * KEY_BYTES:
        raise HavreError(said("KeyringVault", f"The system's keyring does not hold the key of {path.parent}."))
    return bytes.fromhex(found)


def _keyring_call(call: Callable[[Any], str | None]) -> str | None:
    # It looks for backends among all that is installed, which takes a while that a passphrase need not wait.
    import keyring
    import keyring.errors

    try:
        return call(keyring)
    except keyring.errors.KeyringError as error:
        raise HavreError(f"The system's keyring cannot be used ({error}); use a passphrase.") from None


def _replace_file(path: Path, data: bytes) -> None:
    fresh = path.with_name(f"{path.name}.part")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
