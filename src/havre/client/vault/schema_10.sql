-- Version 10: what people look like, this account included, and since when they are called and look as they do.

CREATE TABLE portrait (
    account BLOB PRIMARY KEY,
    since INTEGER NOT NULL,
    picture BLOB NOT NULL
) STRICT;

PRAGMA user_version = 10;
