"""What a person wants changed in a conversation, kept until a commit has brought it about.

A commit can lose to another's, and the wish is then made into a new one on what the other has left; so wishes are kept,
not commits. `plan` says what one commit to a wish does; whether it may, the policy says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from havre.client.engine.groups import Group, Member, Step
from havre.client.engine.terms import (
    Door,
    Home,
    Invitation,
    Role,
    Rules,
    Terms,
    decode_terms,
    encode_terms,
    moved_to,
    with_role,
)
from havre.client.sentences import said
from havre.wire.capability import account_id
from havre.wire.frames import Frame
from havre.wire.sizes import AccountId, DeviceId, PublicKey, QueueId


class Unfit(Exception):
    """The wish makes no sense in the conversation as it is; the sentence says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class _Wish(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Kept in the vault as an array with a tag."""


class Guest(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An account to bring in: where its Welcome goes, and a key package of each of its devices."""

    account_key: PublicKey
    relay: Annotated[str, Meta(max_length=300)]
    inbox: QueueId
    packages: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"Guest({self.inbox.hex()})"


class AddPeople(_Wish, frozen=True, tag=1):
    """Bring accounts in."""

    guests: tuple[Guest, ...]


class LetApplicantIn(_Wish, frozen=True, tag=10):
    """Bring in who has asked: `application` is the hash of what it wrote, `link` the secret of the invitation."""

    guest: Guest
    application: bytes
    link: bytes

    def __repr__(self) -> str:
        return f"LetApplicantIn({self.guest})"


class RemovePeople(_Wish, frozen=True, tag=2):
    """Take accounts out; with `ban` they cannot come back by a link."""

    accounts: tuple[AccountId, ...]
    ban: bool = False


class AddDevices(_Wish, frozen=True, tag=20):
    """Bring devices of one's own in: each with a key package."""

    devices: tuple[tuple[DeviceId, bytes], ...]


class RemoveDevices(_Wish, frozen=True, tag=3):
    """Take devices of one's own out."""

    devices: tuple[DeviceId, ...]


class Edit(_Wish, frozen=True, tag=4):
    """Change what the conversation is called and how it works; none: leave it as it is."""

    title: str | None = None
    description: str | None = None
    picture: bytes | None = None
    timer: int | None = None
    rules: Rules | None = None


class GiveRole(_Wish, frozen=True, tag=5):
    """Give an account a role; a new owner takes the place of the old one, who becomes an admin."""

    account: AccountId
    role: Role


class Unban(_Wish, frozen=True, tag=6):
    """Let an account that was banned come back."""

    account: AccountId


class SetInvitation(_Wish, frozen=True, tag=7):
    """Open, replace or close the invitation link."""

    invitation: Invitation | None


class SetSecondHome(_Wish, frozen=True, tag=9):
    """Have a second home for when the first is away, or none."""

    home: Home | None


class MoveHome(_Wish, frozen=True, tag=12):
    """Have the first home on another relay. Each attempt is made for a queue of its own (`moves.fresh`)."""

    relay: Annotated[str, Meta(max_length=300)]
    home: Home | None = None
    door: Door | None = None


class StepBack(_Wish, frozen=True, tag=8):
    """Before leaving: hand on one's role, and take one's other devices out."""


Wish = (
    AddPeople | LetApplicantIn | AddDevices | RemovePeople | RemoveDevices | Edit | GiveRole | Unban | SetInvitation
    | StepBack | SetSecondHome | MoveHome
)  # fmt: skip
_WISH: Final[Frame[Wish]] = Frame(Wish)


def encode_wish(wish: Wish) -> bytes:
    """Return a wish as the vault keeps it."""
    return _WISH.encode(wish)


def decode_wish(data: bytes) -> Wish:
    """Return the wish that the vault has kept."""
    return _WISH.decode(data)


# --- from a wish to a step ------------------------------------------------------------------------------------


def plan(group: Group, own: Member, wish: Wish) -> Step:
    """Return what one commit to a wish does in the group as it is; raises Unfit. The handover is still to be added."""
    terms = decode_terms(group.terms)
    step: Step = _PLANS[type(wish)](group, terms, own, wish)
    return step


def is_fulfilled(step: Step) -> bool:
    """Tell whether there is nothing left to do for a wish."""
    return not (step.add or step.remove or step.terms is not None)


def _add(group: Group, terms: Terms, own: Member, wish: AddPeople) -> Step:
    there = {member.account for member in group.members}
    guests = (guest for guest in wish.guests if account_id(guest.account_key) not in there)
    return Step(add=tuple(package for guest in guests for package in guest.packages), proposed=False)


def _let_in(group: Group, terms: Terms, own: Member, wish: LetApplicantIn) -> Step:
    link = terms.invitation
    if link is None or link.secret != wish.link:
        raise Unfit(
            said("LinkChanged", "The link by which they asked is no longer the group's; they may ask by the new one.")
        )
    if account_id(wish.guest.account_key) in terms.banned:
        raise Unfit(said("StillBanned", "Whoever is banned cannot be let in; take back the ban first."))
    return _add(group, terms, own, AddPeople((wish.guest,)))


def guests_of(wish: Wish) -> tuple[Guest, ...]:
    """Return the accounts that a wish brings in."""
    match wish:
        case AddPeople(guests=guests):
            return guests
        case LetApplicantIn(guest=guest):
            return (guest,)
        case _:
            return ()


def brings(wish: Wish) -> bool:
    """Tell whether a wish brings anybody in, a device of one's own included."""
    return isinstance(wish, AddDevices) or bool(guests_of(wish))


def _add_devices(group: Group, terms: Terms, own: Member, wish: AddDevices) -> Step:
    there = {member.device for member in group.members if member.account == own.account}
    return Step(add=tuple(package for device, package in wish.devices if device not in there), proposed=False)


def _remove(group: Group, terms: Terms, own: Member, wish: RemovePeople) -> Step:
    if own.account in wish.accounts:
        raise Unfit(said("NotYourself", "You cannot remove yourself; leave the group instead."))
    after = terms
    for account in wish.accounts:
        if terms.role(account) is Role.ADMIN:
            after = with_role(after, account, Role.MEMBER)
    if wish.ban:
        new = tuple(account for account in wish.accounts if account not in terms.banned)
        after = replace(after, banned=(*terms.banned, *new))
    leaves = _leaves(group, lambda member: member.account in wish.accounts)
    if leaves and after.invitation is not None:
        # Who is taken out against their will knows the old link.
        after = replace(after, invitation=None)
    return Step(remove=leaves, terms=_changed(terms, after))


def _remove_devices(group: Group, terms: Terms, own: Member, wish: RemoveDevices) -> Step:
    def is_meant(member: Member) -> bool:
        return member.account == own.account and member.device in wish.devices and member.leaf != own.leaf

    return Step(remove=_leaves(group, is_meant))


def _edit(group: Group, terms: Terms, own: Member, wish: Edit) -> Step:
    changed = {name: value for name in wish.__struct_fields__ if (value := getattr(wish, name)) is not None}
    return Step(terms=_changed(terms, replace(terms, **changed)))


def _give_role(group: Group, terms: Terms, own: Member, wish: GiveRole) -> Step:
    if all(member.account != wish.account for member in group.members):
        raise Unfit(said("OnlyMembers", "Only members can have a role."))
    if wish.account == terms.owner and wish.role is not Role.OWNER:
        raise Unfit(said("OwnerNeeded", "A group has an owner; make somebody else the owner first."))
    return Step(terms=_changed(terms, with_role(terms, wish.account, wish.role)))


def _unban(group: Group, terms: Terms, own: Member, wish: Unban) -> Step:
    banned = tuple(account for account in terms.banned if account != wish.account)
    return Step(terms=_changed(terms, replace(terms, banned=banned)))


def _set_invitation(group: Group, terms: Terms, own: Member, wish: SetInvitation) -> Step:
    return Step(terms=_changed(terms, replace(terms, invitation=wish.invitation)))


def _set_second_home(group: Group, terms: Terms, own: Member, wish: SetSecondHome) -> Step:
    first = terms.homes[0]
    if wish.home is not None and wish.home.relay == first.relay:
        raise Unfit(said("HomeAlready", "The chat lives on that relay already; a second home is on another one."))
    if wish.home is not None and wish.home.relay in [home.relay for home in terms.homes]:
        return Step()
    homes = [first] if wish.home is None else [first, wish.home]
    return Step(terms=_changed(terms, replace(terms, homes=homes)))


def _move_home(group: Group, terms: Terms, own: Member, wish: MoveHome) -> Step:
    if wish.home is None or wish.door is None or wish.relay == terms.homes[0].relay:
        raise Unfit(said("LivesThere", "The chat lives on that relay already."))
    return Step(terms=_changed(terms, moved_to(terms, wish.home, wish.door)))


def _step_back(group: Group, terms: Terms, own: Member, wish: StepBack) -> Step:
    after = terms
    if terms.role(own.account) is Role.OWNER:
        going = {member.account for member in group.leaving}
        heir = _heir([member for member in group.members if member.account not in going], terms)
        after = after if heir is None else with_role(terms, heir, Role.OWNER)
    after = with_role(after, own.account, Role.MEMBER) if after.owner != own.account else after
    if all(member.account == own.account for member in group.members):
        # The last one just goes, and whoever came by the link would find a member whom nobody reaches.
        after = replace(after, invitation=None)
    leaves = _leaves(group, lambda member: member.account == own.account and member.leaf != own.leaf)
    return Step(remove=leaves, terms=_changed(terms, after))


def _heir(members: Sequence[Member], terms: Terms) -> bytes | None:
    """Return who of these owns a group after its owner: the first of the admins, or who has been there for longest."""
    others = [member.account for member in members if member.account != terms.owner]
    return next(iter([*terms.admins, *others]), None)


def _leaves(group: Group, is_meant: Callable[[Member], bool]) -> tuple[int, ...]:
    return tuple(member.leaf for member in group.members if is_meant(member))


def _changed(before: Terms, after: Terms) -> bytes | None:
    return None if after == before else encode_terms(after)


_PLANS: Final[Mapping[type, Callable[[Group, Terms, Member, Any], Step]]] = {
    AddPeople: _add,
    LetApplicantIn: _let_in,
    AddDevices: _add_devices,
    RemovePeople: _remove,
    RemoveDevices: _remove_devices,
    Edit: _edit,
    GiveRole: _give_role,
    Unban: _unban,
    SetInvitation: _set_invitation,
    SetSecondHome: _set_second_home,
    MoveHome: _move_home,
    StepBack: _step_back,
}
