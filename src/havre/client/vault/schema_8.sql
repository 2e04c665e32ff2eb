-- Version 8: second homes, and what came over them before the first home had it.

-- `home` is the conversation's home queue; `queue` is where it goes on while that is away. Both follow from `secret`.
CREATE TABLE second_home (
    home BLOB PRIMARY KEY REFERENCES conversation (queue) ON DELETE CASCADE,
    queue BLOB NOT NULL UNIQUE,
    relay TEXT NOT NULL,
    secret BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- `digest` is of the ciphertext, `id` the message's. `cursor`: in the second home, 0: not known; `place`: in the first,
-- 0: not there yet. `body` is the ciphertext as long as it may have to be laid into the first home in its sender's stead.
CREATE TABLE early (
    home BLOB NOT NULL REFERENCES conversation (queue) ON DELETE CASCADE,
    digest BLOB NOT NULL,
    id BLOB NOT NULL,
    cursor INTEGER NOT NULL,
    place INTEGER NOT NULL,
    mine INTEGER NOT NULL,
    since INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (home, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX early_by_id ON early (home, id);
CREATE INDEX early_waiting ON early (home, cursor) WHERE place = 0;

PRAGMA user_version = 8;
