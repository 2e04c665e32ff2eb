-- Version 11: members who came in without the capability that manages the queue, and have asked for it.

CREATE TABLE asked_manage (
    queue BLOB PRIMARY KEY REFERENCES conversation (queue) ON DELETE CASCADE,
    cursor INTEGER NOT NULL,
    due INTEGER NOT NULL
) STRICT;

PRAGMA user_version = 11;
