"""Backups: the whole vault in one encrypted file, from which a new installation goes on."""
