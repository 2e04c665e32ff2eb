"""Havre's MLS in groups with other people's implementations; run by `make interop`."""
