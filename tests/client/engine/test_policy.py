"""The policy by itself: every role and every change, as one table; and what no role may bring about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as with_fields

from havre.client.engine.groups import Changed, Member, Reason, Removal, Unusable
from havre.client.engine.policy import check_commit, may_write, rotates
from havre.client.engine.terms import (
    DIRECT,
    GROUP,
    SELF,
    Door,
    Home,
    Invitation,
    Moved,
    Role,
    Rules,
    Terms,
    decode_terms,
    encode_terms,
    moved_to,
    with_role,
)


def account(name: str) -> bytes:
    return name.encode().ljust(32, b".")


def device(leaf: int, name: str, kind: str = "phone") -> Member:
    return Member(leaf, account(name), account(name), kind.encode())


OLGA, ADA, ABE, MIA, MAX = (device(leaf, name) for leaf, name in enumerate(("olga", "ada", "abe", "mia", "max")))
MIAS_LAPTOP = device(7, "mia", "laptop")
EVE, STRANGER = device(8, "eve"), device(9, "stranger")
HERE = (OLGA, ADA, ABE, MIA, MAX, MIAS_LAPTOP)
BY_ROLE = {Role.OWNER: OLGA, Role.ADMIN: ADA, Role.MEMBER: MIA}
SECOND = Home("https://elsewhere.example", bytes(16))
THERE, ITS_DOOR = Home("https://elsewhere.example", b"e" * 16, 1 << 32), Door(b"d" * 16, b"D" * 32)
LINK = Invitation(b"s" * 32, approval=False)
TERMS = Terms(
    1, GROUP, [Home("https://relay.example", bytes(16))], title="Choir", owner=OLGA.account,
    admins=(ADA.account, ABE.account), banned=(EVE.account,),
)  # fmt: skip


def change(
    committer: Member,
    added: tuple[Member, ...] = (),
    removed: tuple[Removal, ...] = (),
    terms: Terms = TERMS,
    **more: Any,
) -> Changed:
    gone = [removal.member for removal in removed]
    after = {member.account for member in (*HERE, *added, committer) if member not in gone or member in added}
    if more.get("external"):
        after.add(committer.account)
    return Changed(None, committer, added, removed, encode_terms(terms), frozenset(after), **more)


def edited(**fields: Any) -> Callable[[Member], Changed]:
    return lambda who: change(who, terms=with_fields(TERMS, **fields))


def ranked(member: Member, role: Role) -> Callable[[Member], Changed]:
    return lambda who: change(who, terms=with_role(TERMS, member.account, role))


def without(*gone: Member, terms: Terms = TERMS) -> Callable[[Member], Changed]:
    return lambda who: change(who, removed=tuple(Removal(member) for member in gone), terms=terms)


def bringing(*added: Member) -> Callable[[Member], Changed]:
    return lambda who: change(who, added=added)


ALL = frozenset(Role)
STAFF = frozenset({Role.ADMIN, Role.OWNER})
OWNER = frozenset({Role.OWNER})
NONE: frozenset[Role] = frozenset()

TABLE: dict[str, tuple[frozenset[Role], Callable[[Member], Changed]]] = {
    "fresh keys": (ALL, change),
    "add somebody": (STAFF, bringing(STRANGER)),
    "add somebody banned": (NONE, bringing(EVE)),
    "add one's own device": (ALL, lambda who: change(who, added=(replace(who, leaf=10, device=b"new"),))),
    "remove a member": (STAFF, without(MAX)),
    "remove an admin": (OWNER, without(ABE, terms=with_role(TERMS, ABE.account, Role.MEMBER))),
    "remove an admin, who stays one": (NONE, without(ABE)),
    "remove the owner": (NONE, lambda who: change(who, removed=(Removal(OLGA),)) if who != OLGA else refused(who)),
    "somebody leaves": (ALL, lambda who: change(who, removed=(Removal(MAX, left=True),))),
    "an admin leaves and stays one": (NONE, lambda who: change(who, removed=(Removal(ABE, left=True),))),
    "title": (STAFF, edited(title="Quire")),
    "description": (STAFF, edited(description="Tuesdays")),
    "picture": (STAFF, edited(picture=b"picture")),
    "timer": (STAFF, edited(timer=3600)),
    "rules": (STAFF, edited(rules=Rules(write=Role.ADMIN))),
    "open a link": (STAFF, edited(invitation=LINK)),
    "a second home": (STAFF, edited(homes=[*TERMS.homes, SECOND])),
    "another first home": (NONE, edited(homes=[SECOND])),
    "move": (STAFF, lambda who: change(who, terms=moved_to(TERMS, THERE, ITS_DOOR))),
    "a door of another's": (NONE, edited(door=ITS_DOOR)),
    "homes that were none": (NONE, edited(moved=Moved(bytes(16), ("https://other.example",)))),
    "a second home that counts on": (NONE, edited(homes=[*TERMS.homes, THERE])),
    "twice the same relay": (NONE, edited(homes=[*TERMS.homes, Home(TERMS.homes[0].relay, bytes(16))])),
    "ban": (STAFF, without(MAX, terms=with_fields(TERMS, banned=(EVE.account, MAX.account)))),
    "ban who stays": (NONE, edited(banned=(EVE.account, MAX.account))),
    "unban": (STAFF, edited(banned=())),
    "make an admin": (OWNER, ranked(MAX, Role.ADMIN)),
    "make another the owner": (OWNER, ranked(MAX, Role.OWNER)),
    "unmake an admin": (OWNER, ranked(ABE, Role.MEMBER)),
    "make a stranger an admin": (NONE, ranked(STRANGER, Role.ADMIN)),
    "no owner": (NONE, edited(owner=b"")),
    "an admin twice": (NONE, edited(admins=(ADA.account, ADA.account))),
    "owner and admin": (NONE, edited(admins=(ADA.account, ABE.account, OLGA.account))),
    "another kind": (NONE, edited(kind=DIRECT)),
    "another version": (NONE, edited(version=2)),
    "something strange": (NONE, lambda who: change(who, strange=True)),
    "terms that are none": (NONE, lambda who: replace(change(who), terms=b"nonsense")),
    "a timer of a second": (NONE, edited(timer=1)),
}


def refused(who: Member) -> Changed:
    """The owner cannot commit to its own removal; in its place something that nobody may do."""
    return change(who, strange=True)


def is_allowed(terms: Terms, changed: Changed) -> bool:
    try:
        check_commit(terms, changed)
    except Unusable as error:
        if error.reason not in (Reason.FORBIDDEN, Reason.MALFORMED):
            raise
        return False
    return True


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", TABLE)
def test_who_may_do_what(name: str, role: Role) -> None:
    allowed, made = TABLE[name]
    assert is_allowed(TERMS, made(BY_ROLE[role])) == (role in allowed)


@pytest.mark.parametrize("rank", Role)
@pytest.mark.parametrize("role", Role)
def test_rules_say_who_may_add_edit_and_write(rank: Role, role: Role) -> None:
    who = BY_ROLE[role]
    terms = with_fields(TERMS, rules=Rules(write=rank, add=rank, edit=rank))
    assert is_allowed(terms, change(who, added=(STRANGER,), terms=terms)) == (role >= rank)
    assert is_allowed(terms, change(who, terms=with_fields(terms, title="x"))) == (role >= rank)
    assert may_write(terms, who.account) == (role >= rank)


def test_an_admin_gives_up_only_its_own_role() -> None:
    assert is_allowed(TERMS, change(ADA, terms=with_role(TERMS, ADA.account, Role.MEMBER)))
    assert not is_allowed(TERMS, change(ADA, terms=with_role(TERMS, ABE.account, Role.MEMBER)))
    both = with_role(with_role(TERMS, ADA.account, Role.MEMBER), ABE.account, Role.MEMBER)
    assert not is_allowed(TERMS, change(ADA, terms=both))


def test_an_owner_who_steps_back_is_followed_by_another() -> None:
    handed_on = with_role(with_role(TERMS, ADA.account, Role.OWNER), OLGA.account, Role.MEMBER)
    assert is_allowed(TERMS, change(OLGA, terms=handed_on))
    assert not is_allowed(TERMS, change(OLGA, terms=with_role(TERMS, OLGA.account, Role.MEMBER)))


# --- from outside ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [DIRECT, GROUP])
def test_a_device_comes_back_in_place_of_a_leaf_of_its_account(kind: str) -> None:
    terms = TERMS if kind == GROUP else Terms(1, DIRECT, TERMS.homes)
    back = replace(MIA, leaf=20)
    for lost in (MIA, MIAS_LAPTOP):
        assert is_allowed(terms, change(back, removed=(Removal(lost),), terms=terms, external=True))
    for gone in ((MAX,), (MIA, MAX), (MIA, MIAS_LAPTOP), ()):
        removed = tuple(Removal(member) for member in gone)
        assert not is_allowed(terms, change(back, removed=removed, terms=terms, external=True))
    retitled = with_fields(terms, title="x")
    assert not is_allowed(terms, change(back, removed=(Removal(MIA),), terms=retitled, external=True))


@pytest.mark.parametrize("invited", [True, False])
@pytest.mark.parametrize("link", [None, LINK, Invitation(b"s" * 32, approval=True)])
@pytest.mark.parametrize("who", [STRANGER, EVE])
def test_who_may_come_by_a_link(link: Invitation | None, invited: bool, who: Member) -> None:
    terms = with_fields(TERMS, invitation=link)
    allowed = link == LINK and invited and who == STRANGER
    assert is_allowed(terms, change(who, terms=terms, external=True, invited=invited)) == allowed


def test_nobody_comes_by_a_link_and_takes_another_out() -> None:
    terms = with_fields(TERMS, invitation=LINK)
    made = change(STRANGER, removed=(Removal(MAX),), terms=terms, external=True, invited=True)
    assert not is_allowed(terms, made)


# --- moving ---------------------------------------------------------------------------------------------------

OPEN = with_fields(TERMS, invitation=LINK, homes=[*TERMS.homes, Home("https://second.example", b"2" * 16)])
GONE = moved_to(OPEN, THERE, ITS_DOOR)
SECRETIVE = Home("http://127.0.0.1:8080", b"e" * 16, 1 << 32)


def test_a_move_takes_the_door_along_and_closes_the_link() -> None:
    assert is_allowed(OPEN, change(OLGA, terms=GONE))
    assert GONE.homes == [THERE, OPEN.homes[1]]
    assert (GONE.door, GONE.invitation) == (ITS_DOOR, None)
    assert GONE.moved == Moved(bytes(16), ("https://relay.example",))
    assert GONE.name == OPEN.name == bytes(16)
    assert rotates(OPEN, change(OLGA, terms=GONE))


@pytest.mark.parametrize(
    "terms",
    [
        with_fields(GONE, invitation=LINK),
        with_fields(GONE, door=None),
        with_fields(GONE, moved=None),
        with_fields(GONE, moved=Moved(b"n" * 16, GONE.moved.relays if GONE.moved else ())),
        with_fields(GONE, moved=Moved(bytes(16), ("https://innocent.example",))),
        with_fields(GONE, title="and a new title"),
        with_fields(GONE, homes=[THERE]),
        moved_to(OPEN, Home(THERE.relay, THERE.queue, 0), ITS_DOOR),
        moved_to(OPEN, Home(OPEN.homes[0].relay, THERE.queue, 1 << 32), ITS_DOOR),
        moved_to(OPEN, Home(THERE.relay, OPEN.homes[0].queue, 1 << 32), ITS_DOOR),
        moved_to(OPEN, Home("https://ELSEWHERE.example", THERE.queue, 1 << 32), ITS_DOOR),
        moved_to(OPEN, Home("no address at all", THERE.queue, 1 << 32), ITS_DOOR),
        moved_to(OPEN, SECRETIVE, ITS_DOOR),
    ],
)
def test_what_is_no_move(terms: Terms) -> None:
    assert not is_allowed(OPEN, change(OLGA, terms=terms))


def test_what_lives_on_this_machine_may_move_on_it() -> None:
    local = with_fields(TERMS, homes=[Home("http://127.0.0.1:7070", bytes(16))])
    assert is_allowed(local, change(OLGA, terms=moved_to(local, SECRETIVE, ITS_DOOR)))


def test_a_second_move_counts_further_and_keeps_the_name() -> None:
    again = Home("https://third.example", b"3" * 16, 1 << 33)
    other_door = Door(b"o" * 16, b"O" * 32)
    moved = moved_to(GONE, again, other_door)
    assert is_allowed(GONE, change(OLGA, terms=moved))
    assert moved.name == OPEN.name
    assert not is_allowed(GONE, change(OLGA, terms=moved_to(GONE, again, ITS_DOOR)))
    back = Home("https://third.example", b"3" * 16, 1 << 32)
    assert not is_allowed(GONE, change(OLGA, terms=moved_to(GONE, back, other_door)))


def test_who_comes_from_outside_moves_nothing() -> None:
    made = change(STRANGER, terms=GONE, external=True, invited=True)
    assert not is_allowed(OPEN, made)


def test_the_conversation_of_my_own_devices_stays() -> None:
    mine = Terms(1, SELF, TERMS.homes)
    assert not is_allowed(mine, change(MIA, terms=moved_to(mine, THERE, ITS_DOOR)))


def test_few_of_the_homes_that_were_left_are_remembered() -> None:
    terms = TERMS
    for number in range(1, 9):
        terms = moved_to(terms, Home(f"https://relay{number}.example", bytes([number]) * 16, number << 32), ITS_DOOR)
    assert decode_terms(encode_terms(terms)) == terms
    assert terms.moved is not None
    assert terms.moved.relays == tuple(f"https://relay{number}.example" for number in (4, 5, 6, 7))


# --- direct conversations -------------------------------------------------------------------------------------

TALK = Terms(1, DIRECT, TERMS.homes)


@pytest.mark.parametrize(
    ("made", "allowed"),
    [
        (change(MIA, terms=TALK), True),
        (change(MIA, added=(MIAS_LAPTOP,), terms=TALK), True),
        (change(MIA, removed=(Removal(MIAS_LAPTOP),), terms=TALK), True),
        (change(MIA, terms=with_fields(TALK, timer=60)), True),
        (change(MIA, terms=with_fields(TALK, homes=[*TALK.homes, SECOND])), True),
        (change(MIA, terms=with_fields(TALK, homes=[SECOND])), False),
        (change(MIA, terms=moved_to(TALK, THERE, ITS_DOOR)), True),
        (change(MIA, terms=moved_to(with_fields(TALK, timer=60), THERE, ITS_DOOR)), False),
        (
            change(MIA, removed=(Removal(MIA),), terms=with_fields(TALK, homes=[*TALK.homes, SECOND]), external=True),
            False,
        ),
        (change(MIA, added=(MAX,), terms=TALK), False),
        (change(MIA, removed=(Removal(MAX),), terms=TALK), False),
        (change(MIA, removed=(Removal(MAX, left=True),), terms=TALK), False),
        (change(MIA, terms=with_fields(TALK, title="x")), False),
        (change(MIA, terms=with_fields(TALK, owner=MIA.account)), False),
        (change(STRANGER, terms=TALK, external=True), False),
        (change(STRANGER, terms=TALK, external=True, invited=True), False),
        (change(MIA, terms=TALK, strange=True), False),
    ],
)
def test_direct(made: Changed, allowed: bool) -> None:
    assert is_allowed(TALK, made) == allowed


def test_nothing_is_allowed_in_what_is_not_known() -> None:
    terms = Terms(1, "parliament", TERMS.homes)
    assert not is_allowed(terms, change(MIA, terms=terms))


# --- what follows ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (change(OLGA), False),
        (change(OLGA, added=(STRANGER,)), False),
        (change(OLGA, terms=with_fields(TERMS, title="x")), False),
        (change(OLGA, removed=(Removal(MAX),)), True),
        (change(OLGA, terms=with_role(TERMS, MAX.account, Role.ADMIN)), True),
        (change(OLGA, terms=with_fields(TERMS, invitation=LINK)), True),
        (change(OLGA, terms=with_fields(TERMS, homes=[*TERMS.homes, SECOND])), True),
        (change(MIA, removed=(Removal(MIA),), external=True), False),
    ],
)
def test_capabilities_are_rotated(made: Changed, expected: bool) -> None:
    assert rotates(TERMS, made) == expected


members = st.sampled_from((*HERE, EVE, STRANGER))
accounts = members.map(lambda member: member.account)


@dataclass(frozen=True)
class Tried:
    made: Changed
    before: Terms


@st.composite
def attempts(draw: st.DrawFn) -> Tried:
    """Anything that anybody might try, in any group."""
    before = with_fields(TERMS, invitation=draw(st.sampled_from([None, LINK])))
    after = with_fields(
        before,
        owner=draw(accounts),
        admins=tuple(draw(st.lists(accounts, max_size=3))),
        banned=tuple(draw(st.lists(accounts, max_size=2))),
        title=draw(st.sampled_from(["Choir", "x"])),
    )
    removed = tuple(Removal(member, draw(st.booleans())) for member in draw(st.lists(members, max_size=2)))
    added = tuple(draw(st.lists(members, max_size=2)))
    terms = draw(st.sampled_from([before, after]))
    made = change(draw(members), added, removed, terms, external=draw(st.booleans()), invited=draw(st.booleans()))
    return Tried(made, before)


@given(attempts())
def test_whatever_is_allowed_leaves_a_sound_group(tried: Tried) -> None:
    """One owner who is a member, admins who are members, nobody banned: whoever tries whatever."""
    if not is_allowed(tried.before, tried.made):
        return
    after = decode_terms(tried.made.terms)
    if not tried.made.external:
        assert after.owner in tried.made.accounts
        assert set(after.admins) <= tried.made.accounts
        assert not tried.made.accounts & set(after.banned)
    role = tried.before.role(tried.made.committer.account)
    if role is not Role.OWNER:
        assert after.owner == tried.before.owner
    if role is Role.MEMBER:
        assert set(after.admins) == set(tried.before.admins)
        assert after.banned == tried.before.banned
