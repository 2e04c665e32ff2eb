"""Who may do what: bearer secrets against the hashes that the relay keeps, compared in constant time."""

from __future__ import annotations

from hmac import compare_digest

from havre.relay.store.rows import Head, Keys
from havre.wire.capability import capability_hash
from havre.wire.sizes import Hash, Secret


def may_write(keys: Keys, proof: Hash) -> bool:
    """Tell whether this is the hash of the current write secret."""
    return compare_digest(proof, keys.hashes.write)


def might_write(keys: Keys, secret: Secret, cursor: int) -> bool:
    """Tell whether this is the current write secret, or the one that was current when `cursor` was given out."""
    proof = capability_hash(secret)
    if compare_digest(proof, keys.hashes.write):
        return True
    generation = next((past for past in keys.past if cursor <= past.through), None)
    return generation is not None and compare_digest(proof, generation.write)


def may_manage(keys: Keys, secret: Secret) -> bool:
    """Tell whether this is the current manage secret."""
    return compare_digest(capability_hash(secret), keys.hashes.manage)


def readable_through(head: Head, secret: Secret) -> int | None:
    """Return the last cursor that this secret may read; none: it opens nothing here.

    The current secret reads all there is, one that a commit rotated away reads up to and with that commit.
    """
    proof = capability_hash(secret)
    if compare_digest(proof, head.keys.hashes.read):
        return head.tail.last
    for past in reversed(head.keys.past):
        if compare_digest(proof, past.read):
            return past.through
    return None


def reads_on(head: Head, secret: Secret) -> bool:
    """Tell whether this is the current read secret, the one that reads what is still to come."""
    return compare_digest(capability_hash(secret), head.keys.hashes.read)
