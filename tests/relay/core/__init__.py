"""Mirrors src/havre/relay/core."""
