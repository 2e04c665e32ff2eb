-- Version 1. A change of this file is a new file `schema_<n>.sql` that leads from the version before it.
-- Column order follows `rows.py`; what must not be null is never null: an absent number is 0, absent bytes are empty.

CREATE TABLE me (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    account BLOB NOT NULL,
    account_key BLOB NOT NULL,
    device BLOB NOT NULL,
    certificate BLOB NOT NULL,
    relay TEXT NOT NULL,
    inbox BLOB NOT NULL,
    name TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    record BLOB NOT NULL,
    account_secret BLOB NOT NULL,
    device_secret BLOB NOT NULL
) STRICT;

CREATE TABLE person (
    account BLOB PRIMARY KEY,
    account_key BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    nickname TEXT NOT NULL,
    profile_name TEXT NOT NULL,
    verified INTEGER NOT NULL,
    added_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE key_package (
    ref BLOB PRIMARY KEY,
    message BLOB NOT NULL,
    last_resort INTEGER NOT NULL,
    published INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    bundle BLOB NOT NULL
) STRICT;

CREATE TABLE queue (
    queue BLOB PRIMARY KEY,
    relay TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('inbox', 'conversation')),
    cursor INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    read BLOB NOT NULL,
    write BLOB NOT NULL,
    manage BLOB NOT NULL
) STRICT;

CREATE TABLE conversation (
    queue BLOB PRIMARY KEY REFERENCES queue (queue) ON DELETE CASCADE,
    chat BLOB NOT NULL,
    kind TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    met INTEGER NOT NULL,
    refresh_due INTEGER NOT NULL,
    refreshed_at INTEGER NOT NULL,
    sent_since INTEGER NOT NULL,
    latest INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    read INTEGER NOT NULL,
    told_delivered INTEGER NOT NULL,
    told_read INTEGER NOT NULL,
    trimmed INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    began_at INTEGER NOT NULL
) STRICT;
CREATE INDEX conversation_by_chat ON conversation (chat);

-- The part of MLS state that changes with every commit and the part that changes with every message, apart.
CREATE TABLE epoch (
    queue BLOB NOT NULL REFERENCES conversation (queue) ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (queue, epoch)
) STRICT;
CREATE TABLE epoch_keys (
    queue BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (queue, epoch),
    FOREIGN KEY (queue, epoch) REFERENCES epoch (queue, epoch) ON DELETE CASCADE
) STRICT;

CREATE TABLE pending_commit (
    queue BLOB PRIMARY KEY REFERENCES conversation (queue) ON DELETE CASCADE,
    dedupe BLOB NOT NULL,
    fence INTEGER NOT NULL,
    digest BLOB NOT NULL,
    rotates INTEGER NOT NULL,
    body BLOB NOT NULL,
    epoch_state BLOB NOT NULL,
    keys_state BLOB NOT NULL
) STRICT;

CREATE TABLE message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    chat BLOB NOT NULL,
    queue BLOB NOT NULL REFERENCES conversation (queue) ON DELETE CASCADE,
    id BLOB NOT NULL,
    sender BLOB NOT NULL,
    device BLOB NOT NULL,
    mine INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    placed INTEGER NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    seen INTEGER NOT NULL,
    content BLOB NOT NULL,
    -- The order in which everybody shows messages: by the relay's time, then queue, then cursor; what no relay has
    -- taken yet comes last, in the order of writing.
    order_placed INTEGER NOT NULL GENERATED ALWAYS AS (iif(placed = 0, 9223372036854775807, placed)) STORED,
    order_queue BLOB NOT NULL GENERATED ALWAYS AS (iif(placed = 0, x'', queue)) STORED,
    order_cursor INTEGER NOT NULL GENERATED ALWAYS AS (iif(placed = 0, 0, cursor)) STORED,
    UNIQUE (queue, id)
) STRICT;
CREATE INDEX message_in_order ON message (chat, order_placed, order_queue, order_cursor, seq);
CREATE INDEX message_by_cursor ON message (queue, cursor) WHERE mine = 1;
CREATE INDEX message_unseen ON message (chat) WHERE seen = 0;

CREATE TABLE outgoing (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    after INTEGER NOT NULL,
    relay TEXT NOT NULL,
    lane BLOB NOT NULL,
    queue BLOB NOT NULL,
    purpose TEXT NOT NULL,
    dedupe BLOB NOT NULL,
    digest BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    message BLOB NOT NULL,
    cursor INTEGER NOT NULL,
    body BLOB NOT NULL,
    content BLOB NOT NULL,
    write BLOB NOT NULL
) STRICT;
CREATE INDEX outgoing_by_relay ON outgoing (relay, seq);
CREATE INDEX outgoing_by_lane ON outgoing (lane, purpose);
CREATE INDEX outgoing_by_queue ON outgoing (queue, cursor);

CREATE TABLE receipt (
    queue BLOB NOT NULL REFERENCES conversation (queue) ON DELETE CASCADE,
    account BLOB NOT NULL,
    device BLOB NOT NULL,
    delivered INTEGER NOT NULL,
    read INTEGER NOT NULL,
    PRIMARY KEY (queue, account, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
