"""What the page may ask for, one module an area. Importing this package fills `contract.METHODS`."""

from havre.desk.methods import (
    account,
    acts,
    chats,
    contacts,
    devices,
    files,
    groups,
    homes,
    leaving,
    messages,
    privacy,
    searching,
    writing,
)

__all__ = [
    "account",
    "acts",
    "chats",
    "contacts",
    "devices",
    "files",
    "groups",
    "homes",
    "leaving",
    "messages",
    "privacy",
    "searching",
    "writing",
]
