"""A random life of one group with members of several implementations, the same for the same seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.interop.member import Committed, Member

OURS = "havre"
LARGEST = 20
LATEST = 2  # epochs after its own in which a message may still arrive

Factory = Callable[[str], Member]


@dataclass
class Report:
    """What a history did."""

    steps: Counter[str] = field(default_factory=Counter)
    members: Counter[str] = field(default_factory=Counter)
    epochs: int = 0
    largest: int = 0
    messages: int = 0

    def counts(self) -> dict[str, int]:
        """Give all of it as numbers by name, to be added up with other histories'."""
        return {
            f"size {self.largest:2}": 1,
            **{f"step {kind}": count for kind, count in self.steps.items()},
            **{f"member {kind}": count for kind, count in self.members.items()},
            "epochs": self.epochs,
            "messages": self.messages,
        }


@dataclass(frozen=True)
class Letter:
    """A message on its way to one member; it arrives when the group has come to an epoch."""

    sender: Member
    recipient: Member
    message: bytes
    data: bytes
    due: int


class History:
    """Takes random steps and checks after each epoch that all members agree.

    `strict` are the implementations that refuse valid trees unless all nodes above an unmerged
    leaf list the same unmerged leaves (RFC 9420 §7.9 asks that they list that leaf). They are
    added alone, by a commit without a path, once everybody who joined before has committed.
    """

    def __init__(self, seed: int, factories: Mapping[str, Factory], strict: frozenset[str]) -> None:
        self.random = random.Random(seed)
        self.factories = dict(factories)
        self.strict = strict
        self.report = Report()
        # Twenty seeds in a row have groups of all sizes from 2 to 20.
        self.limit = 2 + 7 * seed % (LARGEST - 1)
        self.epoch = 0
        self.names = 0
        self.letters: list[Letter] = []
        first = self._newcomer(self.random.choice(list(self.factories)))
        first.create(b"group %d" % seed)
        self.members = [first]
        self.unsettled: list[Member] = []
        # One of ours and one of each other kind are there from the start.
        for kind in self.factories:
            if kind != first.kind:
                self._admit([self._newcomer(kind)])
        while self.add():
            pass

    def run(self, steps: int) -> Report:
        """Take so many steps and deliver what is still on its way."""
        actions: dict[str, tuple[int, Callable[[], bool]]] = {
            "add": (5, self.add),
            "add and remove by proposal": (3, self.propose),
            "remove": (2, self.remove),
            "update": (3, self.update),
            "commit": (4, self.commit),
            "commit against commit": (2, self.race),
            "messages": (5, self.talk),
        }
        names = list(actions)
        weights = [weight for weight, _ in actions.values()]
        while self.report.steps.total() < steps:
            [name] = self.random.choices(names, weights)
            if actions[name][1]():
                self.report.steps[name] += 1
        self._deliver(everything=True)
        return self.report

    # --- Steps; each tells whether it could be taken

    def add(self) -> bool:
        """Somebody adds one newcomer or several."""
        room = self.limit - len(self.members)
        if room < 1:
            return False
        kinds = [self.random.choice(list(self.factories)) for _ in range(self.random.randint(1, min(3, room)))]
        strict = [kind for kind in kinds if kind in self.strict]
        self._admit([self._newcomer(kind) for kind in (strict[:1] or kinds)])
        return True

    def remove(self) -> bool:
        """Somebody removes another one, or two."""
        committer = self.random.choice(self.members)
        count = self.random.randint(1, 2)
        removed = self._removable(committer)[:count]
        if not removed:
            return False
        made = committer.commit(removes=[member.identity for member in removed], public=self._coin())
        self._enter(committer, made, removed=removed)
        return True

    def update(self) -> bool:
        """One of ours proposes to renew its leaf, and somebody else commits that."""
        proposer = self.random.choice([member for member in self.members if member.kind == OURS])
        others = [member for member in self.members if member is not proposer]
        if not others:
            return False
        self._propose(proposer, proposer.propose(public=self._coin()))
        committer = self.random.choice(others)
        self._enter(committer, committer.commit(public=self._coin()))
        return True

    def commit(self) -> bool:
        """Somebody commits nothing but a new path."""
        committer = self.random.choice(self.members)
        self._enter(committer, committer.commit(public=self._coin()))
        return True

    def propose(self) -> bool:
        """Members propose to add and to remove, and one of them all commits it."""
        committer, proposer = self.random.choice(self.members), self.random.choice(self.members)
        removed = [member for member in self._removable(committer) if member is not proposer][:1]
        newcomers = []
        for member in removed:
            self._propose(proposer, proposer.propose(remove=member.identity, public=self._coin()))
        kinds = [kind for kind in self.factories if kind not in self.strict]
        if len(self.members) < self.limit and (self._coin() or not removed):
            newcomers.append(self._newcomer(self.random.choice(kinds)))
            self._propose(proposer, proposer.propose(add=newcomers[0].key_package(), public=self._coin()))
        if not removed and not newcomers:
            return False
        made = committer.commit(public=self._coin(), path=self._coin())
        self._enter(committer, made, newcomers, removed)
        return True

    def race(self) -> bool:
        """Two members commit at once, and one of them comes too late."""
        if len(self.members) < 2:
            return False
        committer, loser = self.random.sample(self.members, 2)
        loser.commit(public=self._coin())
        self._enter(committer, committer.commit(public=self._coin()))
        return True

    def talk(self) -> bool:
        """Some members send some messages each, which arrive in any order, and some of them late."""
        sent = []
        senders = self.random.randint(1, min(4, len(self.members)))
        for sender in self.random.sample(self.members, senders):
            for _ in range(self.random.randint(1, 3)):
                data = self.random.randbytes(self.random.choice([0, 1, 30, 300]))
                sent.append((sender, data, sender.encrypt(data)))
        for sender, data, message in sent:
            for recipient in self.members:
                if recipient is not sender:
                    delay = self.random.randint(1, LATEST) if self.random.random() < 0.1 else 0
                    self.letters.append(Letter(sender, recipient, message, data, self.epoch + delay))
        self._deliver()
        return True

    # --- What the steps are made of

    def _coin(self) -> bool:
        return self.random.random() < 0.5

    def _newcomer(self, kind: str) -> Member:
        self.names += 1
        self.report.members[kind] += 1
        return self.factories[kind](f"{kind} {self.names}")

    def _removable(self, committer: Member) -> list[Member]:
        """Give whom a committer may remove, in random order; the first of ours in the list always stays."""
        stays = next((member for member in self.members if member.kind == OURS), None)
        others = [member for member in self.members if member is not committer and member is not stays]
        return self.random.sample(others, len(others))

    def _admit(self, newcomers: list[Member]) -> None:
        strict = any(newcomer.kind in self.strict for newcomer in newcomers)
        if strict:
            for member in list(self.unsettled):
                self._enter(member, member.commit(public=self._coin()))
        committer = self.random.choice(self.members)
        offers = [newcomer.key_package() for newcomer in newcomers]
        made = committer.commit(offers, public=self._coin(), path=self._coin() and not strict)
        self._enter(committer, made, newcomers)

    def _propose(self, proposer: Member, proposal: bytes) -> None:
        for member in self.members:
            if member is not proposer:
                member.process(proposal)

    def _enter(
        self,
        committer: Member,
        made: Committed,
        newcomers: list[Member] | None = None,
        removed: list[Member] | None = None,
    ) -> None:
        """Bring everybody into the committer's new epoch, and compare."""
        gone = removed or []
        for member in self.members:
            if member is committer:
                member.accept()
            elif not (member in gone and newcomers and member.kind in self.strict):
                # ts-mls does not see that it was removed when a newcomer has its leaf at once.
                member.process(made.commit)
        for newcomer in newcomers or []:
            assert made.welcome is not None
            newcomer.join(made.welcome)
        self.members = [member for member in [*self.members, *(newcomers or [])] if member not in gone]
        waiting = [*self.unsettled, *(newcomers or [])]
        self.unsettled = [member for member in waiting if member not in gone and member is not committer]
        self.letters = [letter for letter in self.letters if not self._lost(letter, gone)]
        self.epoch += 1
        self.report.epochs = self.epoch
        self.report.largest = max(self.report.largest, len(self.members))
        self._compare()
        self._deliver()

    def _lost(self, letter: Letter, gone: list[Member]) -> bool:
        # mls-rs' bindings look a late message's sender up in today's tree, and fail without one.
        return letter.recipient in gone or (letter.sender in gone and letter.recipient.kind == "mls-rs")

    def _compare(self) -> None:
        known = [agreement for member in self.members if (agreement := member.agreement())]
        for member in self.members if known else []:
            assert member.agrees(known[0]), f"{member.identity.name} is not with the others in epoch {self.epoch}"

    def _deliver(self, everything: bool = False) -> None:
        due = [letter for letter in self.letters if everything or letter.due <= self.epoch]
        self.letters = [letter for letter in self.letters if letter not in due]
        self.random.shuffle(due)
        for letter in due:
            assert letter.recipient.decrypt(letter.message) == letter.data
            self.report.messages += 1
