"""Chats as people can keep them without Havre: HTML to read, JSON for programs, and the files beside them."""
