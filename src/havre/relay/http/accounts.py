"""Accounts: sign up, look up, publish, close."""

from __future__ import annotations

from starlette.responses import Response

from havre.relay.budgets import Thing
from havre.relay.core.ledger import RefusalError
from havre.relay.core.requests import CloseAccount, OpenAccount, PublishRecord
from havre.relay.http import signed
from havre.relay.http.call import Call, decoded, empty, json, refused
from havre.relay.signatures import prove, vouched
from havre.wire.capability import capability_hash, inbox_write
from havre.wire.directory import TICKET_HEADER, Publish, Published, RelayInfo, SignUp, Slowness
from havre.wire.refusals import Code
from havre.wire.sizes import ACCOUNT_BYTES, VERSION, AccountId


async def relay_info(call: Call) -> Response:
    """Tell what a client must know before it signs up."""
    config = call.services.config
    salt = await call.read(lambda store: store.salt())
    names = Slowness(salt, config.name_passes, config.name_memory_kib, config.name_lanes)
    info = RelayInfo(VERSION, names, config.frame_bytes, config.entry_bytes, config.blob_bytes, config.ttl)
    return json(info)


async def sign_up(call: Call) -> Response:
    """Make an account with all that belongs to it."""
    account = call.path_id("account", ACCOUNT_BYTES)
    ticket, doorkeeper = call.request.headers.get(TICKET_HEADER), call.services.doorkeeper
    has_place = doorkeeper.knows(account, ticket)
    if not has_place:
        call.spend(Thing.SIGN_UPS)
    body = await call.body()
    no = doorkeeper.admit(account, ticket)
    if no is not None:
        return refused(no)
    try:
        if has_place:
            call.spend(Thing.SIGN_UPS)  # asking for one's place is free, trying to sign up is not
        async with doorkeeper.turnstile.passed():
            await _open_account(call, account, body)
    finally:
        doorkeeper.leave()
    return empty()


async def _open_account(call: Call, account: AccountId, body: bytes) -> None:
    form = decoded(body, SignUp)
    proven = vouched(account, form.record, form.signature)
    key = proven.record.account_key
    signer = signed.by_key(call, key, account, body)
    if form.inbox.write != capability_hash(inbox_write(key)):
        raise RefusalError(Code.MALFORMED, "the inbox's write capability does not follow from the account key")
    await call.ask(OpenAccount(signer, proven, form.inbox, form.key_packages, form.name))


async def published(call: Call) -> Response:
    """Return an account's record."""
    account = call.path_id("account", ACCOUNT_BYTES)
    row = await call.read(lambda store: store.account(account))
    if row is None:
        raise RefusalError(Code.UNKNOWN, "there is no such account here")
    return json(Published(row.record, row.signature))


async def publish(call: Call) -> Response:
    """Replace an account's record."""
    account = call.path_id("account", ACCOUNT_BYTES)
    body = await call.body()
    form = decoded(body, Publish)
    signer = await signed.by_account(call, account, body)
    await call.ask(PublishRecord(signer, prove(account, form.record, form.signature)))
    return empty()


async def close(call: Call) -> Response:
    """Forget an account."""
    account = call.path_id("account", ACCOUNT_BYTES)
    signer = await signed.by_account(call, account, await call.body())
    await call.ask(CloseAccount(signer))
    return empty()
