"""Whole stories with real processes: a relay, people, crashes."""
