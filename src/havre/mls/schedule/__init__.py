"""From one epoch's secret to the next, and to the keys of messages (RFC 9420 §8, §9)."""
