-- Version 7: files on their way. What will be sent is fixed (`client/files/plan.py`), so that another process goes on.

CREATE TABLE upload (
    blob BLOB PRIMARY KEY,
    chat BLOB NOT NULL,
    relay TEXT NOT NULL,
    path BLOB NOT NULL,
    begun_at INTEGER NOT NULL,
    plan BLOB NOT NULL
) STRICT;
CREATE INDEX upload_by_path ON upload (chat, path);

PRAGMA user_version = 7;
