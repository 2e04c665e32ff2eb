"""People, relays and the wires between them in one process, in step: nothing happens unless the test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from random import Random

from havre.client.engine import effects, events
from havre.client.engine.effects import Effect
from havre.client.engine.engine import Engine
from havre.client.engine.groups import Group, Groups
from havre.client.engine.key_packages import fresh
from havre.client.engine.requests import OPEN_DOOR, REQUESTS
from havre.client.engine.turn import Tuning
from havre.client.vault.rows import Me, Message, MessageState, Queue, QueueRole
from havre.client.vault.sqlcipher import MEMORY
from havre.content import Text, decode, read, text
from havre.wire.capability import Capabilities, account_id, inbox_write
from havre.wire.records import RECORD, SIGNED_RECORD, AccountRecord, DeviceCertificate, SignedRecord
from havre.wire.stream import Append, Command, Commit, Event
from tests.simulation.fake_groups import FakeGroups, message_key
from tests.simulation.fragile import KEY, CrashError, FragileVault
from tests.simulation.real import real_without
from tests.simulation.relay import Connection, CoreRelay
from tests.simulation.seals import Seals

__all__ = ["KEY", "TUNING", "CrashError", "Device", "FragileVault", "World", "crash_at", "digest", "words_of"]

Newcomer = Callable[[Random, str, str], tuple[Me, Groups]]
"""Makes an identity and what goes with it, of a source of randomness, a name and a relay."""
Another = Callable[[Random, Me], tuple[Me, Groups]]
"""Makes a further device of an account."""
TUNING = Tuning(
    window=4, read_limit=5, refresh_messages=10, trim_step=6, key_packages=4, key_packages_low=2, handed=2, handed_low=1
)


@dataclass(eq=False)
class Device:
    """One person's device: its vault survives, the rest does not."""

    world: World
    name: str
    vault: FragileVault
    groups: Groups
    engine: Engine
    wires: dict[str, Connection] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)
    told: list[effects.Told] = field(default_factory=list)
    answers: dict[int, effects.Answer | effects.Failed] = field(default_factory=dict)
    wake_at: int | None = None
    skew: int = 0
    """Milliseconds by which this device's clock is wrong."""
    further: bool = False
    """Not its account's first device."""

    @property
    def account(self) -> bytes:
        return self.vault.me().account

    @property
    def now(self) -> int:
        """What this device's clock says."""
        return self.world.now + self.skew

    def happen(self, *what: events.Event) -> None:
        """Handle events in one transaction and carry the effects out; may raise CrashError."""
        with self.vault.transaction():
            found = self.engine.handle(what, self.now)
        for effect in found:
            self.carry_out(effect)

    def carry_out(self, effect: Effect) -> None:
        match effect:
            case effects.Connect(relay):
                self.wanted.add(relay)
            case effects.ToRelay(relay, command):
                self.world.check_keys(command)
                if relay in self.wires:
                    self.wires[relay].commands.append(command)
            case effects.WakeAt(at):
                self.wake_at = at if self.wake_at is None else min(at, self.wake_at)
            case effects.AskStock():
                self.world.later.append(lambda: self.happen(events.Stock(self.world.stock(self.shelf))))
            case effects.PublishKeyPackages(refs, one_time, last_resort):
                self.world.publish(self.shelf, one_time, last_resort)
                self.world.later.append(lambda: self.happen(events.Published(refs)))
            case effects.Answer(ticket) | effects.Failed(ticket):
                self.answers[ticket] = effect
            case effects.Notify(told):
                self.told.append(told)

    @property
    def shelf(self) -> bytes:
        """Where this device's key packages lie in the directory: the first device's under its account's id."""
        return self.device_id if self.further else self.account

    @property
    def device_id(self) -> bytes:
        return self.vault.me().device

    def set_clock(self, skew: int) -> None:
        """Set the clock. Who waits to be woken is, when that time has passed: the driver's timer looks at no clock."""
        if self.wake_at is not None:
            self.wake_at += skew - self.skew
        self.skew = skew

    def start(self) -> None:
        """The process starts (again), with nothing but the vault."""
        self.engine = Engine(self.vault, self.groups, self.world.random.randbytes, self.world.tuning)
        self.wake_at = None
        self.happen(events.Started())

    def crash(self) -> None:
        """The process is killed: connections and everything in memory are gone."""
        for relay in list(self.wires):
            self.lose(relay)
        self.vault = self.vault.reborn()
        self.start()

    def connect(self, relay: str) -> None:
        if relay not in self.wires and relay not in self.world.away:
            self.wires[relay] = self.world.relays[relay].connect()
            self.happen(events.Connected(relay))

    def lose(self, relay: str) -> None:
        """The connection is gone with all that is on it."""
        wire = self.wires.pop(relay, None)
        if wire is not None:
            self.world.relays[relay].disconnect(wire)

    def disconnect(self, relay: str) -> None:
        self.lose(relay)
        self.happen(events.Disconnected(relay))

    def hear(self, relay: str, count: int = 1) -> None:
        """Hear the next events of a relay, together."""
        waiting = self.wires[relay].events
        heard: list[Event] = [waiting.popleft() for _ in range(min(count, len(waiting)))]
        self.happen(*(events.FromRelay(relay, event) for event in heard))

    # --- what the person does ---------------------------------------------------------------------------------

    def ask(self, intent: Callable[[int], events.Intent]) -> effects.Answer | effects.Failed:
        ticket = self.world.ticket()
        self.happen(intent(ticket))
        return self.answers.pop(ticket)

    def add(self, other: Device, nickname: str = "") -> effects.Answer | effects.Failed:
        begin = self.world.begin(self, other, nickname)
        return self.ask(begin)

    def send(self, other: Device, words: str) -> effects.Answer | effects.Failed:
        content = text(b"", words, self.now)
        return self.ask(lambda ticket: events.Send(ticket, other.account, content))

    def mark_read(self, other: Device) -> None:
        self.read(other.account)

    def read(self, chat: bytes) -> None:
        self.ask(lambda ticket: events.MarkRead(ticket, chat, None))

    # --- what the person sees ---------------------------------------------------------------------------------

    def shown(self, other: Device) -> list[tuple[str, str]]:
        """Return who wrote what, in the order shown."""
        rows = self.vault.messages(other.account)
        said = [row for row in rows if row.state is not MessageState.NOTICE]
        return [(self.world.name_of(row.sender), words_of(row)) for row in said]

    def group(self, queue: bytes) -> Group | None:
        """Return the group of a conversation, as the vault has it."""
        row = self.vault.conversation(queue)
        states = self.vault.epoch(queue, row.epoch) if row else None
        return self.groups.load(*states) if states else None

    def is_out(self, other: Device) -> bool:
        """Tell whether this device was taken out of every conversation with somebody."""
        rows = self.vault.conversations(other.account)
        return all(self.vault.epoch(row.queue, row.epoch) is None for row in rows)

    def states(self, other: Device) -> list[str]:
        """Return the states of my messages."""
        return [str(row.state) for row in self.vault.messages(other.account) if row.mine]


def fake_newcomer(random: Random, name: str, relay: str) -> tuple[Me, Groups]:
    """Return somebody whose keys are only numbers."""
    key, device = random.randbytes(32), random.randbytes(16)
    inbox = random.randbytes(16)
    certificate = DeviceCertificate(key, device, bytes(32), 0, bytes(64))
    record = RECORD.encode(AccountRecord(key, 1, inbox, [certificate]))
    me = Me(
        account=account_id(key), account_key=key, device=device, certificate=b"", relay=relay, inbox=inbox, name=name,
        sequence=1, record=SIGNED_RECORD.encode(SignedRecord(record, bytes(64))), account_secret=b"",
        device_secret=b"",
    )  # fmt: skip
    return me, FakeGroups(key, device, random.randbytes)


def fake_another(random: Random, me: Me) -> tuple[Me, Groups]:
    """Return a further device of an account whose keys are only numbers."""
    device = random.randbytes(16)
    certificate = DeviceCertificate(me.account_key, device, bytes(32), 0, bytes(64))
    known = RECORD.decode(SIGNED_RECORD.decode(me.record).record)
    record = RECORD.encode(
        AccountRecord(me.account_key, known.sequence + 1, me.inbox, [*known.devices, certificate])
    )  # fmt: skip
    signed = SIGNED_RECORD.encode(SignedRecord(record, bytes(64)))
    further = replace(me, device=device, sequence=known.sequence + 1, record=signed)
    return further, FakeGroups(me.account_key, device, random.randbytes)


def fake_without(me: Me, device: bytes) -> bytes:
    """Return the account's next record, in which a device is not named any more."""
    known = RECORD.decode(SIGNED_RECORD.decode(me.record).record)
    left = [one for one in known.devices if one.device != device]
    record = RECORD.encode(AccountRecord(me.account_key, known.sequence + 1, me.inbox, left))
    return SIGNED_RECORD.encode(SignedRecord(record, bytes(64)))


@dataclass
class World:
    """Everything, driven by one source of randomness."""

    seed: int = 0
    newcomer: Newcomer = fake_newcomer
    another: Another = fake_another
    tuning: Tuning = TUNING
    folder: Path | None = None

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.now = 1_700_000_000_000
        self.relays: dict[str, CoreRelay] = {}
        self.devices: list[Device] = []
        self.packages: dict[bytes, list[bytes]] = {}
        self.last_resorts: dict[bytes, bytes] = {}
        self.records: dict[bytes, bytes] = {}
        """By account, what the directory has: the record that names its devices."""
        self.later: list[Callable[[], None]] = []
        self.away: set[str] = set()
        """Relays that take no connections."""
        self.keys_used: dict[object, bytes] = {}
        self.seals: Seals | None = None
        self._tickets, self._vaults = 0, 0

    def ticket(self) -> int:
        self._tickets += 1
        return self._tickets

    def relay(self, number: int = 1) -> str:
        address = f"https://relay{number}.example"
        self.relays.setdefault(address, CoreRelay())
        return address

    def person(self, name: str, relay: str | None = None) -> Device:
        """Sign somebody up."""
        me, groups = self.newcomer(self.random, name, relay or self.relay())
        read, manage = self.random.randbytes(32), self.random.randbytes(32)
        opens = Capabilities(read, inbox_write(me.account_key), manage)
        self.relays[me.relay].make_queue(me.inbox, opens.hashes())
        return self._move_in(name, me, groups, opens, further=False)

    def further_device(self, first: Device) -> Device:
        """Give somebody another device, with the same inbox; who began a conversation before does not know of it."""
        me, groups = self.another(self.random, first.vault.me())
        inbox = first.vault.queue(me.inbox)
        assert inbox is not None
        for device in self.devices_of(me.account):
            with device.vault.transaction():
                device.vault.put_me(replace(device.vault.me(), sequence=me.sequence, record=me.record))
        opens = Capabilities(inbox.read, inbox.write, inbox.manage)
        return self._move_in(first.name, me, groups, opens, further=True)

    def take_out(self, device: Device, gone: Device) -> None:
        """Have a device take another one of its account out of a conversation, the account's record first."""
        rows = device.vault.conversations()
        for one in self.devices_of(device.account):
            if one is not gone:
                me = one.vault.me()
                record = real_without(me, gone.device_id) if me.account_secret else fake_without(me, gone.device_id)
                self.records[me.account] = record
                with one.vault.transaction():
                    one.vault.put_me(replace(me, record=record, sequence=me.sequence + 1))
        queue, name = self.random.choice(rows).queue, gone.device_id
        device.ask(lambda ticket: events.RemoveDevice(ticket, queue, name))

    def devices_of(self, account: bytes) -> list[Device]:
        return [device for device in self.devices if device.account == account]

    def _move_in(self, name: str, me: Me, groups: Groups, opens: Capabilities, further: bool) -> Device:
        vault = FragileVault(self.path(name), KEY)
        self.records[me.account] = me.record
        with vault.transaction():
            vault.put_me(me)
            vault.put_setting(REQUESTS, OPEN_DOOR)
            vault.put_queue(
                Queue(me.inbox, me.relay, QueueRole.INBOX, 0, 0, opens.read, opens.write, opens.manage)
            )  # fmt: skip
        return self.bring_to_life(name, vault, groups, further)

    def path(self, name: str) -> Path:
        """Return where the next vault of somebody is to be."""
        self._vaults += 1
        return MEMORY if self.folder is None else self.folder / f"{name}-{self._vaults}.db"

    def bring_to_life(self, name: str, vault: FragileVault, groups: Groups, further: bool) -> Device:
        """Make a device of a vault; its key packages are in the directory."""
        engine = Engine(vault, groups, self.random.randbytes, self.tuning)
        device = Device(self, name, vault, groups, engine, further=further)
        self.devices.append(device)
        self._stock_up(device)
        device.start()
        return device

    def _stock_up(self, device: Device) -> None:
        made = [fresh(device.groups, self.now, last_resort) for last_resort in (False, False, False, True)]
        with device.vault.transaction():
            for package in made:
                device.vault.put_key_package(package)
        one_time = tuple(package.message for package in made if not package.last_resort)
        self.publish(device.shelf, one_time, made[-1].message)

    # --- the directory ----------------------------------------------------------------------------------------

    def publish(self, shelf: bytes, one_time: tuple[bytes, ...], last_resort: bytes | None) -> None:
        kept = self.packages.setdefault(shelf, [])
        kept.extend(message for message in one_time if message not in kept)
        if last_resort is not None:
            self.last_resorts[shelf] = last_resort

    def stock(self, shelf: bytes) -> int:
        return len(self.packages.get(shelf, []))

    def taken(self, device: Device) -> events.DeviceKeys:
        """Take one of a device's key packages out of the directory."""
        stock = self.packages[device.shelf]
        package = stock.pop(0) if stock else self.last_resorts[device.shelf]
        return events.DeviceKeys(device.account, device.device_id, package)

    def is_named(self, device: Device) -> bool:
        """Tell whether the directory has a device for its account."""
        record = RECORD.decode(SIGNED_RECORD.decode(self.records[device.account]).record)
        return any(one.device == device.device_id for one in record.devices)

    def named(self, account: bytes) -> list[Device]:
        """Return the devices of an account that the directory hands out keys of."""
        return [one for one in self.devices_of(account) if self.is_named(one)]

    def begin(self, device: Device, other: Device, nickname: str = "") -> Callable[[int], events.Begin]:
        me = other.vault.me()
        mine = [one for one in self.devices_of(device.account) if one is not device]
        mine = [one for one in mine if self.is_named(one)]
        keys = [self.taken(one) for one in (*self.named(other.account), *mine)]
        return lambda ticket: events.Begin(ticket, me.account_key, me.sequence, me.relay, me.inbox, nickname, keys)

    def name_of(self, account: bytes) -> str:
        return next(device.name for device in self.devices if device.account == account)

    def check_keys(self, command: Command) -> None:
        """No key and nonce may ever encrypt two things."""
        if not isinstance(command, Append | Commit):
            return
        key: object = self.seals.key_of(command.body) if self.seals else message_key(command.body)
        if key is not None and self.keys_used.setdefault(key, command.body) != command.body:
            raise AssertionError(f"key and nonce used twice: {key}")

    # --- time -------------------------------------------------------------------------------------------------

    def step(self) -> bool:
        """Do everything that can be done right now, once and in order; False: nothing was left to do."""
        busy = False
        for device in self.devices:
            for relay in sorted(device.wanted):
                device.connect(relay)
            for relay, wire in list(device.wires.items()):
                while wire.commands:
                    self.relays[relay].take(wire)
                    busy = True
                while wire.events:
                    device.hear(relay, 64)
                    busy = True
        waiting, self.later = self.later, []
        for call in waiting:
            call()
        return busy or bool(waiting)

    def settle(self) -> None:
        """Let everything run until nothing moves any more."""
        for _ in range(300):
            if not self.step():
                return
        raise AssertionError("it never comes to rest")

    def pass_time(self, milliseconds: int) -> None:
        """Let time pass, and wake who wanted to be woken."""
        self.now += milliseconds
        for relay in self.relays.values():
            relay.now = self.now // 1000
        for device in self.devices:
            if device.wake_at is not None and device.wake_at <= device.now:
                device.wake_at = None
                device.happen(events.Tick())


def words_of(row: Message) -> str:
    """Return the text of a message."""
    body = read(decode(row.content))
    return body.text if isinstance(body, Text) else repr(body)


def digest(data: bytes) -> str:
    """Return a short name for bytes, for messages of tests."""
    return sha256(data).hexdigest()[:8]


@contextmanager
def crash_at(device: Device, statement: int) -> Iterator[None]:
    """Have the device die at its nth changing statement inside the block, and start again after it."""
    device.vault.dies_in = statement
    try:
        yield
    except CrashError:
        device.crash()
    finally:
        device.vault.dies_in = None
