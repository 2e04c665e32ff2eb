"""What a conversation allows: pure functions of its terms, the same answer for every member.

`check_commit` is the one place where roles count. Who changes something asks it before; who sees a change asks it, too;
and nobody adopts a commit that it refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from msgspec.structs import replace

from havre.client.engine.groups import Changed, Member, Reason, Removal, Unusable
from havre.client.engine.terms import DIRECT, GROUP, SELF, Home, Role, Terms, decode_terms, moved_to
from havre.client.identity.address import RelayAddress

RECEIPTS_UP_TO: Final = 32
"""Devices of a conversation beyond which nobody sends receipts: they would grow with the square."""


def check_commit(terms: Terms, change: Changed) -> None:
    """Raise Unusable with FORBIDDEN unless the terms allow the change, with MALFORMED when the new terms are none."""
    after = decode_terms(change.terms)
    check = _CHECKS.get(terms.kind)
    if check is None or change.strange:
        raise Unusable(Reason.FORBIDDEN)
    check(terms, after, change)


def may_write(terms: Terms, account: bytes) -> bool:
    """Tell whether an account may write what appears in the conversation."""
    return terms.kind != GROUP or terms.role(account) >= terms.rules.write


def may_pin(terms: Terms, account: bytes) -> bool:
    """Tell whether an account may pin messages above the chat, or take them down again."""
    return terms.kind != GROUP or terms.role(account) >= terms.rules.pin


def moderates(terms: Terms, account: bytes) -> bool:
    """Tell whether an account may delete for everyone what others wrote."""
    return terms.kind == GROUP and terms.role(account) >= Role.ADMIN


def rotates(terms: Terms, change: Changed) -> bool:
    """Tell whether a commit gives the queue new capabilities.

    It does when somebody goes, when other people than before may manage the queue, when a link is no longer to
    open it, and when a home comes or goes. Who comes back in place of its own leaf has no right to: nobody is
    gone.
    """
    after = decode_terms(change.terms)
    managed = _what_opens(terms) != _what_opens(after)
    return not change.external and (bool(change.removed) or managed)


def _what_opens(terms: Terms) -> tuple[object, ...]:
    """Return what capabilities hang on: who may manage the queue, who may come in, and where homes are."""
    return terms.owner, terms.admins, terms.invitation, terms.homes


def _require(allowed: bool) -> None:
    if not allowed:
        raise Unusable(Reason.FORBIDDEN)


# --- direct conversations -------------------------------------------------------------------------------------


def _check_direct(terms: Terms, after: Terms, change: Changed) -> None:
    """Either may set timer and homes, renew keys, and bring or take devices of their own."""
    _check_homes(terms, after)
    _require(replace(terms, timer=after.timer, homes=after.homes, door=after.door, moved=after.moved) == after)
    if change.external:
        _require(_comes_back(change) and terms.homes == after.homes)
        return
    own = change.committer.account
    _require(all(member.account == own for member in change.added))
    _require(all(removal.member.account == own for removal in change.removed))


def _check_homes(terms: Terms, after: Terms) -> None:
    """A second home is on another relay; the first stays where it is, with its door, or moves."""
    relays = [home.relay for home in after.homes]
    _require(len(set(relays)) == len(relays) and all(home.base == 0 for home in after.homes[1:]))
    if after.homes[0] == terms.homes[0]:
        _require((after.door, after.moved) == (terms.door, terms.moved))
    else:
        _check_move(terms, after)


def _check_move(terms: Terms, after: Terms) -> None:
    """The first home moves to another relay, into a queue of its own, and nothing else changes."""
    home, left = after.homes[0], terms.homes[0]
    door = after.door
    _require(terms.kind != SELF and door is not None and moved_to(terms, home, door) == after)
    _require(home.relay != left.relay and home.base > left.base and _may_be_called(home, left))
    taken = {terms.name, *(other.queue for other in terms.homes)}
    _require(home.queue not in taken and door != terms.door)


def _may_be_called(home: Home, left: Home) -> bool:
    """Tell whether everybody who calls the home that is left may call the new one (see `calling`)."""
    try:
        address, before = RelayAddress.parse(home.relay), RelayAddress.parse(left.relay)
    except ValueError:
        return False
    return address.url == home.relay and (before.loopback or not address.loopback)


# --- groups ---------------------------------------------------------------------------------------------------


def _check_group(terms: Terms, after: Terms, change: Changed) -> None:
    if change.external:
        _check_entrance(terms, after, change)
        return
    role = terms.role(change.committer.account)
    for member in change.added:
        _check_added(terms, role, change.committer, member)
    for removal in change.removed:
        _check_removed(terms, role, change.committer, removal)
    _check_edit(terms, after, role)
    _check_homes(terms, after)
    _check_roles(terms, after, role, change)
    _check_standing(after, change)


def _check_entrance(terms: Terms, after: Terms, change: Changed) -> None:
    """Somebody comes in from outside: back in place of an old leaf, or by a link that lets in at once."""
    link = terms.invitation
    welcome = link is not None and not link.approval and change.invited and not change.removed
    _require(after == terms)
    _require(_comes_back(change) or (welcome and change.committer.account not in terms.banned))


def _comes_back(change: Changed) -> bool:
    """Tell whether a device replaces its own leaf, or a lost one of its account, and does nothing else."""
    replaced = [removal.member.account for removal in change.removed]
    return replaced == [change.committer.account] and not change.added


def _check_added(terms: Terms, role: Role, committer: Member, added: Member) -> None:
    _require(added.account == committer.account or role >= terms.rules.add)
    _require(added.account not in terms.banned)


def _check_removed(terms: Terms, role: Role, committer: Member, removal: Removal) -> None:
    """Who goes by itself goes whatever its role; otherwise it takes a higher one."""
    account = removal.member.account
    stands_above = role >= Role.ADMIN and role > terms.role(account)
    _require(removal.left or account == committer.account or stands_above)


def _check_edit(terms: Terms, after: Terms, role: Role) -> None:
    """Check everything but the roles; version and kind stay as they are, and the door unless the home moves."""
    edited = replace(
        terms, title=after.title, description=after.description, picture=after.picture, timer=after.timer
    )  # fmt: skip
    governed = replace(
        edited, homes=after.homes, rules=after.rules, banned=after.banned, invitation=after.invitation,
        door=after.door, moved=after.moved,
    )  # fmt: skip
    _require(replace(governed, owner=after.owner, admins=after.admins) == after)
    _require(edited == terms or role >= terms.rules.edit)
    _require(governed == edited or role >= Role.ADMIN)


def _check_roles(terms: Terms, after: Terms, role: Role, change: Changed) -> None:
    """The owner gives and takes roles; anybody may give up their own."""
    if role is Role.OWNER or (terms.owner, terms.admins) == (after.owner, after.admins):
        return
    given_up = {change.committer.account}
    _require(after.owner == terms.owner)
    _require(set(terms.admins) - given_up == set(after.admins) and after.admins != terms.admins)


def _check_standing(after: Terms, change: Changed) -> None:
    """Only members have roles, there is one owner, and nobody who is banned is here."""
    _require(after.owner in change.accounts and after.owner not in after.admins)
    _require(set(after.admins) <= change.accounts and len(set(after.admins)) == len(after.admins))
    _require(not change.accounts.intersection(after.banned))


_CHECKS: Final[Mapping[str, Callable[[Terms, Terms, Changed], None]]] = {
    DIRECT: _check_direct,
    SELF: _check_direct,
    GROUP: _check_group,
}
