"""User names, known to the relay only as slow hashes."""

from __future__ import annotations

from starlette.responses import Response

from havre.relay.budgets import Thing
from havre.relay.core.ledger import RefusalError
from havre.relay.core.requests import ClaimName, FreeName
from havre.relay.http import signed
from havre.relay.http.call import Call, decoded, empty, json
from havre.wire.directory import Named
from havre.wire.refusals import Code
from havre.wire.sizes import HASH_BYTES, AccountId, Hash


async def find(call: Call) -> Response:
    """Return whose name this is."""
    call.spend(Thing.LOOK_UPS)
    return json(Named(await _owner(call, call.path_id("name", HASH_BYTES))))


async def claim(call: Call) -> Response:
    """Give an account this name."""
    name = call.path_id("name", HASH_BYTES)
    call.spend(Thing.LOOK_UPS)
    body = await call.body()
    form = decoded(body, Named)
    signer = await signed.by_account(call, form.account, body)
    await call.ask(ClaimName(signer, name))
    return empty()


async def free(call: Call) -> Response:
    """Take this name from the account that has it."""
    name = call.path_id("name", HASH_BYTES)
    call.spend(Thing.LOOK_UPS)  # what is refused tells whether the name is taken
    body = await call.body()
    signer = await signed.by_account(call, await _owner(call, name), body)
    await call.ask(FreeName(signer, name))
    return empty()


async def _owner(call: Call, name: Hash) -> AccountId:
    owner = await call.read(lambda store: store.name(name))
    if owner is None:
        raise RefusalError(Code.UNKNOWN, "nobody has this name here")
    return owner
