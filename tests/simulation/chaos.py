"""One seed, one story: people who talk while wires break and processes die, and what must hold when it is over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

from havre.client.engine import effects
from havre.client.vault.rows import MessageState
from havre.wire.refusals import Code
from havre.wire.stream import Pushed, Refused
from tests.simulation.real import real_newcomer
from tests.simulation.world import CrashError, Device, World, fake_newcomer


class Story:
    """Two to four people on one or two relays, `steps` random things that happen, then peace and the invariants."""

    def __init__(self, world: World, steps: int) -> None:
        self.world, self.random, self.steps = world, world.random, steps
        relays = [world.relay(number) for number in range(1, self.random.randint(1, 2) + 1)]
        names = ("alice", "bob", "carol", "dave")[: self.random.randint(2, 4)]
        self.people = [world.person(name, self.random.choice(relays)) for name in names]
        self.accepted: Counter[tuple[str, str, str]] = Counter()
        self._said = 0
        self._actions: list[tuple[int, Callable[[Device], None]]] = [
            (12, self.relay_works),
            (12, self.device_hears),
            (6, self.say_something),
            (2, self.read_something),
            (2, self.connect),
            (1, self.add_somebody),
            (1, self.lose_connection),
            (1, self.die),
            (1, self.die_soon),
            (1, self.repeat_push),
            (1, self.swap_pushes),
            (1, self.relay_is_busy),
            (1, self.time_passes),
            (3, self.directory_answers),
        ]

    def run(self) -> None:
        """Let it all happen, then check."""
        weights = [weight for weight, _ in self._actions]
        for _ in range(self.steps):
            _, action = self.random.choices(self._actions, weights)[0]
            device = self.random.choice(self.people)
            try:
                action(device)
            except CrashError as dead:
                next(one for one in self.people if one.vault is dead.vault).crash()
        self.make_peace()
        self.check()

    def make_peace(self) -> None:
        """Let every wire hold, every process live, and all that waits arrive."""
        for device in self.people:
            device.crash()
        for _ in range(3):
            self.world.settle()
            self.world.pass_time(2 * 3600 * 1000)
        self.world.settle()

    # --- what happens -----------------------------------------------------------------------------------------

    def relay_works(self, device: Device) -> None:
        for relay, wire in device.wires.items():
            for _ in range(self.random.randint(1, 6)):
                if wire.commands:
                    self.world.relays[relay].take(wire)

    def device_hears(self, device: Device) -> None:
        for relay in list(device.wires):
            device.hear(relay, self.random.randint(1, 8))

    def say_something(self, device: Device) -> None:
        other = self.somebody_else(device)
        if not device.vault.conversations(other.account):
            return
        self._said += 1
        words = f"{device.name} says {self._said}"
        try:
            answer = device.send(other, words)
        except CrashError:
            # Killed before the commit nothing was accepted, killed after it everything was.
            if words not in (text for _, text in device.shown(other)):
                raise
            self.accepted[device.name, other.name, words] += 1
            raise
        assert isinstance(answer, effects.Answer)
        self.accepted[device.name, other.name, words] += 1

    def read_something(self, device: Device) -> None:
        device.mark_read(self.somebody_else(device))

    def connect(self, device: Device) -> None:
        for relay in sorted(device.wanted):
            device.connect(relay)

    def add_somebody(self, device: Device) -> None:
        device.add(self.somebody_else(device))

    def lose_connection(self, device: Device) -> None:
        if device.wires:
            device.disconnect(self.random.choice(sorted(device.wires)))

    def die(self, device: Device) -> None:
        device.crash()

    def die_soon(self, device: Device) -> None:
        if self.random.random() < 0.3:
            device.vault.dies_committed = True
        else:
            device.vault.dies_in = self.random.randint(0, 20)

    def repeat_push(self, device: Device) -> None:
        """A relay that says twice what it pushes."""
        for wire in device.wires.values():
            pushes = [event for event in wire.events if isinstance(event, Pushed)]
            if pushes:
                wire.events.append(self.random.choice(pushes))

    def swap_pushes(self, device: Device) -> None:
        """A relay that pushes in the wrong order."""
        for wire in device.wires.values():
            pushes = [place for place, event in enumerate(wire.events) if isinstance(event, Pushed)]
            if len(pushes) > 1:
                first, second = self.random.sample(pushes, 2)
                wire.events[first], wire.events[second] = wire.events[second], wire.events[first]

    def relay_is_busy(self, device: Device) -> None:
        """A relay that asks to be left alone for a moment."""
        for wire in device.wires.values():
            if wire.commands:
                command = wire.commands.popleft()
                wire.events.append(Refused(command.request, Code.BUSY, "later", self.random.choice([0.5, 30.0])))

    def time_passes(self, device: Device) -> None:
        self.world.pass_time(self.random.choice([1_000, 60_000, 3_600_000]))

    def directory_answers(self, device: Device) -> None:
        if self.world.later:
            self.world.later.pop(0)()

    def somebody_else(self, device: Device) -> Device:
        return self.random.choice([other for other in self.people if other is not device])

    # --- what must hold ---------------------------------------------------------------------------------------

    def check(self) -> None:
        """Nothing lost, nothing twice, one order, one epoch, nothing left to do."""
        for left, right in permutations(self.people, 2):
            self._check_shown(left, right)
        for device in self.people:
            assert device.vault.outbox_size() == 0, f"{device.name} has not sent everything"
            failed = [told for told in device.told if isinstance(told, effects.RelayRefused | effects.EntrySkipped)]
            assert not failed, f"{device.name}: {failed}"
        self._check_epochs()

    def _check_shown(self, left: Device, right: Device) -> None:
        shown = left.shown(right)
        assert shown == right.shown(left), f"{left.name} and {right.name} do not see the same"
        mine = Counter(words for name, words in shown if name == left.name)
        accepted = Counter(
            {text: n for (by, to, text), n in self.accepted.items() if (by, to) == (left.name, right.name)}
        )
        assert mine == accepted, f"{left.name} to {right.name}: {mine - accepted} too much, {accepted - mine} lost"
        late = {state for state in left.states(right) if state not in (MessageState.DELIVERED, MessageState.READ)}
        assert not late, f"{left.name}'s messages to {right.name} are {late}"

    def _check_epochs(self) -> None:
        seen: dict[bytes, bytes] = {}
        for device in self.people:
            for row in device.vault.conversations():
                states = device.vault.epoch(row.queue, row.epoch)
                assert states is not None
                authenticator = device.groups.load(*states).authenticator
                assert seen.setdefault(row.queue, authenticator) == authenticator, "two epochs in one conversation"
                assert device.vault.pending(row.queue) is None


def tell_story(seed: int, folder: Path, steps: int = 600) -> Story:
    """Run one story. Every tenth has real MLS, every fifth of these real files for vaults (in `folder`)."""
    real = seed % 10 == 0
    world = World(seed, newcomer=real_newcomer if real else fake_newcomer, folder=folder if seed % 50 == 0 else None)
    story = Story(world, steps)
    story.run()
    return story
