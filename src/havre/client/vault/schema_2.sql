-- Version 2: chats, of which a conversation is only the way there.

CREATE TABLE chat (
    chat BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    picture BLOB NOT NULL,
    timer INTEGER NOT NULL,
    standing TEXT NOT NULL,
    muted_until INTEGER NOT NULL,
    pinned INTEGER NOT NULL,
    archived INTEGER NOT NULL,
    draft TEXT NOT NULL,
    began_at INTEGER NOT NULL
) STRICT;
INSERT INTO chat
    SELECT chat, 'direct', '', '', x'', 0, 'accepted', 0, 0, 0, '', min(began_at) FROM conversation GROUP BY chat;

-- Queues come to have more roles than the check of version 1 allows.
CREATE TABLE new_queue (
    queue BLOB PRIMARY KEY,
    relay TEXT NOT NULL,
    role TEXT NOT NULL,
    cursor INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    read BLOB NOT NULL,
    write BLOB NOT NULL,
    manage BLOB NOT NULL
) STRICT;
INSERT INTO new_queue SELECT * FROM queue;
DROP TABLE queue;
ALTER TABLE new_queue RENAME TO queue;

ALTER TABLE pending_commit ADD COLUMN fulfils INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pending_commit ADD COLUMN welcome BLOB NOT NULL DEFAULT x'';

-- What people want changed in conversations, until a commit has brought it about.
CREATE TABLE wish (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    queue BLOB NOT NULL REFERENCES conversation (queue) ON DELETE CASCADE,
    wish BLOB NOT NULL
) STRICT;
CREATE INDEX wish_by_queue ON wish (queue, seq);

-- Conversations that this device is about to enter from outside.
CREATE TABLE entrance (
    door BLOB PRIMARY KEY,
    relay TEXT NOT NULL,
    chat BLOB NOT NULL,
    queue BLOB NOT NULL,
    tries INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    secret BLOB NOT NULL,
    link BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Whether entries of a conversation had expired before this device saw them.
ALTER TABLE conversation ADD COLUMN gap INTEGER NOT NULL DEFAULT 0;

PRAGMA user_version = 2;
