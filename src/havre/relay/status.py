"""How the relay is at this moment, put together from its parts."""

from __future__ import annotations

import math
from collections.abc import Callable

from havre.relay.core.surge import Open
from havre.relay.doorkeeper import Doorkeeper
from havre.wire.status import State, Status


class Condition:
    """Looks at the parts; looking costs nothing."""

    def __init__(self, doorkeeper: Doorkeeper, is_open: Callable[[], bool]) -> None:
        self._doorkeeper = doorkeeper
        self._is_open = is_open

    @property
    def state(self) -> State:
        """What people may expect."""
        if not self._is_open():
            return State.MAINTENANCE
        if self._doorkeeper.trouble is not None:
            return State.READ_ONLY
        return State.OK if isinstance(self._doorkeeper.door.mode, Open) else State.BUSY

    @property
    def is_ready(self) -> bool:
        """Whether the relay takes everything from those who have an account."""
        return self.state in (State.OK, State.BUSY)

    def status(self) -> Status:
        """Return what anybody may know."""
        state = self.state
        if state is not State.BUSY:
            return Status(state)
        keeper = self._doorkeeper
        waiting = keeper.door.line.waiting
        return Status(state, waiting, math.ceil(waiting / keeper.pace))
