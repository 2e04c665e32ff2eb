-- Version 13: conversations that move. A queue keeps its name here; `address` is what its relay calls it, empty: the same.

ALTER TABLE queue ADD COLUMN address BLOB NOT NULL DEFAULT x'';
ALTER TABLE queue ADD COLUMN base INTEGER NOT NULL DEFAULT 0;
CREATE INDEX queue_by_address ON queue (address) WHERE address <> x'';

PRAGMA user_version = 13;
