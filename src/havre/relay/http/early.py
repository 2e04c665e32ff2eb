"""Sign-ups that would have to wait are told so from the head of their request alone.

When very many people come at once, most requests are such: a crowd that is told to wait must cost little, or telling
it takes the time in which its first would be served. So neither the body is read nor a task made for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from havre.relay.budgets import Thing
from havre.relay.core.ledger import RefusalError
from havre.relay.http.call import RefusedResponse, Services, hex_id, refused
from havre.relay.http.routes import ACCOUNT
from havre.relay.peers import Peer
from havre.wire.directory import TICKET_HEADER
from havre.wire.sizes import ACCOUNT_BYTES

Head = Iterable[tuple[bytes, bytes]]
Early = Callable[[bytes, bytes, Head, Peer], RefusedResponse | None]
"""From method, path, headers (names in lower case) and peer to an answer; None: the request takes its usual way."""
_START: Final = ACCOUNT.rpartition("/")[0].encode() + b"/"
_TICKET: Final = TICKET_HEADER.lower().encode()


def turn_away(services: Services) -> Early:
    """Return what turns sign-ups away that cannot come in now."""
    doorkeeper, budgets = services.doorkeeper, services.budgets

    def answer(method: bytes, path: bytes, headers: Head, peer: Peer) -> RefusedResponse | None:
        if method != b"PUT" or not path.startswith(_START):
            return None
        try:
            account = hex_id(path[len(_START) :].decode("latin-1"), "account", ACCOUNT_BYTES)
        except RefusalError:
            return None
        ticket = next((value.decode("latin-1") for name, value in headers if name == _TICKET), None)
        no = doorkeeper.turn_away(account, ticket, lambda: budgets.asked(Thing.SIGN_UPS, peer))
        if no is None:
            return None
        services.refusals[no.code] += 1
        return refused(no)

    return answer
