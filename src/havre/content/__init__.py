"""What is inside a message: MIMI content in CBOR (draft-ietf-mimi-content), and what it does to a conversation."""

from havre.content.codec import decode, encode
from havre.content.errors import ContentError
from havre.content.kinds import File, Profile, Receipt, Text, Unknown, file, profile, read, receipt, sent_at, text
from havre.content.labels import clean_label
from havre.content.message_id import message_id, room_uri, sender_uri
from havre.content.model import Content, Disposition, Expiration, ExternalPart, MultiPart, NullPart, SinglePart
from havre.content.reducer import Advance, Arrival, Change, Rename, Show, reduce

__all__ = [
    "Advance",
    "Arrival",
    "Change",
    "Content",
    "ContentError",
    "Disposition",
    "Expiration",
    "ExternalPart",
    "File",
    "MultiPart",
    "NullPart",
    "Profile",
    "Receipt",
    "Rename",
    "Show",
    "SinglePart",
    "Text",
    "Unknown",
    "clean_label",
    "decode",
    "encode",
    "file",
    "message_id",
    "profile",
    "read",
    "receipt",
    "reduce",
    "room_uri",
    "sender_uri",
    "sent_at",
    "text",
]
