"""What must hold once everything has come to rest, whatever has happened before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from havre.client.engine import effects, events
from havre.client.engine.groups import Reason
from havre.client.engine.notices import What, decode_notice
from havre.client.vault.rows import ChatKind, Message, MessageState, Standing
from havre.content import text
from tests.simulation.world import CrashError, Device, World, words_of

ARRIVED = (MessageState.DELIVERED, MessageState.READ)
PLACED = (MessageState.SENT, *ARRIVED)
MARK = 12
"""Letters at the end of what is said, by which it is found in the pages of a file."""


@dataclass
class Ledger:
    """What was accepted, and who may have missed something for a good reason."""

    accepted: dict[bytes, str] = field(default_factory=dict)
    """Ids of messages to their words."""
    audience: dict[bytes, frozenset[bytes]] = field(default_factory=dict)
    """Ids of messages to the devices that their sender knew as members then; others may have come in later."""
    read_to: dict[bytes, int] = field(default_factory=dict)
    """Ids of messages to how far their sender had read the queue then."""
    came_later: set[tuple[bytes, bytes]] = field(default_factory=set)
    """Accounts that were brought into a chat after it had begun."""
    shaken: set[tuple[bytes, bytes]] = field(default_factory=set)
    """Accounts that somebody wanted out of a chat, themselves perhaps: what they see has a hole or an end."""
    linked: set[bytes] = field(default_factory=set)
    """Devices that came into their account while the story went on: what was there before is not theirs to compare."""
    revoked: set[bytes] = field(default_factory=set)
    """Devices that their account has disowned."""
    timed: dict[bytes, str] = field(default_factory=dict)
    """Ids of messages that disappear, to their words."""
    founders: set[tuple[bytes, bytes]] = field(default_factory=set)
    said: int = 0

    def next_words(self, name: str) -> str:
        """Return words that nobody has said before."""
        self.said += 1
        mark = sha256(b"%d" % self.said).hexdigest()[:MARK]
        return f"{name} says {self.said} {mark}"

    def say(self, device: Device, chat: bytes, words: str) -> effects.Answer | effects.Failed:
        """Have a device write something, and note it if it was accepted; may raise CrashError."""
        content = text(b"", words, device.now)
        try:
            answer = device.ask(lambda ticket: events.Send(ticket, chat, content))
        except CrashError:
            # Killed before the commit nothing was accepted, killed after it everything was.
            rows = device.vault.last_messages(chat, 100_000)
            for row in rows:
                if row.mine and words_of(row) == words:
                    self._note(device, row, words)
            raise
        if isinstance(answer, effects.Answer):
            assert isinstance(answer.value, Message)
            self._note(device, answer.value, words)
        return answer

    def _note(self, device: Device, row: Message, words: str) -> None:
        group = device.group(row.queue)
        self.accepted[row.id] = words
        if row.timer:
            self.timed[row.id] = words
        self.audience[row.id] = frozenset(member.device for member in group.members) if group else frozenset()
        queue = device.vault.queue(row.queue)
        self.read_to[row.id] = queue.cursor if queue else 0


class Invariants:
    """Nothing lost, nothing twice, one order, one epoch, nothing after removal, nothing left to do."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self.world, self.ledger = world, ledger
        queues = {row.queue: None for device in world.devices for row in device.vault.conversations()}
        self.members = {queue: self._members(queue) for queue in queues}
        self.queues = [queue for queue in queues if self.members[queue]]

    def check(self) -> None:
        """Check everything; raises AssertionError."""
        for queue in self.queues:
            self._check_epoch(queue)
            self._check_order(queue)
            self._check_acts(queue)
            self._check_revoked(queue)
        self._check_accepted()
        for device in self.world.devices:
            self._check_rest(device)

    def check_gone(self) -> None:
        """Nothing that has expired is left in any page of any vault, free pages and the log among them."""
        for device in self.world.devices:
            waiting = {row.id for row in _unsent(device)}
            due = [words for name, words in self.ledger.timed.items() if name not in waiting]
            pages = device.vault.pages() if due else b""
            found = [words for words in due if words[-MARK:].encode() in pages]
            assert not found, f"{device.name} still has {found}"

    # --- who is in what ---------------------------------------------------------------------------------------

    def _members(self, queue: bytes) -> list[Device]:
        """Return the devices in the last epoch that anybody has reached; none, if all have left."""
        groups = [group for device in self.world.devices if (group := device.group(queue)) is not None]
        if not groups:
            return []
        last = max(groups, key=lambda group: group.epoch)
        reached = [row.epoch for device in self.world.devices if (row := device.vault.conversation(queue)) is not None]
        if last.epoch < max(reached):
            return []  # whoever has a group still was taken out by the last one, and found nothing that said so
        inside = {member.device for member in last.members}
        members = [device for device in self.world.devices if device.device_id in inside]
        assert len(members) == len(inside), "a member that nobody knows"
        return members

    def outsiders(self, queue: bytes) -> Iterable[Device]:
        """Return the devices that were members once."""
        return (one for one in self._all_in(queue) if one not in self.members[queue])

    def _all_in(self, queue: bytes) -> list[Device]:
        return [one for one in self.world.devices if one.vault.conversation(queue) is not None]

    def _is_steady(self, device: Device, queue: bytes) -> bool:
        """Tell whether a device is a member whom nobody has ever wanted out."""
        if device.device_id in self.ledger.revoked or device not in self.members[queue]:
            return False
        return (device.account, _chat(device, queue)) not in self.ledger.shaken

    # --- what must hold ---------------------------------------------------------------------------------------

    def _check_epoch(self, queue: bytes) -> None:
        seen = set()
        for device in self.members[queue]:
            group = device.group(queue)
            if group is None and device.device_id in self.ledger.revoked:
                continue  # it was brought in by who did not know yet, and cannot read its inbox any more
            assert group is not None, f"{device.name} has not entered"
            seen.add(group.authenticator)
            assert device.vault.pending(queue) is None, f"{device.name}'s commit never went"
            assert not device.vault.wishes(queue), f"{device.name}'s wish was never fulfilled"
        assert len(seen) == 1, f"{len(seen)} epochs in one conversation"

    def _check_order(self, queue: bytes) -> None:
        """Whoever shows a message shows it in the same place, and nobody misses one in the middle."""
        whole = self._places(queue)
        everything = sorted(whole, key=whole.__getitem__)
        for device in self._all_in(queue):
            again = self._laid_again(device, queue, whole)
            placed = [row for row in _placed(device, queue) if row.id not in again]
            elsewhere = [self._words(row) for row in placed if row.cursor != whole[row.id]]
            assert not elsewhere, f"{device.name} has {elsewhere} in another place"
            shown = [row.id for row in placed]
            assert len(shown) == len(set(shown)), "shown twice"
            known = again.union(shown)
            ordered = [name for name in everything if name in known and name not in again]
            assert shown == ordered, f"{device.name} shows another order"
            if self._is_steady(device, queue):
                due = [name for name in everything if device.device_id in self.ledger.audience.get(name, ())]
                due = [name for name in due if name not in self.ledger.timed]  # they go when each has read them
                # Who waits in vain for a Welcome comes in by the link after all, with keys that senders had not seen.
                entered = _came_by_link(device, queue)
                due = [name for name in due if self.ledger.read_to[name] >= entered]
                missed = [self.ledger.accepted[name] for name in due if name not in known]
                assert not missed, f"{device.name} misses {missed}"
            if device not in self.members[queue] and shown:
                end = device.vault.queue(queue)
                assert end is not None
                assert whole[shown[-1]] <= end.cursor, f"{device.name} was shown what came after the end"

    def _places(self, queue: bytes) -> dict[bytes, int]:
        """Return where each message stands: at the first of its places, for whoever shows it."""
        whole: dict[bytes, int] = {}
        for device in self._all_in(queue):
            for row in _placed(device, queue):
                whole[row.id] = min(row.cursor, whole.get(row.id, row.cursor))
        return whole

    def _laid_again(self, device: Device, queue: bytes, whole: Mapping[bytes, int]) -> set[bytes]:
        """Return what stands lower here, as ARCHITECTURE.md says: it went over the second home, and this device came
        in when the first had forgotten where that stood.
        """
        home = device.vault.queue(queue)
        if home is None or (self._is_steady(device, queue) and device.device_id not in self.ledger.linked):
            return set()
        there = self.world.relays[home.relay].entries.get(queue, {})
        lower = [row.id for row in _placed(device, queue) if row.cursor > whole[row.id] and whole[row.id] not in there]
        return {name for name in lower if any(not one.mine for one in device.vault.early_of(queue, name))}

    def _check_acts(self, queue: bytes) -> None:
        """What was done to messages (reactions, edits, deletions) is the same for all who have been there all along."""
        chat = _chat(self._all_in(queue)[0], queue)
        devices = [device for device in self.members[queue] if self._is_steady(device, queue)]
        devices = [device for device in devices if (device.account, chat) not in self.ledger.came_later]
        devices = [device for device in devices if device.device_id not in self.ledger.linked]
        stays = self.ledger.timed.keys().isdisjoint
        shown = [{row.id for row in _placed(device, queue) if stays([row.id])} for device in devices]
        common = sorted(set.intersection(*shown)) if shown else []
        found = [device.vault.amendments(_chat(device, queue), common) if common else [] for device in devices]
        acts = [{(act.target, act.kind, act.sender, act.content) for act in there} for there in found]
        for device, mine in zip(devices, acts, strict=True):
            assert mine == acts[0], f"{device.name} sees other reactions or edits: {len(mine ^ acts[0])}"

    def _check_revoked(self, queue: bytes) -> None:
        """Wherever an account still has a device of its own, those that it has disowned are out."""
        revoked = [device for device in self.members[queue] if device.device_id in self.ledger.revoked]
        able = [device for device in self.members[queue] if device not in revoked]
        if not any(_manages(device, queue) for device in able):
            return  # nobody is left who could hand out the capability
        own = {device.account for device in able}
        left = [device.name for device in revoked if device.account in own]
        assert not left, f"disowned devices of {left} are members still"

    def _check_accepted(self) -> None:
        rows = [row for queue in self.queues for device in self._all_in(queue) for row in _rows(device, queue)]
        placed = {row.id for row in rows if row.state is not MessageState.FAILED and row.placed}
        invented = placed - set(self.ledger.accepted)
        assert not invented, f"nobody said {len(invented)} of the messages"
        failed = {row.id for row in rows if row.state is MessageState.FAILED}
        dead = {row.id for device in self.world.devices for row in _of_dead_chats(device, self.queues)}
        stuck = {row.id for queue in self.queues for device in self.outsiders(queue) for row in _waiting(device, queue)}
        lost = set(self.ledger.accepted) - placed - failed - dead - stuck - self.ledger.timed.keys()
        assert not lost, f"lost: {[self.ledger.accepted[name] for name in lost]}"

    def _check_rest(self, device: Device) -> None:
        if device.device_id in self.ledger.revoked:
            return
        for queue in self.queues:
            if device in self.members[queue] and device.vault.conversation(queue) is not None:
                self._check_states(device, queue)
        shaken = any(account == device.account for account, _ in self.ledger.shaken) or any(
            device in self.outsiders(queue) for queue in self.queues
        )
        # Who was taken out while away, and finds nothing that says so, waits for a way back in.
        # And a link that does not let anybody in (any longer) is tried a few times more.
        links = [row for row in device.vault.entrances() if row.link]
        assert shaken or device.vault.outbox_size() == len(links), f"{device.name} has not sent everything"
        bad = list(failures(device.told, device.vault.me().inbox, shaken))
        assert not bad, f"{device.name}: {bad}"

    def _check_states(self, device: Device, queue: bytes) -> None:
        mine = {row.state for row in _rows(device, queue) if row.mine}
        chat = device.vault.chat(_chat(device, queue))
        assert chat is not None
        # Who was linked later has not heard every receipt for what its copy says was sent.
        linked = device.device_id in self.ledger.linked
        if chat.kind is ChatKind.DIRECT and not linked:
            assert mine <= set(ARRIVED), f"{device.name}'s messages are {mine}"
        elif (device.account, chat.chat) not in self.ledger.shaken and chat.standing is Standing.ACCEPTED:
            assert mine <= set(PLACED), f"{device.name}'s messages are {mine}"

    def _words(self, row: Message) -> str:
        return self.ledger.accepted.get(row.id, "something")


def failures(told: Sequence[effects.Told], inbox: bytes, shaken: bool) -> Iterable[effects.Told]:
    """Yield what should not have been told: whatever was skipped or refused, unless a removal explains it."""
    for one in told:
        match one:
            case effects.EntrySkipped(reason=Reason.UNKNOWN_KEY_PACKAGE):
                pass  # a Welcome for my other devices, in the inbox that we share
            case effects.EntrySkipped(queue=queue, reason=Reason.REPEATED) if queue == inbox:
                pass  # two members have brought me in at once
            case effects.EntrySkipped(reason=Reason.TOO_LATE):
                pass  # somebody has reacted to what was being deleted just then
            case effects.EntrySkipped(reason=Reason.REMOVED) | effects.RelayRefused() | effects.EntriesMissing() if (
                shaken
            ):
                pass  # who is taken out is not waited for before the queue is trimmed
            case (
                effects.EntrySkipped()
                | effects.RelayRefused()
                | effects.EntriesMissing()
                | effects.RelayWentBack()
            ):  # fmt: skip
                yield one


def _chat(device: Device, queue: bytes) -> bytes:
    row = device.vault.conversation(queue)
    assert row is not None
    return row.chat


def _rows(device: Device, queue: bytes) -> list[Message]:
    rows = device.vault.messages(_chat(device, queue), limit=100_000)
    return [row for row in rows if row.queue == queue and row.state is not MessageState.NOTICE]


def _placed(device: Device, queue: bytes) -> list[Message]:
    """Return what has a place in the queue, in the order shown."""
    return [row for row in _rows(device, queue) if row.placed and row.state is not MessageState.FAILED]


def _came_by_link(device: Device, queue: bytes) -> int:
    """Return under which cursor a device came in by a link; 0: it did not."""
    notices = [row for row in device.vault.messages(_chat(device, queue), limit=100_000) if row.queue == queue]
    own = [row for row in notices if row.state is MessageState.NOTICE and row.sender == device.account]
    return max((row.cursor for row in own if decode_notice(row.content).what is What.JOINED), default=0)


def _waiting(device: Device, queue: bytes) -> Iterable[Message]:
    """Yield what a device has not sent that looks for its way back in, and does not know yet that there is none."""
    if any(entrance.queue == queue for entrance in device.vault.entrances()):
        yield from (row for row in _rows(device, queue) if row.state is MessageState.WAITING)


def _unsent(device: Device) -> Iterable[Message]:
    """Yield what was never sent: its time has not begun."""
    for row in device.vault.chats():
        messages = device.vault.messages(row.chat, limit=100_000)
        yield from (one for one in messages if one.state in (MessageState.WAITING, MessageState.FAILED))


def _manages(device: Device, queue: bytes) -> bool:
    row = device.vault.queue(queue)
    return row is not None and bool(row.manage)


def _of_dead_chats(device: Device, alive: Sequence[bytes]) -> Iterable[Message]:
    """Yield messages of conversations in which nobody is left."""
    for row in device.vault.conversations():
        if row.queue not in alive:
            yield from _rows(device, row.queue)
