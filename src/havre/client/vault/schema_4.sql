-- Version 4: requests of strangers, whom I do not want to hear from, key packages that contacts hand each other, devices.

-- A Welcome of somebody I do not know, with the private half that opens it: entered when I accept, gone when I do not.
CREATE TABLE request (
    queue BLOB PRIMARY KEY,
    account BLOB NOT NULL,
    account_key BLOB NOT NULL,
    relay TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    welcome BLOB NOT NULL,
    bundle BLOB NOT NULL
) STRICT;
CREATE INDEX request_by_account ON request (account);

CREATE TABLE refused (
    account BLOB PRIMARY KEY,
    account_key BLOB NOT NULL,
    name TEXT NOT NULL,
    blocked INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Key packages of other devices, each for this device alone and for one use.
CREATE TABLE kept_package (
    digest BLOB PRIMARY KEY,
    account BLOB NOT NULL,
    device BLOB NOT NULL,
    until INTEGER NOT NULL,
    message BLOB NOT NULL
) STRICT;
CREATE INDEX kept_package_by_device ON kept_package (account, device, until);

-- Key packages of this device that one other device was given.
CREATE TABLE handed_package (
    ref BLOB PRIMARY KEY,
    account BLOB NOT NULL,
    device BLOB NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX handed_package_by_device ON handed_package (account, device, at);

CREATE TABLE reach (
    account BLOB PRIMARY KEY,
    relay TEXT NOT NULL,
    inbox BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE device_name (
    device BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Other accounts' devices, so that a new one is noticed.
CREATE TABLE seen_device (
    account BLOB NOT NULL,
    device BLOB NOT NULL,
    gone INTEGER NOT NULL,
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE inbox_rotation (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    done INTEGER NOT NULL,
    dedupe BLOB NOT NULL,
    read BLOB NOT NULL,
    manage BLOB NOT NULL
) STRICT;

PRAGMA user_version = 4;
