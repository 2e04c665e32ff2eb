"""Which relays this device calls."""

from __future__ import annotations

from havre.client.engine.groups import Reason, Unusable
from havre.client.engine.turn import Turn
from havre.client.identity.address import RelayAddress


def check_relay(turn: Turn, relay: str) -> None:
    """Raise Unusable unless it is a relay's address that this device may call."""
    try:
        address = RelayAddress.parse(relay)
    except ValueError:
        raise Unusable(Reason.MALFORMED) from None
    if address.url != relay:
        raise Unusable(Reason.MALFORMED)
    if address.loopback and not RelayAddress.parse(turn.me.relay).loopback:
        # A stranger must not have this device knock at the doors of its own machine.
        raise Unusable(Reason.FORBIDDEN)
