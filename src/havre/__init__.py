"""Havre, a private messenger. One folder a role: `ls src/havre` is the architecture (see ARCHITECTURE.md)."""
