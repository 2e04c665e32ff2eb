"""What counts of all that is done to a message, and that the way it came to be known makes no difference."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.content import ClosePoll, Delete, Edit, Pin, Poll, React, Shown, Text, Unknown, Vote
from havre.content.kinds.registry import Act
from havre.content.standing import (
    CHANGEABLE,
    MAX_EDITS,
    UNPLACED,
    Amendment,
    Original,
    Refusal,
    Standing,
    standing,
    supersedes,
)

ALICE, BOB, CAROL = b"a" * 32, b"b" * 32, b"c" * 32
TARGET = b"t" * 32
QUEUE = b"q" * 16
SENT = 1_700_000_000
WORDS = Original(ALICE, (SENT, QUEUE, 1, 1), Text("first", True))
POLL = Original(ALICE, (SENT, QUEUE, 1, 1), Poll("Where?", ("here", "there", "nowhere"), False))


def done(sender: bytes, act: Act, cursor: int, after: int = 0, privileged: bool = False) -> Amendment:
    """Return an amendment that came `after` so many seconds; cursor 0: no relay has it yet."""
    place = (SENT + after, QUEUE, cursor, cursor) if cursor else (UNPLACED, b"", 0, 1)
    return Amendment(cursor.to_bytes(32, "big"), sender, place, cursor, act, privileged)


def stands(*amendments: Amendment, original: Original = WORDS) -> Standing:
    return standing(original, amendments)


def edit(words: str) -> Edit:
    return Edit(TARGET, Text(words, True))


def test_everybody_has_one_reaction_which_can_be_changed_and_taken_back() -> None:
    one = done(BOB, React(TARGET, "👍"), 2)
    other = done(CAROL, React(TARGET, "😀"), 3)
    changed = done(BOB, React(TARGET, "❤"), 4)
    assert stands(one, other).reactions == {BOB: "👍", CAROL: "😀"}
    assert list(stands(one, other, changed).reactions.items()) == [(CAROL, "😀"), (BOB, "❤")]
    assert stands(one, other, done(BOB, React(TARGET, ""), 5)).reactions == {CAROL: "😀"}


def test_what_no_relay_has_yet_comes_last() -> None:
    mine = done(BOB, React(TARGET, "🎉"), 0)
    assert stands(mine, done(BOB, React(TARGET, "👍"), 9)).reactions == {BOB: "🎉"}


def test_edits_are_the_authors_and_their_history_is_kept() -> None:
    found = stands(done(ALICE, edit("second"), 2), done(ALICE, edit("third"), 3), done(BOB, edit("forged"), 4))
    assert [version.body.text for version in found.edits] == ["second", "third"]
    assert list(found.refused.values()) == [Refusal.NOT_YOURS]


@pytest.mark.parametrize("act", [edit("late"), Delete(TARGET)])
def test_after_a_day_the_author_can_change_nothing(act: Act) -> None:
    assert not stands(done(ALICE, act, 2, after=CHANGEABLE)).refused
    late = done(ALICE, act, 2, after=CHANGEABLE + 1)
    assert stands(late).refused == {late.id: Refusal.TOO_LATE}


def test_only_a_text_can_be_edited() -> None:
    for body in (POLL.body, Unknown("x")):
        found = stands(done(ALICE, edit("x"), 2), original=Original(ALICE, WORDS.place, body))
        assert list(found.refused.values()) == [Refusal.UNFIT]


def test_edits_are_bounded() -> None:
    found = stands(*(done(ALICE, edit(str(number)), number + 2) for number in range(MAX_EDITS + 5)))
    assert len(found.edits) == MAX_EDITS
    assert list(found.refused.values()) == [Refusal.TOO_OFTEN] * 5


def test_a_deleted_message_has_nothing_left_and_takes_nothing_more() -> None:
    found = stands(
        done(BOB, React(TARGET, "👍"), 2), done(BOB, Pin(TARGET, True), 3), done(ALICE, edit("x"), 4),
        done(ALICE, Delete(TARGET), 5), done(BOB, React(TARGET, "👎"), 6),
    )  # fmt: skip
    assert found.deleted_by == ALICE
    assert (dict(found.reactions), found.edits, found.pinned) == ({}, (), 0)
    assert list(found.refused.values()) == [Refusal.TOO_LATE]


def test_others_cannot_delete_unless_they_are_admins() -> None:
    assert stands(done(BOB, Delete(TARGET), 2)).deleted_by is None
    assert stands(done(BOB, Delete(TARGET), 2, after=CHANGEABLE * 9, privileged=True)).deleted_by == BOB


def test_votes_can_be_changed_until_the_poll_is_closed() -> None:
    found = stands(
        done(BOB, Vote(TARGET, (0,)), 2), done(CAROL, Vote(TARGET, (1,)), 3), done(BOB, Vote(TARGET, (2,)), 4),
        done(BOB, ClosePoll(TARGET), 5), done(ALICE, ClosePoll(TARGET), 6), done(CAROL, Vote(TARGET, ()), 7),
        original=POLL,
    )  # fmt: skip
    assert found.votes == {CAROL: (1,), BOB: (2,)}
    assert found.closed
    assert list(found.refused.values()) == [Refusal.NOT_YOURS, Refusal.TOO_LATE]


def test_a_vote_fits_its_poll() -> None:
    for choices in ((3,), (0, 1)):
        assert list(stands(done(BOB, Vote(TARGET, choices), 2), original=POLL).refused.values()) == [Refusal.UNFIT]
    several = Original(ALICE, WORDS.place, Poll("Which?", ("a", "b"), True))
    assert stands(done(BOB, Vote(TARGET, (0, 1)), 2), original=several).votes == {BOB: (0, 1)}
    assert list(stands(done(BOB, Vote(TARGET, (0,)), 2)).refused.values()) == [Refusal.UNFIT], "a text is no poll"


def test_the_last_pin_counts() -> None:
    assert stands(done(BOB, Pin(TARGET, True), 2)).pinned == 2
    assert stands(done(BOB, Pin(TARGET, True), 2), done(CAROL, Pin(TARGET, False), 3)).pinned == 0


# --- any way of coming to know the same things ----------------------------------------------------------------

ACCOUNTS = st.sampled_from([ALICE, BOB, CAROL])
ACTS: st.SearchStrategy[Act] = st.one_of(
    st.builds(React, st.just(TARGET), st.sampled_from(["👍", "❤", ""])),
    st.builds(edit, st.sampled_from(["x", "y"])),
    st.builds(Pin, st.just(TARGET), st.booleans()),
    st.builds(Vote, st.just(TARGET), st.sampled_from([(), (0,), (1,), (5,)])),
    st.just(ClosePoll(TARGET)),
    st.just(Delete(TARGET)),
)
BODIES: st.SearchStrategy[Shown] = st.sampled_from([WORDS.body, POLL.body, Unknown("x")])


@st.composite
def histories(draw: st.DrawFn) -> list[Amendment]:
    acts = draw(st.lists(st.tuples(ACCOUNTS, ACTS, st.sampled_from([0, 60, CHANGEABLE + 1])), max_size=14))
    after = 0
    found = []
    for number, (sender, act, passes) in enumerate(acts):
        after += passes
        found.append(done(sender, act, number + 2, after, privileged=draw(st.booleans()) and sender == CAROL))
    return found


@given(BODIES, histories(), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_ends_in_the_same(body: Shown, history: list[Amendment], chance: Random) -> None:
    original = Original(ALICE, WORDS.place, body)
    known = history + chance.choices(history, k=3) if history else []
    chance.shuffle(known)
    assert standing(original, known) == standing(original, history)


@given(BODIES, histories())
def test_what_is_superseded_can_be_forgotten(body: Shown, history: list[Amendment]) -> None:
    original = Original(ALICE, WORDS.place, body)
    kept, full = standing(original, without_superseded(history)), standing(original, history)
    for found in (kept, full):
        object.__setattr__(found, "refused", {})
    assert kept == full


def without_superseded(history: Sequence[Amendment]) -> list[Amendment]:
    return [
        one
        for at, one in enumerate(history)
        if not any(later.sender == one.sender and supersedes(later.act, one.act) for later in history[at + 1 :])
    ]


@given(BODIES, histories())
def test_nothing_of_another_author_is_ever_changed(body: Shown, history: list[Amendment]) -> None:
    original = Original(ALICE, WORDS.place, body)
    by_others = [one for one in history if one.sender == BOB]
    found = standing(original, by_others)
    assert not found.edits
    assert found.deleted_by is None
    assert not found.closed


def test_a_storm_of_reactions_is_counted_quickly() -> None:
    storm = [done(number.to_bytes(32, "big"), React(TARGET, "👍"), number + 2) for number in range(10_000)]
    assert len(stands(*storm).reactions) == 10_000
