"""The vault: one encrypted SQLite file (SQLCipher) that holds all that must survive, and the key that opens it."""
