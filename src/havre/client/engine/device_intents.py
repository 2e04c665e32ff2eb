"""What a person wants done with their account and its devices; each is answered by one `Answer` or `Failed`.

`record` is the account's new record, signed, as the directory has it by then.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LinkDevice:
    """Take a new device, which the record names, into the account. Answer: None; the rest follows by commits."""

    ticket: int
    record: bytes
    device: bytes
    name: str
    own_name: str
    packages: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class MeetDevices:
    """Come together with my other devices, to which this one is new, since it was made of a backup. Answer: None.

    `packages`: each of those devices with a key package.
    """

    ticket: int
    own_name: str
    packages: tuple[tuple[bytes, bytes], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RevokeDevice:
    """Take a device, which the record names no longer, out of everything. Answer: None."""

    ticket: int
    record: bytes


@dataclass(frozen=True, slots=True)
class NameDevice:
    """Call a device of mine something. Answer: None."""

    ticket: int
    device: bytes
    name: str


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    """Be called or look otherwise; None: as it is. `picture`: a small JPEG; empty: none. Answer: None.

    `back`: the public key of a new backup's way back into groups.
    """

    ticket: int
    name: str | None = None
    picture: bytes | None = field(default=None, repr=False)
    back: bytes | None = field(default=None, repr=False)


DeviceIntent = LinkDevice | MeetDevices | RevokeDevice | NameDevice | ChangeProfile
