"""The app on a person's machine: the client core in a local process, JSON-RPC on loopback, a page as its face."""
