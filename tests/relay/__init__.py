"""Mirrors src/havre/relay."""
