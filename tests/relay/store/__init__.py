"""Mirrors src/havre/relay/store."""
