"""Mirrors src/havre/relay/http."""
