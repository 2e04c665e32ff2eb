"""What goes wrong around the people of a story: wires, relays, clocks and processes."""

from __future__ import annotations

from collections.abc import Callable

from havre.wire.refusals import Code
from havre.wire.stream import EntryKind, Pushed, Refused
from tests.simulation.world import Device, World

SKEWS = (0, 0, -1_000, 60_000, -60_000, 3_600_000, -3_600_000, 12 * 3_600_000)


class Faults:
    """Each fault happens to one device or to what is around it."""

    def __init__(self, world: World) -> None:
        self.world, self.random = world, world.random
        self.weighted: list[tuple[int, Callable[[Device], None]]] = [
            (12, self.relay_works),
            (12, self.device_hears),
            (3, self.directory_answers),
            (2, self.connect),
            (1, self.lose_connection),
            (1, self.die),
            (1, self.die_soon),
            (1, self.repeat_push),
            (1, self.swap_pushes),
            (1, self.relay_is_busy),
            (1, self.relay_goes_or_comes),
            (1, self.clock_is_set),
            (1, self.time_passes),
            (1, self.entries_expire),
        ]

    def relay_works(self, device: Device) -> None:
        for relay, wire in device.wires.items():
            for _ in range(self.random.randint(1, 6)):
                if wire.commands:
                    self.world.relays[relay].take(wire)

    def device_hears(self, device: Device) -> None:
        for relay in list(device.wires):
            device.hear(relay, self.random.randint(1, 8))

    def directory_answers(self, device: Device) -> None:
        if self.world.later:
            self.world.later.pop(0)()

    def connect(self, device: Device) -> None:
        for relay in sorted(device.wanted):
            device.connect(relay)

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
        """A relay that says twice what it pushes, or answers twice."""
        for wire in device.wires.values():
            if wire.events:
                wire.events.append(self.random.choice(wire.events))

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

    def relay_goes_or_comes(self, device: Device) -> None:
        """A relay that nobody reaches for a while."""
        relay = self.random.choice(sorted(self.world.relays))
        if relay in self.world.away:
            self.world.away.discard(relay)
            return
        self.world.away.add(relay)
        for one in self.world.devices:
            if relay in one.wires:
                one.disconnect(relay)

    def clock_is_set(self, device: Device) -> None:
        device.skew = self.random.choice(SKEWS)

    def time_passes(self, device: Device) -> None:
        self.world.pass_time(self.random.choice([1_000, 60_000, 3_600_000]))

    def entries_expire(self, device: Device) -> None:
        """A relay forgets what everybody has, but perhaps its own sender, who has not yet seen it come back."""
        for row in device.vault.conversations():
            queue = device.vault.queue(row.queue)
            if queue is not None:
                self._expire(queue.relay, queue.queue)

    def _expire(self, relay: str, queue: bytes) -> None:
        entries = self.world.relays[relay].entries.get(queue, {})
        for cursor in sorted(entries):
            commit = entries[cursor].kind is EntryKind.COMMIT
            if not all(self._is_done(one, queue, cursor, commit) for one in self.world.devices):
                return
            self.world.relays[relay].expire(queue, cursor)

    def _is_done(self, device: Device, queue: bytes, cursor: int, commit: bool) -> bool:
        row = device.vault.queue(queue)
        if row is None:
            # Perhaps its Welcome is still on its way.
            return not self._is_expected(device, queue)
        if row.cursor >= cursor:
            return True
        return not commit and any(item.cursor == cursor for item in device.vault.passed(queue, cursor))

    def _is_expected(self, device: Device, queue: bytes) -> bool:
        """Tell whether a device is a member of a group that it has not entered yet."""
        for one in self.world.devices:
            group = one.group(queue)
            if group is not None:
                return any(member.device == device.device_id for member in group.members)
        return False
