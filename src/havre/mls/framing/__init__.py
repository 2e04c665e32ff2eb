"""Messages on the wire: content, its signature, and the public and private forms (RFC 9420 §6)."""
