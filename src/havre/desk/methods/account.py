"""Signing up, opening, and who I am."""

from __future__ import annotations

from havre.client.api import Passphrase
from havre.desk import shown, views
from havre.desk.contract import method
from havre.desk.desk import Desk


@method
async def profile(desk: Desk) -> views.Profile:
    """Return whether there is an account here, and whether it is open."""
    return desk.profile()


@method
async def sign_up(desk: Desk, name: str, relay: str, passphrase: str, user_name: str | None = None) -> views.Profile:
    """Make an account at a relay, and a vault for it that opens by `passphrase`."""
    return await desk.sign_up(Passphrase(passphrase), relay, name, user_name)


@method
async def unlock(desk: Desk, passphrase: str) -> views.Profile:
    """Open the vault."""
    return await desk.open(Passphrase(passphrase))


@method
async def lock(desk: Desk) -> None:
    """Close the vault; every window asks for the passphrase again."""
    await desk.lock()


@method
async def set_name(desk: Desk, name: str) -> views.Account:
    """Be called something else; those whom I talk with learn of it, and my other devices."""
    return shown.account(await desk.me.profile.set_name(name))


@method
async def set_picture(desk: Desk, upload: str | None) -> views.Account:
    """Look like an uploaded picture, which is made small first; none: have no picture."""
    return shown.account(await desk.parcels.use(upload, desk.me.profile.set_picture))


@method
async def my_link(desk: Desk) -> views.Link:
    """Return the link by which people reach me."""
    return views.Link(desk.me.link(), desk.me.link_for_qr())
