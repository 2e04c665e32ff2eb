-- Version 3: what is done to messages, what is kept for oneself, disappearing, search.

-- `kind` says what a message is without opening it. `timer`: seconds that it has, once read or sent; `expires_at`: when it
-- goes, by the vault's own count of time (table `timekeeping`); 0: no timer, or not started.
ALTER TABLE message ADD COLUMN kind TEXT NOT NULL DEFAULT 'text';
ALTER TABLE message ADD COLUMN timer INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX message_expiring ON message (expires_at) WHERE expires_at > 0;
CREATE INDEX message_timed ON message (chat) WHERE timer > 0 AND expires_at = 0;
CREATE INDEX message_by_id ON message (chat, id);

-- Seconds that the relay is to keep an entry; 0: as long as it keeps others.
ALTER TABLE outgoing ADD COLUMN ttl INTEGER NOT NULL DEFAULT 0;

-- Reactions, edits, deletions, pins, votes: what counts of them is worked out anew, in the order of the conversation.
-- The target may not be there (yet).
CREATE TABLE amendment (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    chat BLOB NOT NULL,
    queue BLOB NOT NULL REFERENCES conversation (queue) ON DELETE CASCADE,
    id BLOB NOT NULL,
    target BLOB NOT NULL,
    kind TEXT NOT NULL,
    sender BLOB NOT NULL,
    mine INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    placed INTEGER NOT NULL,
    at INTEGER NOT NULL,
    privileged INTEGER NOT NULL,
    orphan INTEGER NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (queue, id)
) STRICT;
CREATE INDEX amendment_by_target ON amendment (chat, target, kind, sender);
CREATE INDEX amendment_orphan ON amendment (chat) WHERE orphan = 1;
CREATE INDEX amendment_pins ON amendment (chat) WHERE kind = 'pin';

CREATE TABLE star (
    seq INTEGER PRIMARY KEY REFERENCES message (seq) ON DELETE CASCADE,
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE scheduled (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    chat BLOB NOT NULL,
    due INTEGER NOT NULL,
    content BLOB NOT NULL
) STRICT;
CREATE INDEX scheduled_by_due ON scheduled (due);

-- Time as the timers count it: it stands still when the clock is set back, and never runs backwards.
CREATE TABLE timekeeping (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    clock INTEGER NOT NULL,
    counted INTEGER NOT NULL
) STRICT;

-- Words with ligatures taken apart; the tokenizer folds case and accents. The row's id is the message's `seq`.
CREATE VIRTUAL TABLE search USING fts5 (words, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3');
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);

PRAGMA user_version = 3;
