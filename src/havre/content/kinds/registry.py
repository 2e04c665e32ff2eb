"""Which kinds there are. A new kind is one module with a frozen dataclass, what builds it, and READERS by media type.

What is of no known kind is `Unknown`: it is shown as such, never dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from havre.content.kinds import (
    acts,
    decisions,
    farewells,
    histories,
    keys,
    managing,
    places,
    polls,
    profiles,
    signals,
    state,
    words,
)
from havre.content.kinds.acts import Delete, Edit, Pin, React
from havre.content.kinds.attachment import File, read_file, read_picture_file
from havre.content.kinds.base import Reader
from havre.content.kinds.decisions import Settled
from havre.content.kinds.farewells import Farewell
from havre.content.kinds.histories import History
from havre.content.kinds.keys import KeyPackages
from havre.content.kinds.managing import Manage
from havre.content.kinds.places import Card, Location
from havre.content.kinds.polls import ClosePoll, Poll, Vote
from havre.content.kinds.profiles import Profile
from havre.content.kinds.signals import Receipt, Typing
from havre.content.kinds.state import State
from havre.content.kinds.words import Text
from havre.content.labels import clean_label
from havre.content.model import Content, ExternalPart, MultiPart, SinglePart

_MAX_TYPE: Final = 64


@dataclass(frozen=True, slots=True)
class Unknown:
    """Content of a kind that this version does not know."""

    content_type: str


Shown = Text | File | Poll | Location | Card | Farewell | Unknown
"""What appears in a conversation."""
Act = React | Edit | Delete | Pin | Vote | ClosePoll
"""What is done to a message that is there; `target` is its id."""
Signal = Receipt | Profile | Typing | KeyPackages | State | Settled | History | Manage
"""What is no message, and known only to devices."""
Body = Shown | Act | Signal

READERS: Final[Mapping[str, Reader[Any]]] = {
    **words.READERS,
    **signals.READERS,
    **profiles.READERS,
    **polls.READERS,
    **places.READERS,
    **acts.READERS,
    **keys.READERS,
    **state.READERS,
    **decisions.READERS,
    **histories.READERS,
    **managing.READERS,
    **farewells.READERS,
}
"""By media type of a single part."""


def read(content: Content) -> Body:
    """Return what kind of content it is; raises ContentError when a known kind is not filled in as it should be."""
    reaction = acts.read_reaction(content)
    if reaction is not None:
        return reaction
    if content.replaces is not None:
        return acts.read_replacing(content) or Unknown("edit")
    match content.part:
        case ExternalPart() as part:
            return read_file(content, part)
        case SinglePart(content_type=kind, content=data):
            reader = READERS.get(kind)
            body: Body = reader(content, data) if reader else Unknown(clean_label(kind, _MAX_TYPE))
            return body
        case MultiPart() as part:
            return words.read_with_preview(part) or read_picture_file(content, part) or Unknown("")
        case _:
            return Unknown("")
