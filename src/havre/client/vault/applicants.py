"""Who has asked to be let into a group of mine, and which groups I have asked to be let into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from havre.client.vault.tables import Connection, Table


@dataclass(frozen=True, slots=True)
class Applicant:
    """An account that asks to be let into the group `chat`; `id` is the hash of what it wrote.

    `relay` and `inbox` are where its Welcome goes, `name` is what it calls itself, `reply` the key under which it is
    told no, `package` its device's key package. `at` in milliseconds, by its own clock.
    """

    chat: bytes
    account: bytes
    id: bytes
    account_key: bytes
    relay: str
    inbox: bytes
    name: str
    at: int
    reply: bytes = field(repr=False)
    package: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settled:
    """An application that was decided on, and when this device heard of it (milliseconds)."""

    chat: bytes
    id: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Applications:
    """The queue in which people ask to be let into the group `chat`."""

    queue: bytes
    chat: bytes


@dataclass(frozen=True, slots=True)
class Applied:
    """This device has asked to be let into a group; `link` names the key that it asked under. `at` in milliseconds."""

    chat: bytes
    link: bytes
    reply: bytes = field(repr=False)
    at: int


_APPLICANTS: Final = Table("applicant", Applicant, "chat", "account")
_SETTLED: Final = Table("settled", Settled, "chat", "id")
_APPLICATIONS: Final = Table("applications", Applications, "queue")
_APPLIED: Final = Table("applied", Applied, "chat")


class ApplicantTables(Connection):
    """Keeps to `havre.client.vault.base.ApplicantRows`."""

    def put_applicant(self, applicant: Applicant) -> None:
        """Insert or replace by chat and account."""
        _APPLICANTS.put(self, applicant)

    def applicant(self, chat: bytes, account: bytes) -> Applicant | None:
        """Return what an account has asked of a group, if it waits."""
        return _APPLICANTS.get(self, chat, account)

    def applicants(self, chat: bytes) -> Sequence[Applicant]:
        """Return who waits to be let into a group, oldest first."""
        return _APPLICANTS.select(self, "WHERE chat = ? ORDER BY at, account", chat)

    def drop_applicant(self, chat: bytes, account: bytes) -> None:
        """Forget that an account waits."""
        _APPLICANTS.drop(self, chat, account)

    def put_settled(self, settled: Settled) -> None:
        """Note that an application was decided on."""
        _SETTLED.put(self, settled)

    def is_settled(self, chat: bytes, application: bytes) -> bool:
        """Tell whether an application was decided on."""
        return _SETTLED.get(self, chat, application) is not None

    def forget_settled(self, before: int) -> None:
        """Forget decisions about applications of which nothing is left on any relay."""
        self.execute("DELETE FROM settled WHERE at < ?", (before,))

    def put_applications(self, applications: Applications) -> None:
        """Note which group a queue is about."""
        _APPLICATIONS.put(self, applications)

    def applications(self, queue: bytes) -> Applications | None:
        """Return which group a queue is about, if people apply there."""
        return _APPLICATIONS.get(self, queue)

    def applications_of(self, chat: bytes) -> Sequence[Applications]:
        """Return the queues in which people apply to a group."""
        return _APPLICATIONS.select(self, "WHERE chat = ? ORDER BY queue", chat)

    def drop_applications(self, queue: bytes) -> None:
        """Forget that people apply in a queue."""
        _APPLICATIONS.drop(self, queue)

    def put_applied(self, applied: Applied) -> None:
        """Insert or replace by chat."""
        _APPLIED.put(self, applied)

    def applied(self, chat: bytes) -> Applied | None:
        """Return how this device has asked to be let into a group."""
        return _APPLIED.get(self, chat)

    def all_applied(self) -> Sequence[Applied]:
        """Return every group that this device has asked to be let into."""
        return _APPLIED.select(self, "ORDER BY chat")

    def drop_applied(self, chat: bytes) -> None:
        """Forget it: in, or given up."""
        _APPLIED.drop(self, chat)
