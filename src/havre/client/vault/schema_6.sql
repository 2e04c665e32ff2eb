-- Version 6: asking to be let into a group, and what newcomers are sent of before.

-- Who has asked to be let into a group of mine, and waits for whoever may add people.
CREATE TABLE applicant (
    chat BLOB NOT NULL,
    account BLOB NOT NULL,
    id BLOB NOT NULL,
    account_key BLOB NOT NULL,
    relay TEXT NOT NULL,
    inbox BLOB NOT NULL,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    reply BLOB NOT NULL,
    package BLOB NOT NULL,
    PRIMARY KEY (chat, account)
) STRICT, WITHOUT ROWID;

-- Applications that somebody has decided on: they are not shown (again).
CREATE TABLE settled (
    chat BLOB NOT NULL,
    id BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (chat, id)
) STRICT, WITHOUT ROWID;

-- Which group the applications in a queue are for.
CREATE TABLE applications (
    queue BLOB PRIMARY KEY,
    chat BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Groups that this device has asked to be let into.
CREATE TABLE applied (
    chat BLOB PRIMARY KEY,
    link BLOB NOT NULL,
    reply BLOB NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Whether a link asks to be let in.
ALTER TABLE entrance ADD COLUMN asks INTEGER NOT NULL DEFAULT 0;

-- Newcomers whom somebody of a group has yet to send what was said before.
CREATE TABLE owed_history (
    queue BLOB NOT NULL,
    account BLOB NOT NULL,
    before INTEGER NOT NULL,
    due INTEGER NOT NULL,
    PRIMARY KEY (queue, account)
) STRICT, WITHOUT ROWID;

-- How many messages this device may yet be sent of a group that it has come into.
CREATE TABLE awaited_history (
    queue BLOB PRIMARY KEY,
    left INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- By whom a message was sent on, who alone vouches for it; empty: it came from its sender.
ALTER TABLE message ADD COLUMN sent_on_by BLOB NOT NULL DEFAULT x'';

-- Parts of commits that are larger than an entry, until the commit itself comes.
CREATE TABLE parcel (
    queue BLOB NOT NULL,
    lot BLOB NOT NULL,
    number INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (queue, lot, number)
) STRICT;

-- Where the tree of a large group lies for those whom a commit brings in; and a Welcome that waits for it.
ALTER TABLE pending_commit ADD COLUMN tree BLOB NOT NULL DEFAULT x'';
ALTER TABLE entrance ADD COLUMN welcome BLOB NOT NULL DEFAULT x'';
ALTER TABLE entrance ADD COLUMN bundle BLOB NOT NULL DEFAULT x'';

PRAGMA user_version = 6;
