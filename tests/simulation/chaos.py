"""One seed, one story: people who talk while wires break and processes die, and what must hold when it is over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from havre.client.engine import effects
from tests.simulation.faults import Faults
from tests.simulation.gatherings import Gatherings
from tests.simulation.invariants import Invariants, Ledger
from tests.simulation.lives import Lives
from tests.simulation.real import real_another, real_newcomer
from tests.simulation.seals import watched_seals
from tests.simulation.world import CrashError, Device, World

NAMES = ("alice", "bob", "carol", "dave")


class Story:
    """Two to four people on one or two relays, `steps` random things that happen, then peace and the invariants.

    With `two_homes` there are chats with a second home from the beginning, and relays come and go more often.
    """

    def __init__(self, world: World, steps: int, two_homes: bool = False) -> None:
        self.world, self.random, self.steps = world, world.random, steps
        self.ledger, self.faults = Ledger(), Faults(world)
        self.gatherings, self.lives = Gatherings(world, self.ledger), Lives(world, self.ledger)
        relays = [world.relay(number) for number in range(1, 3 if two_homes else self.random.randint(1, 2) + 1)]
        for name in NAMES[: self.random.randint(2, 4)]:
            person = world.person(name, self.random.choice(relays))
            if self.random.random() < 0.3:
                self.lives.link(person)
        self.ledger.linked.clear()
        self.devices = world.devices
        self._actions: list[tuple[int, Callable[[Device], None]]] = [
            *self.faults.weighted,
            (6, self.say_something),
            (2, self.read_something),
            (1, self.add_somebody),
            *self.gatherings.weighted,
            *self.lives.weighted,
            *(self._with_two_homes() if two_homes else ()),
        ]

    def _with_two_homes(self) -> list[tuple[int, Callable[[Device], None]]]:
        """Have people talk already, and give their chats second homes; return what else is to happen."""
        for device in list(self.devices):
            self.add_somebody(device)
            self.gatherings.found(device)
        self.world.settle()
        for _ in range(3):
            for device in self.devices:
                self.gatherings.set_second_home(device)
            self.world.settle()
        return [
            (1, self.gatherings.set_second_home),
            (3, self.faults.relay_goes_or_comes),
            (3, self.faults.time_passes),
        ]

    def run(self) -> None:
        """Let it all happen, then check."""
        weights = [weight for weight, _ in self._actions]
        for _ in range(self.steps):
            _, action = self.random.choices(self._actions, weights)[0]
            device = self.random.choice(self.devices)
            try:
                action(device)
            except CrashError as dead:
                next(one for one in self.devices if one.vault is dead.vault).crash()
        self.make_peace()
        Invariants(self.world, self.ledger).check()
        if self.ledger.timed:
            self.read_everything()
            Invariants(self.world, self.ledger).check_gone()

    def make_peace(self) -> None:
        """Let every wire hold, every process live, and all that waits arrive."""
        self.world.away.clear()
        for device in self.devices:
            device.crash()
        for _ in range(3):
            self.world.settle()
            self.world.pass_time(2 * 3600 * 1000)
        self.world.settle()

    def read_everything(self) -> None:
        """Everybody reads all there is, and the longest timer runs out, on clocks that still go wrong."""
        for device in self.devices:
            for chat in device.vault.chats():
                device.read(chat.chat)
        for skew in (60_000, -60_000, 0):
            for device in self.devices:
                device.set_clock(skew)
            self.world.settle()
            self.world.pass_time(2 * 3600 * 1000)
            self.world.settle()

    # --- what people do ---------------------------------------------------------------------------------------

    def say_something(self, device: Device) -> None:
        other = self.somebody_else(device)
        if not device.vault.conversations(other.account):
            return
        words = self.ledger.next_words(device.name)
        answer = self.ledger.say(device, other.account, words)
        assert isinstance(answer, effects.Answer) or device.is_out(other), answer.sentence

    def read_something(self, device: Device) -> None:
        device.mark_read(self.somebody_else(device))

    def add_somebody(self, device: Device) -> None:
        device.add(self.somebody_else(device))

    def somebody_else(self, device: Device) -> Device:
        return self.random.choice([other for other in self.devices if other.account != device.account])


def tell_story(seed: int, folder: Path, steps: int = 600, two_homes: bool | None = None) -> Story:
    """Run one story. Every 25th has real MLS, every fourth of these real files for vaults (in `folder`).

    `two_homes`: whether its chats have second homes from the beginning; None: as every third seed has it.
    """
    two_homes = seed % 3 == 2 if two_homes is None else two_homes
    if seed % 25:
        return _told(Story(World(seed), steps, two_homes))
    world = World(seed, real_newcomer, real_another, folder=folder if seed % 100 == 0 else None)
    with watched_seals(world.random) as world.seals:
        return _told(Story(world, steps, two_homes))


def _told(story: Story) -> Story:
    story.run()
    return story
