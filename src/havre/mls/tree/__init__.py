"""The ratchet tree: its arithmetic, nodes, hashes, validation, and TreeKEM (RFC 9420 §4, §7)."""
