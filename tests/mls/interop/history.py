"""A random history of one group, whoever its members are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

MOST = 20


@dataclass(frozen=True)
class Sent:
    """A Commit's message, and the Welcome if it adds somebody."""

    commit: bytes
    welcome: bytes | None


class KnownFaultError(Exception):
    """A peer refused what is right; which fault of its it is stands where this is raised."""


class Peer(Protocol):
    """A member, of any implementation."""

    name: str

    def key_package(self) -> bytes: ...
    def create(self) -> None: ...
    def join(self, welcome: bytes) -> None: ...
    def process(self, message: bytes) -> bytes | None:
        """Take a message in; gives application data."""

    def encrypt(self, data: bytes) -> bytes: ...
    def commit(self, add: list[bytes], remove: list[str]) -> Sent: ...
    def commit_accepted(self, sent: Sent) -> None: ...
    def propose_remove(self, name: str) -> bytes: ...
    def propose_add(self, key_package: bytes) -> bytes: ...
    def propose_update(self) -> bytes | None:
        """Propose fresh keys, where the implementation's binding can."""

    def agreed(self) -> list[bytes]:
        """Give an exported secret and, where the binding shows it, the epoch authenticator."""


@dataclass
class History:
    """The members of a group and what happens to them."""

    random: Random
    make: list[Callable[[str], Peer]]
    members: dict[str, Peer] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    born: int = 0
    faults: int = 0
    may_remove: Callable[[dict[str, Peer], str], bool] = lambda members, name: True

    def newcomer(self) -> Peer:
        maker = self.make[self.born % len(self.make)]
        self.born += 1
        return maker(f"member {self.born}")

    def begin(self) -> None:
        """Create the group, with one member of each implementation."""
        first = self.newcomer()
        first.create()
        self.members[first.name] = first
        for _ in self.make[1:]:
            self.add()
        self.introduce()

    def step(self) -> None:
        """Do one thing at random."""
        steps: list[Callable[[], None]] = [
            self.messages,
            self.empty_commit,
            self.update,
            self.remove_by_proposal,
        ]
        steps += [self.add, self.add_by_proposal] if len(self.members) < MOST else []
        steps += [self.remove] if len(self.members) > 2 else []
        action = self.random.choice(steps)
        action()
        self.done[action.__name__] += 1

    def anyone(self, *others: str) -> str:
        return self.random.choice([name for name in self.members if name not in others])

    def deliver(self, sender: str, message: bytes) -> None:
        for name, member in self.members.items():
            if name != sender:
                member.process(message)

    def commit(self, committer: str, newcomers: list[Peer] | None = None, remove: list[str] | None = None) -> None:
        """Commit, deliver, welcome, and check that all agree."""
        newcomers, remove = newcomers or [], remove or []
        sent = self.members[committer].commit([peer.key_package() for peer in newcomers], remove)
        self.spread(committer, sent, newcomers, remove)

    def spread(self, committer: str, sent: Sent, newcomers: list[Peer], removed: list[str]) -> None:
        for name in removed:
            self.members.pop(name, None)
        self.deliver(committer, sent.commit)
        self.members[committer].commit_accepted(sent)
        stranded = self.welcome(sent, newcomers)
        self.check()
        if stranded:
            self.faults += len(stranded)
            self.commit(self.anyone(), remove=stranded)

    def welcome(self, sent: Sent, newcomers: list[Peer]) -> list[str]:
        """Welcome newcomers; gives the names of those who could not follow, for a fault of their own."""
        stranded = []
        for peer in newcomers:
            assert sent.welcome is not None
            try:
                peer.join(sent.welcome)
            except KnownFaultError:
                stranded.append(peer.name)
            else:
                self.members[peer.name] = peer
        return stranded

    def check(self) -> None:
        views = [member.agreed() for member in self.members.values()]
        shown = min(len(view) for view in views)
        assert len({tuple(view[:shown]) for view in views}) == 1, f"they disagree after {dict(self.done)}"

    # --- What may happen

    def add(self) -> None:
        count = self.random.randint(1, min(3, MOST - len(self.members)))
        newcomers = [self.newcomer() for _ in range(count)]
        self.commit(self.anyone(), newcomers)
        self.introduce()

    def remove(self) -> None:
        name = self.anyone()
        if self.may_remove(self.members, name):
            self.commit(self.anyone(name), remove=[name])

    def empty_commit(self) -> None:
        self.commit(self.anyone())

    def update(self) -> None:
        name = self.anyone()
        message = self.members[name].propose_update()
        if message is not None and len(self.members) > 1:
            self.deliver(name, message)
            self.commit(self.anyone(name))

    def remove_by_proposal(self) -> None:
        if len(self.members) < 3:
            return
        name = self.anyone()
        if not self.may_remove(self.members, name):
            return
        proposer = self.anyone(name)
        self.deliver(proposer, self.members[proposer].propose_remove(name))
        committer = self.anyone(name)
        self.spread(committer, self.members[committer].commit([], []), [], [name])

    def add_by_proposal(self) -> None:
        newcomer = self.newcomer()
        key_package = newcomer.key_package()
        proposer = self.anyone()
        self.deliver(proposer, self.members[proposer].propose_add(key_package))
        committer = self.anyone()
        sent = self.members[committer].commit([], [])
        self.spread(committer, sent, [newcomer], [])
        self.introduce()

    def messages(self) -> None:
        """Several members send, and everybody gets all of it in an order of its own."""
        sent = []
        for _ in range(self.random.randint(1, 8)):
            name = self.anyone()
            data = self.random.randbytes(self.random.randint(0, 400))
            sent.append((name, data, self.members[name].encrypt(data)))
        for name, member in self.members.items():
            others = [entry for entry in sent if entry[0] != name]
            self.random.shuffle(others)
            for _, data, message in others:
                assert member.process(message) == data

    def introduce(self) -> None:
        """Let members say hello, since some bindings know others only by their messages."""
        for name in list(self.members):
            self.deliver(name, self.members[name].encrypt(name.encode()))
