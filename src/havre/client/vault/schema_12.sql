-- Version 12: the way back into groups after a restore. Each account's public key for it, and the private one: that is in
-- backups, and in a vault that was restored of one until it is back everywhere.

ALTER TABLE portrait ADD COLUMN back BLOB NOT NULL DEFAULT x'';

CREATE TABLE way_back (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    private BLOB NOT NULL
) STRICT;

PRAGMA user_version = 12;
