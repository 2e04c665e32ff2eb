"""Commits, as named steps: collect, check, apply, path, advance, confirm, enter (RFC 9420 §12)."""
