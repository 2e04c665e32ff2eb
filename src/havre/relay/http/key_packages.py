"""Key packages: stock up, count, hand out."""

from __future__ import annotations

from starlette.responses import Response

from havre.relay.budgets import Thing
from havre.relay.core.requests import StockUp, TakePackages
from havre.relay.http import signed
from havre.relay.http.call import Call, decoded, json
from havre.wire.directory import Stock, Upload
from havre.wire.sizes import ACCOUNT_BYTES, DEVICE_BYTES


async def stock_up(call: Call) -> Response:
    """Add key packages of a device, and tell how many one-time ones there are."""
    account, device = call.path_id("account", ACCOUNT_BYTES), call.path_id("device", DEVICE_BYTES)
    body = await call.body()
    upload = decoded(body, Upload)
    signer = await signed.by_account_or_device(call, account, body)
    return json(await call.ask(StockUp(signer, device, upload)))


async def count(call: Call) -> Response:
    """Tell how many one-time key packages a device has left."""
    account, device = call.path_id("account", ACCOUNT_BYTES), call.path_id("device", DEVICE_BYTES)
    await signed.by_account_or_device(call, account, await call.body())
    stock = await call.read(lambda store: store.stock(account, device))
    return json(Stock(stock.next - stock.first))


async def take(call: Call) -> Response:
    """Hand out one key package of each device."""
    account = call.path_id("account", ACCOUNT_BYTES)
    call.spend(Thing.TAKES)
    return json(await call.ask(TakePackages(account, call.services.budgets.may_use_up(account))))
