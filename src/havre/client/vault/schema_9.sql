-- Version 9: being asked into a group again while this device has not yet seen that it was taken out.

CREATE TABLE parked_welcome (
    queue BLOB PRIMARY KEY,
    epoch INTEGER NOT NULL,
    welcome BLOB NOT NULL,
    bundle BLOB NOT NULL
) STRICT;

PRAGMA user_version = 9;
