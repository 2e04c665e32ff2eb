"""Linking a device: two devices of one person meet in a queue, and one takes the other into the account."""
