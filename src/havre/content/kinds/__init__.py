"""The kinds of content that Havre knows: how each is built, and how a received one is read.

Text, reactions, edits, deletions and files are MIMI's own. On what the draft is silent (receipts, profiles, polls,
places ...) travels as single parts with private media types. `registry` gathers the kinds.
"""

from havre.content.kinds.acts import PIN, Delete, Edit, Pin, React, delete, edit, pin, react
from havre.content.kinds.attachment import VOICE, VOICE_TYPE, WAVEFORM_BARS, File, Voice, file
from havre.content.kinds.base import SENT_AT, sent_at
from havre.content.kinds.decisions import SETTLED, Settled, settled
from havre.content.kinds.farewells import FAREWELL, Farewell, farewell
from havre.content.kinds.histories import HISTORY, MAX_HISTORY_BYTES, MAX_SENT_ON, History, SentOn, history
from havre.content.kinds.keys import KEY_PACKAGES, KeyPackages, key_packages
from havre.content.kinds.managing import MANAGE, Manage, manage
from havre.content.kinds.marks import CHATS_AT_ONCE, FORWARDED, MANY_TIMES, ONCE, forwarded, is_once, with_mark
from havre.content.kinds.picture import MAX_SIDE, MAX_THUMBNAIL, PICTURE, Picture
from havre.content.kinds.places import CARD, DEGREE, LOCATION, Card, Location, card, location
from havre.content.kinds.polls import CLOSE, POLL, VOTE, ClosePoll, Poll, Vote, close_poll, poll, vote
from havre.content.kinds.preview import PREVIEW, Preview
from havre.content.kinds.profiles import MAX_NAME, MAX_PORTRAIT, PROFILE, Profile, is_portrait, profile
from havre.content.kinds.registry import Act, Body, Shown, Signal, Unknown, read
from havre.content.kinds.signals import RECEIPT, TYPING, Receipt, Typing, receipt, typing
from havre.content.kinds.state import STATE, State, StateChange, state
from havre.content.kinds.words import MARKDOWN, MAX_TEXT_BYTES, PLAIN, Text, bare_words, mention, text, with_names

__all__ = [
    "CARD",
    "CHATS_AT_ONCE",
    "CLOSE",
    "DEGREE",
    "FAREWELL",
    "FORWARDED",
    "HISTORY",
    "KEY_PACKAGES",
    "LOCATION",
    "MANAGE",
    "MANY_TIMES",
    "MARKDOWN",
    "MAX_HISTORY_BYTES",
    "MAX_NAME",
    "MAX_PORTRAIT",
    "MAX_SENT_ON",
    "MAX_SIDE",
    "MAX_TEXT_BYTES",
    "MAX_THUMBNAIL",
    "ONCE",
    "PICTURE",
    "PIN",
    "PLAIN",
    "POLL",
    "PREVIEW",
    "PROFILE",
    "RECEIPT",
    "SENT_AT",
    "SETTLED",
    "STATE",
    "TYPING",
    "VOICE",
    "VOICE_TYPE",
    "VOTE",
    "WAVEFORM_BARS",
    "Act",
    "Body",
    "Card",
    "ClosePoll",
    "Delete",
    "Edit",
    "Farewell",
    "File",
    "History",
    "KeyPackages",
    "Location",
    "Manage",
    "Picture",
    "Pin",
    "Poll",
    "Preview",
    "Profile",
    "React",
    "Receipt",
    "SentOn",
    "Settled",
    "Shown",
    "Signal",
    "State",
    "StateChange",
    "Text",
    "Typing",
    "Unknown",
    "Voice",
    "Vote",
    "bare_words",
    "card",
    "close_poll",
    "delete",
    "edit",
    "farewell",
    "file",
    "forwarded",
    "history",
    "is_once",
    "is_portrait",
    "key_packages",
    "location",
    "manage",
    "mention",
    "pin",
    "poll",
    "profile",
    "react",
    "read",
    "receipt",
    "sent_at",
    "settled",
    "state",
    "text",
    "typing",
    "vote",
    "with_mark",
    "with_names",
]
