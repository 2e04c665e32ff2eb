"""How a client reaches relays: the protocols (`base`), the real ones (`stream`, `http`), one in memory."""
