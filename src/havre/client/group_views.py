"""What faces are shown of groups: members, roles, rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from havre.client.engine.terms import Role
from havre.client.vault import applicants

if TYPE_CHECKING:
    from havre.client.views import Chat


@dataclass(frozen=True, slots=True)
class GroupMember:
    """Somebody in a group: `id` in hex, `name` as shown, how many devices they have in it, `picture` (a small JPEG)."""

    id: str
    name: str
    fingerprint: str
    role: Role
    me: bool
    devices: int
    picture: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody who asks to be let into a group: `chat` and `id` (of the account) in hex, `at` in unix milliseconds.

    `name` is what they call themselves, vouched for by nobody, unless I know them.
    """

    chat: str
    id: str
    name: str
    fingerprint: str
    at: int


@dataclass(frozen=True, slots=True)
class ApplicantArrived:
    """Somebody asks to be let into a group in which I decide."""

    applicant: Applicant


@dataclass(frozen=True, slots=True)
class GroupRules:
    """The lowest role that may write, add people, and change title, description, picture and timer.

    `history`: newcomers are sent what was said before.
    """

    write: Role
    add: Role
    edit: Role
    history: bool
    pin: Role
    """Who may pin messages above the chat."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group as it is now: the owner first, then admins, then members by name; `banned` as they are called."""

    chat: Chat
    members: tuple[GroupMember, ...]
    rules: GroupRules
    banned: tuple[str, ...]
    link_open: bool
    """There is a link by which people come in."""
    approval: bool
    """Whoever comes by the link waits until an admin lets them in."""

    @property
    def role(self) -> Role:
        """My own role."""
        return next((member.role for member in self.members if member.me), Role.MEMBER)


def applicant_view(row: applicants.Applicant, known_as: str | None) -> Applicant:
    """Return somebody who asks to be let in as they are shown; `known_as`: what I know them as."""
    account = row.account.hex()
    return Applicant(row.chat.hex(), account, known_as or row.name, f"{account[:4]}-{account[4:8]}", row.at)
