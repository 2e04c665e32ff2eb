"""Havre's tests; they mirror src/havre."""
