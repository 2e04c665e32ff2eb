"""People, relays and the wires between them in one process, in step: nothing happens unless the test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random

from havre.client.engine import effects, events
from havre.client.engine.effects import Effect
from havre.client.engine.engine import Engine
from havre.client.engine.groups import Groups
from havre.client.engine.key_packages import fresh
from havre.client.engine.turn import Tuning
from havre.client.vault.rows import Me, Message, Queue, QueueRole
from havre.client.vault.sqlcipher import MEMORY, SqlcipherVault
from havre.client.vault.tables import Cursor
from havre.content import Text, decode, read, text
from havre.wire.capability import Capabilities, account_id, inbox_write
from havre.wire.records import RECORD, SIGNED_RECORD, AccountRecord, DeviceCertificate, SignedRecord
from havre.wire.stream import Append, Command, Event
from tests.simulation.fake_groups import FakeGroups, message_key
from tests.simulation.relay import Connection, CoreRelay

Newcomer = Callable[[Random, str, str], tuple[Me, Groups]]
"""Makes an identity and what goes with it, of a source of randomness, a name and a relay."""
KEY = bytes(32)
TUNING = Tuning(window=4, read_limit=5, refresh_messages=10, trim_step=6, key_packages=4, key_packages_low=2)


class CrashError(Exception):
    """The process with this vault is gone at this point."""

    def __init__(self, vault: FragileVault) -> None:
        super().__init__("the process was killed")
        self.vault = vault


class FragileVault(SqlcipherVault):
    """Dies at a chosen statement, leaving what a dying process leaves."""

    dies_in: int | None = None
    """Statements that change something until the crash, the commit being one of them; None: it lives."""
    dies_committed = False
    """The crash comes right after the commit, before any effect is carried out."""

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        """Count what changes the file."""
        if self.dies_in is not None and not sql.startswith(("SELECT", "ROLLBACK", "PRAGMA")):
            self.dies_in -= 1
            if self.dies_in < 0:
                self.dies_in = None
                raise CrashError(self)
        done = super().execute(sql, parameters)
        if self.dies_committed and sql == "COMMIT":
            self.dies_committed = False
            raise CrashError(self)
        return done


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

    @property
    def account(self) -> bytes:
        return self.vault.me().account

    def happen(self, *what: events.Event) -> None:
        """Handle events in one transaction and carry the effects out; may raise CrashError."""
        with self.vault.transaction():
            found = self.engine.handle(what, self.world.now)
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
                self.world.later.append(lambda: self.happen(events.Stock(self.world.stock(self.account))))
            case effects.PublishKeyPackages(refs, one_time, last_resort):
                self.world.publish(self.account, one_time, last_resort)
                self.world.later.append(lambda: self.happen(events.Published(refs)))
            case effects.Answer(ticket) | effects.Failed(ticket):
                self.answers[ticket] = effect
            case effects.Notify(told):
                self.told.append(told)

    def start(self) -> None:
        """The process starts (again), with nothing but the vault."""
        self.engine = Engine(self.vault, self.groups, self.world.random.randbytes, self.world.tuning)
        self.wake_at = None
        self.happen(events.Started())

    def crash(self) -> None:
        """The process is killed: connections and everything in memory are gone."""
        self.vault.dies_in, self.vault.dies_committed = None, False
        for relay in list(self.wires):
            self.lose(relay)
        self.start()

    def connect(self, relay: str) -> None:
        if relay not in self.wires:
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
        content = text(b"", words, self.world.now)
        return self.ask(lambda ticket: events.Send(ticket, other.account, content))

    def mark_read(self, other: Device) -> None:
        self.ask(lambda ticket: events.MarkRead(ticket, other.account, None))

    # --- what the person sees ---------------------------------------------------------------------------------

    def shown(self, other: Device) -> list[tuple[str, str]]:
        """Return who wrote what, in the order shown."""
        rows = self.vault.messages(other.account)
        return [(self.world.name_of(row.sender), words_of(row)) for row in rows]

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


@dataclass
class World:
    """Everything, driven by one source of randomness."""

    seed: int = 0
    newcomer: Newcomer = fake_newcomer
    tuning: Tuning = TUNING
    folder: Path | None = None

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.now = 1_700_000_000_000
        self.relays: dict[str, CoreRelay] = {}
        self.devices: list[Device] = []
        self.packages: dict[bytes, list[bytes]] = {}
        self.last_resorts: dict[bytes, bytes] = {}
        self.later: list[Callable[[], None]] = []
        self.keys_used: dict[tuple[bytes, int, int, int], bytes] = {}
        self._tickets = 0

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
        path = MEMORY if self.folder is None else self.folder / f"{name}.db"
        vault = FragileVault(path, KEY)
        read, manage = self.random.randbytes(32), self.random.randbytes(32)
        opens = Capabilities(read, inbox_write(me.account_key), manage)
        self.relays[me.relay].make_queue(me.inbox, opens.hashes())
        with vault.transaction():
            vault.put_me(me)
            vault.put_queue(Queue(me.inbox, me.relay, QueueRole.INBOX, 0, 0, read, opens.write, manage))
        device = Device(self, name, vault, groups, Engine(vault, groups, self.random.randbytes, self.tuning))
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
        self.publish(device.account, one_time, made[-1].message)

    # --- the directory ----------------------------------------------------------------------------------------

    def publish(self, account: bytes, one_time: tuple[bytes, ...], last_resort: bytes | None) -> None:
        kept = self.packages.setdefault(account, [])
        kept.extend(message for message in one_time if message not in kept)
        if last_resort is not None:
            self.last_resorts[account] = last_resort

    def stock(self, account: bytes) -> int:
        return len(self.packages.get(account, []))

    def begin(self, device: Device, other: Device, nickname: str = "") -> Callable[[int], events.Begin]:
        me = other.vault.me()
        stock = self.packages[me.account]
        package = stock.pop(0) if stock else self.last_resorts[me.account]
        keys = [events.DeviceKeys(me.account, me.device, package)]
        return lambda ticket: events.Begin(ticket, me.account_key, me.sequence, me.relay, me.inbox, nickname, keys)

    def name_of(self, account: bytes) -> str:
        return next(device.name for device in self.devices if device.account == account)

    def check_keys(self, command: Command) -> None:
        """No key and nonce may ever encrypt two things."""
        if not isinstance(command, Append):
            return
        key = message_key(command.body)
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
                    device.hear(relay, 16)
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
            if device.wake_at is not None and device.wake_at <= self.now:
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
