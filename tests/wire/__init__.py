"""Mirrors src/havre/wire."""
