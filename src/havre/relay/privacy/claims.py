"""What this relay promises. Each claim is held by at least one test, marked with its id; a test counts them."""

from __future__ import annotations

from typing import Final

CLAIMS: Final = {
    "no-address": "No network address is written anywhere: not to the store, not to a file, not to the log.",
    "hourly-hash": "In memory an address is a keyed hash only, and its key is drawn anew every hour and forgotten.",
    "names-hashed": "A user name is known as a slow, salted hash only, which the client works out.",
    "capabilities-hashed": "A queue's read, write and manage secrets are kept as SHA-256 hashes only.",
    "no-plaintext": "Nothing that people write, send or are called is here in clear: what is kept of it is ciphertext.",
    "no-link": "No row says which account uses which queue, but for the one inbox that an account itself publishes.",
    "following-in-memory": "Which queues a connection reads is in memory only, and gone when the connection is.",
    "package-once": "A one-time key package that was taken is gone from the store at once, and then from the disk.",
    "expired-gone": "An entry or file cannot be had any more a few seconds after its time is over.",
    "expired-off-disk": "What is forgotten leaves the disk within a day (setting `tidy_seconds`).",
    "deleted-off-disk": "So does what was trimmed or deleted.",
    "account-closed": "Closing an account removes all that belongs to it, inbox included, but the last sequence.",
    "log-without-people": "The log names no address, account, queue, file or user name, also when something fails.",
    "backup-no-more": "A backup holds what the relay holds and nothing more; the relay makes none by itself.",
    "operator-sees-all": "`havre relay inspect` shows all that is held about an account, a queue or a file.",
}
"""Claim id -> one sentence."""
