"""Surge mode: it never flaps, the line keeps its order and its bound, and nobody waits for ever."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from havre.relay.core.line import GRACE, Line
from havre.relay.core.surge import (
    TICK,
    Count,
    Door,
    Enter,
    NoPlace,
    Open,
    Rules,
    Surge,
    Wait,
    come_back,
    knock,
    leave,
    watch,
)
from havre.relay.core.vitals import BANDS, Strain, Vitals, judge

CALM, BETWEEN, STRAINED = Vitals(), Vitals(loop_lag=0.015), Vitals(loop_lag=1.0)
CLOSED = Vitals(memory=0.99)
ANY = st.sampled_from([CALM, BETWEEN, STRAINED, CLOSED])
RULES = Rules(most_under_way=5, most_waiting=20, slowest=1.0)


def run(door: Door, vitals: Vitals, seconds: float, rules: Rules = RULES) -> Door:
    """Let time pass on a machine that stays as it is."""
    for _ in range(round(seconds / TICK)):
        door = watch(door, rules, vitals, door.at + TICK)
    return door


def crowd(count: int, rules: Rules = RULES) -> tuple[Door, list[int]]:
    """Return a door in surge at which so many people have come one after the other, and their numbers."""
    door, numbers = run(Door(), STRAINED, 2.0, rules), []
    assert isinstance(door.mode, Surge)
    door = replace(door, mode=replace(door.mode, credit=0.0))
    for _ in range(count):
        door, verdict = knock(door, rules)
        assert isinstance(verdict, Wait)
        numbers.append(verdict.number)
    return door, numbers


def test_the_bands_leave_room_between() -> None:
    assert all(band.calm < band.strained < band.closed for band in BANDS.values())
    assert set(BANDS) == set(Vitals.__dataclass_fields__)
    assert [judge(v) for v in (CALM, BETWEEN, STRAINED, CLOSED)] == list(Strain)


@pytest.mark.parametrize("name", sorted(BANDS))
def test_each_vital_alone_brings_surge_about(name: str) -> None:
    strained = Door(under_way=3) if name == "hands" else Door()
    door = run(strained, Vitals(**{name: BANDS[name].strained}), 1.0)
    assert isinstance(door.mode, Surge)
    assert isinstance(run(replace(door, under_way=0), CALM, 6.0).mode, Open)


def test_a_moment_of_strain_changes_nothing() -> None:
    door = Door()
    for _ in range(20):
        door = run(run(door, STRAINED, 0.25), CALM, 0.25)
        assert isinstance(door.mode, Open)


@given(st.lists(st.sampled_from([CALM, BETWEEN]), max_size=60))
def test_what_is_not_strained_never_leads_into_surge(looks: list[Vitals]) -> None:
    door = Door()
    for vitals in looks:
        door = watch(door, RULES, vitals, door.at + TICK)
        assert isinstance(door.mode, Open)


@given(st.floats(1, 1000), st.integers(1, 200))
def test_between_the_figures_mode_and_rate_stay(rate: float, ticks: int) -> None:
    door = run(Door(mode=Surge(rate, cut_at=0.0)), BETWEEN, ticks * TICK)
    assert isinstance(door.mode, Surge)
    assert door.mode.rate == rate


@settings(deadline=None)
@given(st.lists(st.tuples(ANY, st.integers(0, 8)), max_size=120))
def test_it_never_flaps(looks: list[tuple[Vitals, int]]) -> None:
    """Whatever the machine does: into surge only after lasting strain (or closed), out only after lasting calm."""
    door, since = Door(), 0.0
    before: type[Open | Surge] = Open
    strained, calm = 0.0, 0.0
    for vitals, repeats in looks:
        for _ in range(repeats):
            door = watch(door, RULES, vitals, door.at + TICK)
            strained = strained + TICK if judge(vitals) in (Strain.STRAINED, Strain.CLOSED) else 0.0
            calm = calm + TICK if judge(vitals) is Strain.CALM else 0.0
            if type(door.mode) is not before:
                if isinstance(door.mode, Surge):
                    assert strained >= RULES.enter_after or judge(vitals) is Strain.CLOSED
                else:
                    assert calm >= RULES.leave_after
                    assert door.at - since >= RULES.leave_after
                since, before = door.at, type(door.mode)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("watch"), ANY),
        st.tuples(st.just("knock"), st.integers(1, 12)),
        st.tuples(st.just("back"), st.integers(0, 40)),
        st.tuples(st.just("leave"), st.integers(1, 5)),
    ),
    max_size=150,
)


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_order_and_bounds_hold_whatever_happens(steps: list[tuple[str, object]]) -> None:
    door = Door()
    for what, value in steps:
        if what == "watch":
            assert isinstance(value, Vitals)
            door = watch(door, RULES, value, door.at + TICK)
        elif what == "knock":
            assert isinstance(value, int)
            for _ in range(value):
                was_waiting = door.line.waiting
                door, verdict = knock(door, RULES)
                assert not (was_waiting and isinstance(verdict, Enter)), "whoever comes new overtakes nobody"
                assert isinstance(verdict, NoPlace) == (was_waiting >= RULES.most_waiting)
        elif what == "back":
            assert isinstance(value, int)
            check_nobody_overtakes(door, value)
            door, _ = come_back(door, RULES, value)
        else:
            assert isinstance(value, int)
            for _ in range(min(value, door.under_way)):
                door = leave(door)
        check_sound(door)


def check_nobody_overtakes(door: Door, number: int) -> None:
    """If this number came in now, so would everybody before it whose number is still good."""
    if number < door.line.given and isinstance(come_back(door, RULES, number)[1], Enter):
        for earlier in range(door.line.void, number):
            assert isinstance(come_back(door, RULES, earlier)[1], Enter)


def check_sound(door: Door) -> None:
    line = door.line
    assert 0 <= line.void <= line.called <= line.given
    assert line.waiting <= RULES.most_waiting
    assert 0 <= door.under_way <= RULES.most_under_way
    assert len(line.marks) <= GRACE / 30 + 2
    if isinstance(door.mode, Open):
        assert line.waiting == 0
    else:
        assert door.mode.rate >= RULES.slowest


@settings(deadline=None)
@given(st.lists(st.sampled_from([CALM, BETWEEN, STRAINED]), min_size=1, max_size=30), st.integers(1, 20))
def test_nobody_waits_for_ever_unless_the_relay_is_closed(pattern: list[Vitals], people: int) -> None:
    door, numbers = crowd(people)
    door, left = drain(door, RULES, numbers, pattern, seconds=2 * (people + 2) / RULES.slowest)
    assert not left


def drain(
    door: Door, rules: Rules, numbers: list[int], pattern: list[Vitals], seconds: float
) -> tuple[Door, list[int]]:
    """Let everybody try again and again for so long, and return who is left."""
    for tick in range(round(seconds / TICK)):
        door, left = watch(door, rules, pattern[tick % len(pattern)], door.at + TICK), []
        for place, number in enumerate(numbers):
            door, verdict = come_back(door, rules, number)
            if isinstance(verdict, Enter):
                door = leave(door)
            else:
                left = numbers[place:]  # whoever is behind is not let in either
                break
        numbers = left
        if not numbers:
            break
    return door, numbers


def test_a_closed_relay_calls_nobody_and_goes_on_after() -> None:
    door, numbers = crowd(3)
    door = run(door, CLOSED, 60.0)
    assert door.line.place(numbers[0]) == 1
    _, verdict = come_back(door, RULES, numbers[0])
    assert isinstance(verdict, Wait)
    assert verdict.retry_after == RULES.longest_wait
    assert run(door, CALM, 5.0).line.waiting == 0


def test_while_the_machine_is_calm_the_line_empties_ever_faster() -> None:
    rules = Rules()
    door, numbers = crowd(10_000, rules)
    door, left = drain(door, rules, numbers, [CALM], seconds=60.0)
    assert not left
    assert door.at < 60
    assert isinstance(run(door, CALM, 20.0, rules).mode, Open)


def test_strain_cuts_the_rate_again_and_again_but_never_to_nothing() -> None:
    door = run(Door(mode=Surge(1000.0, cut_at=-9.0), pace=1000.0), STRAINED, 4.0)
    assert isinstance(door.mode, Surge)
    assert RULES.slowest < door.mode.rate < 700
    door = run(door, STRAINED, 60.0)
    assert isinstance(door.mode, Surge)
    assert door.mode.rate == RULES.slowest


def test_a_single_strained_look_cuts_nothing() -> None:
    door = Door(mode=Surge(1000.0, cut_at=0.0), at=10.0)
    for _ in range(20):
        door = run(run(door, BETWEEN, 2 * TICK), STRAINED, TICK)
        assert isinstance(door.mode, Surge)
        assert door.mode.rate == 1000.0


def test_a_machine_that_sign_ups_do_not_strain_is_cut_by_little() -> None:
    rules, before = Rules(), Door(mode=Surge(1000.0, cut_at=-9.0), pace=2000.0)
    many = replace(before, under_way=rules.most_under_way // 4)
    rates = [door.mode.rate for d in (before, many) if isinstance((door := run(d, STRAINED, TICK, rules)).mode, Surge)]
    assert rates == [pytest.approx(1000 * rules.cut_of_few), pytest.approx(1000 * rules.cut_for_time)]


@pytest.mark.parametrize(("finished", "is_cut"), [(76, False), (75, True)])
def test_the_rate_is_not_cut_again_while_those_under_way_become_fewer(finished: int, is_cut: bool) -> None:
    rules = Rules()
    door = Door(mode=Surge(100.0, cut_at=-9.0), under_way=400, count=Count(entered=25, left=finished), pace=100.0)
    door = run(door, CALM, TICK, rules)
    assert isinstance(door.mode, Surge)
    assert (door.mode.rate < 100.0) is is_cut


@pytest.mark.parametrize(("under_way", "grows"), [(127, True), (128, False)])
def test_between_the_figures_the_rate_grows_while_those_who_come_in_are_finished(under_way: int, grows: bool) -> None:
    rules = Rules()
    door = Door(mode=Surge(100.0, cut_at=0.0), under_way=under_way, count=Count(entered=25, left=25))
    door = run(door, BETWEEN, TICK, rules)
    assert isinstance(door.mode, Surge)
    assert (door.mode.rate > 100.0) is grows


def test_a_crowd_stands_in_line_before_anything_was_measured() -> None:
    door, verdicts = Door(), []
    for _ in range(7):
        door, verdict = knock(door, RULES)
        verdicts.append(verdict)
    assert verdicts[:5] == [Enter()] * 5
    assert [v.place for v in verdicts[5:] if isinstance(v, Wait)] == [1, 2]


def test_whoever_is_called_while_all_hands_are_full_keeps_the_turn() -> None:
    door, (number,) = crowd(1)
    door = replace(run(door, CALM, 2.0), under_way=RULES.most_under_way)
    door, verdict = come_back(door, RULES, number)
    assert verdict == Wait(number, 0, RULES.stand_by, RULES.stand_by)
    _, verdict = come_back(leave(door), RULES, number)
    assert verdict == Enter()


def test_a_called_number_is_void_after_a_while() -> None:
    door, numbers = crowd(1)
    door = run(door, CALM, GRACE - 30)
    assert isinstance(come_back(door, RULES, numbers[0])[1], Enter)
    door = run(door, CALM, 90)
    assert door.line.void > numbers[0]
    assert door.line.marks[0].at > door.at - GRACE - 60


def test_a_number_that_was_never_given_is_worth_nothing() -> None:
    door, _ = crowd(2)
    door, verdict = come_back(door, RULES, 10**9)
    assert isinstance(verdict, Wait)
    assert verdict.number == 2


def test_a_full_line_says_so_and_gives_no_number() -> None:
    door, _ = crowd(RULES.most_waiting)
    after, verdict = knock(door, RULES)
    assert (after, verdict) == (door, NoPlace(RULES.longest_wait))


@given(st.integers(0, 2_000_000))
def test_the_longer_the_line_the_less_often_people_ask(waiting: int) -> None:
    rules = Rules(most_waiting=2_000_000)
    door = Door(mode=Surge(10.0, 0.0), line=Line(given=waiting))
    _, verdict = knock(door, rules)
    if isinstance(verdict, Wait):
        assert rules.shortest_wait <= verdict.retry_after <= max(rules.longest_wait, (waiting + 1) / rules.answers)
        assert verdict.wait == pytest.approx(verdict.place / 10.0)


# --- a day of many sign-ups, simulated --------------------------------------------------------------------------


@dataclass
class Machine:
    """A relay that can do so many sign-ups a second; what is more makes its event loop late."""

    capacity: float
    rules: Rules = field(default_factory=Rules)
    door: Door = field(default_factory=Door)
    queued: float = 0.0
    lag: float = 0.0
    done: list[tuple[float, int]] = field(default_factory=list)
    """When, and who (numbered in the order in which they first came)."""
    lags: list[float] = field(default_factory=list)

    def pass_time(self, seconds: float) -> None:
        finished = min(self.queued, self.capacity * seconds)
        self.queued -= finished
        while self.door.under_way > self.queued:
            self.door = leave(self.door)
        self.lag += 0.1 * (0.25 * min(self.queued, 64) / self.capacity - self.lag)
        self.lags.append(self.lag)

    def tick(self, now: float) -> None:
        self.door = watch(self.door, self.rules, Vitals(loop_lag=self.lag), now)


def simulate(machine: Machine, arrivals: list[float], seconds: float, seed: int, comes_back: float = 1.0) -> None:
    """Let people come at these times; each comes back when told to, a little late; some never do."""
    chance = random.Random(seed)
    events: list[tuple[float, int, int | None]] = [(at, person, None) for person, at in enumerate(arrivals)]
    heapq.heapify(events)
    step = 0.01
    for tick in range(round(seconds / step)):
        now = tick * step
        while events and events[0][0] <= now:
            _, person, number = heapq.heappop(events)
            if number is None:
                machine.door, verdict = knock(machine.door, machine.rules)
            else:
                machine.door, verdict = come_back(machine.door, machine.rules, number)
            if isinstance(verdict, Enter):
                machine.queued += 1
                machine.done.append((now, person))
            elif chance.random() < comes_back:
                later = now + verdict.retry_after * (1 + 0.1 * chance.random()) + chance.random()
                heapq.heappush(events, (later, person, verdict.number if isinstance(verdict, Wait) else None))
        machine.pass_time(step)
        if tick % round(TICK / step) == 0:
            machine.tick(now + step)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_crowd_of_twice_the_capacity_all_get_in_and_the_loop_stays_quick(seed: int) -> None:
    machine = Machine(capacity=300.0)
    arrivals = [n / 600 for n in range(18_000)]  # half a minute at twice what the machine can do
    simulate(machine, arrivals, 200.0, seed)
    assert len(machine.done) == len(arrivals), "everybody got in"
    busy = machine.lags[500:6000]
    assert sum(busy) / len(busy) < 0.03, "the loop is late by little"
    last = max(at for at, _ in machine.done)
    assert last < len(arrivals) / machine.capacity / 0.7, "at most of what the machine can do"
    places = [person for _, person in sorted(machine.done)]
    moved = sorted(abs(place - person) for place, person in enumerate(places))
    assert moved[len(moved) // 2] < 18_000 / 6, "in about the order in which they came"


def test_those_who_never_come_back_hold_up_nobody() -> None:
    machine = Machine(capacity=300.0)
    simulate(machine, [n / 600 for n in range(12_000)], 150.0, seed=4, comes_back=0.3)
    assert machine.door.line.waiting == 0
    assert isinstance(machine.door.mode, Open)
