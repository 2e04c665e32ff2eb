"""Which rule carries out what a person wants done with messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from havre.client.engine import amending, arranging, later, presence
from havre.client.engine.message_intents import (
    Amend,
    Arrange,
    Clear,
    Draft,
    Hide,
    SayTyping,
    Schedule,
    Star,
    Unschedule,
    View,
)
from havre.client.engine.turn import Turn

RULES: Final[Mapping[type, Callable[[Turn, Any], None]]] = {
    Amend: amending.amend,
    Hide: amending.hide,
    Clear: amending.clear,
    View: amending.view,
    Star: amending.star,
    Draft: later.draft,
    Arrange: arranging.arrange,
    Schedule: later.schedule,
    Unschedule: later.unschedule,
    SayTyping: presence.say,
}
