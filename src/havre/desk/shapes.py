"""How everything looks that the page is shown; who I am, who others are, who asks to be let in, and who may do what."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Shape(Struct, frozen=True, rename="camel"):
    """A JSON object of the contract."""


class Applicant(Shape, frozen=True):
    """Somebody who asks to be let into a group; nobody vouches for the name. `at`: unix milliseconds."""

    chat: str
    id: str
    name: str
    fingerprint: str
    at: int


class Refused(Shape, frozen=True):
    """Somebody I do not want to hear from: `blocked`, or declined. `name`: their own, if it is known."""

    id: str
    name: str
    blocked: bool


class Home(Shape, frozen=True):
    """A relay on which a chat lives; the `first` orders what is said, another stands by."""

    relay: str
    first: bool
    connected: bool


class Fetched(Shape, frozen=True):
    """A file that is on this machine now; `shown`: it is a picture, a film or a sound that a window may show."""

    shown: bool


class Person(Shape, frozen=True):
    """Somebody whom I talk with. `picture`: the address under which theirs is, another one with each change."""

    id: str
    name: str
    fingerprint: str
    verified: bool
    picture: str | None


class Account(Shape, frozen=True):
    """Who I am, and the relay that I am at home at. `picture`: the address under which mine is."""

    name: str
    id: str
    relay: str
    picture: str | None


RoleName = Literal["member", "admin", "owner"]


class Rules(Shape, frozen=True):
    """From which role on one may write, add people, change title, description, picture and timer, and pin messages."""

    write: RoleName
    add: RoleName
    edit: RoleName
    pin: RoleName
    history: bool
    """Newcomers are sent what was said before."""


ShelfName = Literal["media", "files", "audio", "links"]
"""Pictures and films; other files; voice notes and recordings; texts with links."""
MayWrite = Literal["yes", "admins", "owner", "blocked", "out"]
"""Whether I may write in a chat: who may alone, that I have blocked the other, that I am not in it."""


class Scheduled(Shape, frozen=True):
    """A text that is sent at `due` (unix milliseconds)."""

    number: int
    chat: str
    due: int
    text: str


class Stored(Shape, frozen=True):
    """What a chat takes up in the vault: its messages, and the bytes of what they say."""

    chat: str
    title: str
    messages: int
    size: int
