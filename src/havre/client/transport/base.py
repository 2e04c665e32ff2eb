"""What the client asks of a relay, as small protocols; the network (`stream`, `http`) and memory keep to them alike.

Every method that talks to the relay raises `NoRelay`, `NotHavre`, `WrongVersion` or `RelayRefused`, and nothing else
that is not a mistake of the caller.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from havre.client.errors import HavreError
from havre.client.identity.address import RelayAddress
from havre.client.identity.requests import RequestSigner
from havre.wire.directory import NewBlob, RelayInfo, SignUp, Taken, Upload
from havre.wire.records import SignedRecord
from havre.wire.stream import Command, Event, Ready

Jitter = Callable[[], float]
"""A source of randomness for waiting times: a number from 0 (with) to 1 (without)."""


# --- the stream -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection stands. From the moment this is taken, commands go out on it; subscriptions must be made anew."""

    ready: Ready


@dataclass(frozen=True, slots=True)
class Received:
    """Events in the order in which the relay sent them, all that have come by now; worth one transaction."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is gone, or could not be made; the next attempt comes by itself after `retry_in` seconds.

    Commands without an answer may or may not have been carried out: they are to be sent again after `Connected`.
    """

    reason: HavreError
    retry_in: float


Happening = Connected | Received | Disconnected


class StreamLink(Protocol):
    """A standing wish to be connected to one relay: it connects, and after every loss connects again, until closed.

    Iterating (by one consumer) gives what happens, in order; it ends when the link is closed. A consumer that is slow
    slows the relay down, never fills the memory.
    """

    @property
    def address(self) -> RelayAddress:
        """The relay at the other end."""

    async def send(self, commands: Sequence[Command]) -> None:
        """Send commands; waits while the connection is congested.

        Between the loss of a connection and the taking of the next `Connected` they are dropped, since everything
        that is unanswered then has to be sent again anyway.
        """

    def __aiter__(self) -> AsyncIterator[Happening]:
        """Iterate over what happens."""

    async def close(self) -> None:
        """Close the connection, and the link for good; doing it again is harmless."""


# --- the directory --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InLine:
    """Where somebody stands who waits to sign up."""

    place: int | None
    """The next one's is 1; 0: it is one's turn; None: the line itself is full at this moment."""
    wait: float
    """Seconds until the end of the wait, as far as the relay can tell."""
    ticket: str | None
    """What keeps the place, also for a later attempt with the same account."""


Waiting = Callable[[InLine], None]
"""Hears of every place that somebody who waits is told."""


def unseen_line(line: InLine) -> None:
    """Let nobody know."""


class Directory(Protocol):
    """Accounts, user names and key packages of one relay; what it says is unproven until `identity` has checked it."""

    async def relay_info(self) -> RelayInfo:
        """Return what the relay wants a client to know before it signs up."""

    async def sign_up(
        self, body: SignUp, signer: RequestSigner, waiting: Waiting = unseen_line, ticket: str | None = None
    ) -> None:
        """Make an account; the same again is harmless. `TAKEN`: the name is somebody else's.

        Where new accounts wait in line this waits, too, and tells `waiting`; `ticket` is of an earlier attempt.
        """

    async def account(self, account: bytes) -> SignedRecord | None:
        """Return an account's record, unchecked; None: there is no such account here."""

    async def publish(self, record: SignedRecord, signer: RequestSigner) -> None:
        """Replace one's own record by a newer one."""

    async def close_account(self, signer: RequestSigner) -> None:
        """Have the relay forget an account, its name, key packages and inbox; one that is not there is forgotten."""

    async def named(self, name_hash: bytes) -> bytes | None:
        """Return the id of the account with this user name (as its slow hash); None: nobody has it."""

    async def claim_name(self, name_hash: bytes, signer: RequestSigner) -> None:
        """Take a user name instead of the one that the account has; `TAKEN`: it is somebody else's."""

    async def upload_key_packages(self, upload: Upload, signer: RequestSigner) -> int:
        """Stock up the signing device's key packages; returns how many one-time ones there are now.

        After `NoRelay` they may have arrived nevertheless: make new ones rather than upload the same again.
        """

    async def stock(self, signer: RequestSigner) -> int:
        """Return how many one-time key packages of the signing device are left."""

    async def take_key_packages(self, account: bytes) -> list[Taken]:
        """Take one key package of each of an account's devices; `UNKNOWN`: there is no such account here."""


# --- files ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BlobState:
    """How far an upload has come: bytes that are there, bytes that were announced."""

    offset: int
    size: int


class Blobs(Protocol):
    """Encrypted files under random names on one relay."""

    async def reserve(self, body: NewBlob) -> None:
        """Announce a file; the same again is harmless."""

    async def state(self, blob: bytes) -> BlobState:
        """Return how far an upload has come; `UNKNOWN`: no such blob, it must be reserved (again)."""

    async def append(self, blob: bytes, upload: bytes, offset: int, size: int, data: AsyncIterator[bytes]) -> int:
        """Upload `size` bytes from `offset` on; returns the offset after them.

        Raises `RelayRefused` with `OFFSET` when the blob does not end at `offset`. When the connection breaks, what
        arrived so far stays; ask for the state and go on there.
        """

    def download(self, blob: bytes, offset: int = 0) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open a download from `offset` to the end; pieces come in whatever size the network gives them.

        Raises `RelayRefused`: `UNKNOWN` for a file that is not (or no longer, or not all of it) there, `OFFSET` when
        it has no byte at the offset.
        """

    async def delete(self, blob: bytes, upload: bytes) -> None:
        """Forget the blob; one that is not there is forgotten already."""


# --- all of it ------------------------------------------------------------------------------------------------


class Network(Protocol):
    """Every relay that a client talks to; one stream, one directory and one blob store for each address."""

    def stream(self, address: RelayAddress) -> StreamLink:
        """Return the link to a relay, opening it at the first call."""

    def directory(self, address: RelayAddress) -> Directory:
        """Return a relay's directory."""

    def blobs(self, address: RelayAddress) -> Blobs:
        """Return a relay's blob store."""

    async def close(self) -> None:
        """Close every connection."""
