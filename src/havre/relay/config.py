"""The relay's settings, and where each comes from.

1. the command line
2. the environment (HAVRE_RELAY_...)
3. the file relay.toml (havre.relay.config_file), which alone may change while the relay runs
4. defaults that suit one machine
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, SettingsError

from havre.relay.core.limits import FRAME_OVERHEAD, Limits
from havre.wire.sizes import MAX_TTL

HexHash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


LASTING: Final = frozenset(
    {
        "data",
        "ready_fd",
        "frame_bytes",
        "heartbeat",
        "max_pending",
        "max_pending_bytes",
        "max_unread_bytes",
        "max_body_bytes",
        "max_subscriptions",
        "peers_kept",
        "metrics_host",
        "metrics_port",
        "name_passes",
        "name_memory_kib",
        "name_lanes",
    }
)
"""Settings that stay what they are as long as a relay runs: others rely on them, or memory is sized by them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one setting; `key` is empty when it is wrong as a whole."""

    key: str
    sentence: str


class ConfigError(Exception):
    """The settings do not hold together; the message has one sentence for each problem."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(f"{one.key or 'the settings'}: {one.sentence}" for one in problems))
        self.problems = problems


class RelayConfig(BaseSettings):
    """Sizes in bytes, times in seconds."""

    model_config = SettingsConfigDict(env_prefix="HAVRE_RELAY_", extra="forbid", frozen=True)

    data: Path = Path("var/relay")
    """The folder that holds everything."""
    host: str = "127.0.0.1"
    port: int = Field(default=8441, ge=0, le=65535)
    """0: any free one; it is written to `port` in the data folder."""
    ready_fd: int | None = Field(default=None, ge=0)
    """An open file descriptor on which to say when the relay listens, as one JSON line."""

    frame_bytes: int = Field(default=1024 * 1024, ge=128 * 1024, le=16 * 1024 * 1024)
    entry_bytes: int = Field(default=256 * 1024, ge=1024)
    queue_entries: int = Field(default=1_000_000, ge=1)
    """Entries that one queue holds."""
    queue_bytes: int = Field(default=1024**3, ge=1024)
    """Bytes of entries that one queue holds."""
    ttl: int = Field(default=MAX_TTL, ge=60, le=MAX_TTL)
    blob_bytes: int = Field(default=4 * 1024**3 + 1024**2, ge=1024)
    """A file of 4 GiB, and the tags of its chunks."""
    heartbeat: float = Field(default=20.0, ge=0.1, le=600)
    send_buffer: int = Field(default=4 * 1024 * 1024, ge=64 * 1024)
    """Bytes that a connection may leave unread before it is cut."""
    max_connections: int = Field(default=100_000, ge=1)
    max_subscriptions: int = Field(default=4096, ge=512)
    """Queues that one connection may follow."""
    max_pending: int = Field(default=50_000, ge=1)
    """Commands and requests that may wait for the store; beyond, they are refused as busy."""
    max_pending_bytes: int = Field(default=256 * 1024 * 1024, ge=16 * 1024 * 1024)
    max_unread_bytes: int = Field(default=256 * 1024 * 1024, ge=16 * 1024 * 1024)
    """What slow connections may leave unread, all together; beyond, the slowest are cut and resume by cursor."""
    max_body_bytes: int = Field(default=256 * 1024 * 1024, ge=16 * 1024 * 1024)
    """Bodies of requests that are under way, all together; beyond, they are refused as busy."""
    free_bytes: int = Field(default=256 * 1024 * 1024, ge=0)
    """With less room than this on the disk, nothing more is stored."""
    memory_bytes: int = Field(default=0, ge=0)
    """Memory that the relay may hold; new accounts wait before it is used up. 0: all that the machine or its control
    group allows."""
    sign_ups_at_least: float = Field(default=20.0, ge=0.1)
    """New accounts a second that are let in even while the machine is strained."""
    line_places: int = Field(default=1_000_000, ge=1)
    """New accounts that may wait in line; each costs the relay nothing but a number."""
    sweep_seconds: float = Field(default=5.0, gt=0)
    tidy_seconds: float = Field(default=86400.0, ge=1, le=30 * 86400)
    """What is forgotten has left the disk when so much time has passed at the latest."""
    retry_after: float = Field(default=5.0, gt=0)
    """About how long clients stay away from a relay that is stopping."""

    request_seconds: float = Field(default=20.0, ge=0.1, le=600)
    """A connection that has no whole request by then is cut; an upload, once it brings nothing for so long."""
    max_uploads: int = Field(default=1024, ge=1)
    """Uploads at the same time, all peers together."""

    budgets: bool = True
    """Whether the bounds from here to `connection_bytes` hold: wide enough for many people behind one address."""
    peers_kept: int = Field(default=50_000, ge=1)
    """Peers, and accounts, whose use is remembered; the one heard of longest ago is forgotten."""
    peer_sign_ups: int = Field(default=10_000, ge=1)
    """New accounts an hour for one peer: an IPv4 address or an IPv6 /64. So are the next five."""
    peer_queues: int = Field(default=100_000, ge=1)
    peer_takes: int = Field(default=20_000, ge=1)
    peer_look_ups: int = Field(default=20_000, ge=1)
    peer_blobs: int = Field(default=20_000, ge=1)
    peer_blob_bytes: int = Field(default=256 * 1024**3, ge=1024)
    account_takes: int = Field(default=200, ge=1)
    """One-time key packages an hour that one account gives away; beyond, its last-resort one goes out."""
    peer_connections: int = Field(default=20_000, ge=1)
    """Connections at the same time."""
    peer_uploads: int = Field(default=128, ge=1)
    """Uploads at the same time."""
    connection_bytes: int = Field(default=8 * 1024 * 1024, ge=1024)
    """Bytes that one connection may append a second in the long run; each entry counts 4096 more."""
    forwarded: tuple[IPv4Network | IPv6Network, ...] = ()
    """Addresses of proxies of one's own: theirs alone is the X-Forwarded-For that is believed."""
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """A port of its own on which Prometheus finds /metrics. None: they are served nowhere."""
    metrics_host: IPv4Address | IPv6Address = IPv4Address("127.0.0.1")
    """Its address; another than a loopback one shows the figures to whoever can reach it."""
    tls_certificate: Path | None = None
    """A PEM file with the certificate and its chain; it is read again when it changes. None: no TLS here."""
    tls_key: Path | None = None
    """A PEM file with the certificate's key."""
    confirm_seconds: float = Field(default=300.0, ge=1, le=86400)
    """A new file is taken back unless `havre relay confirm` comes within so many seconds."""

    signups: bool = True
    reserved_names: frozenset[HexHash] = frozenset()
    """Slow hashes (hex) of names that are not given away."""
    name_passes: int = Field(default=3, ge=1, le=100)
    name_memory_kib: int = Field(default=65536, ge=8, le=4 * 1024 * 1024)
    name_lanes: int = Field(default=1, ge=1, le=64)
    log: Literal["json", "console"] = "console"

    @model_validator(mode="after")
    def _holds_together(self) -> RelayConfig:
        if self.entry_bytes > self.frame_bytes - FRAME_OVERHEAD:
            raise ValueError(f"entry_bytes must be at least {FRAME_OVERHEAD} below frame_bytes")
        if (self.tls_certificate is None) != (self.tls_key is None):
            missing = "tls_key" if self.tls_key is None else "tls_certificate"
            raise ValueError(f"{missing} must be set too: TLS needs a certificate and its key")
        return self

    def limits(self) -> Limits:
        """Return what the rules need of this."""
        return Limits(
            frame_bytes=self.frame_bytes,
            entry_bytes=self.entry_bytes,
            queue_entries=self.queue_entries,
            queue_bytes=self.queue_bytes,
            ttl=self.ttl,
            blob_bytes=self.blob_bytes,
            signups=self.signups,
            reserved_names=frozenset(bytes.fromhex(name) for name in self.reserved_names),
        )


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a relay's settings come from; flags and environment are what they were when it was started."""

    flags: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)

    def config(self, file: dict[str, Any]) -> RelayConfig:
        """Return the settings with the file's values beneath; raises ConfigError."""
        try:
            return RelayConfig(**(file | self.environment | self.flags))
        except ValidationError as error:
            raise ConfigError(*(_problem(dict(one)) for one in error.errors())) from None

    def wins(self, key: str) -> str:
        """Return who overrules the file for this key, in words; empty if nobody does."""
        if key in self.flags:
            return "the command line"
        return f"the environment's HAVRE_RELAY_{key.upper()}" if key in self.environment else ""


def sources(**flags: object) -> Sources:
    """Return the sources of this process, with the flags that are not None; raises ConfigError."""
    try:
        environment = EnvSettingsSource(RelayConfig)()
    except SettingsError as error:
        raise ConfigError(Problem("", f"the environment cannot be read: {error}.")) from None
    return Sources({key: value for key, value in flags.items() if value is not None}, environment)


def load(**flags: object) -> RelayConfig:
    """Return the settings without a file, with those given here taking precedence; raises ConfigError."""
    return sources(**flags).config({})


def differing(one: RelayConfig, other: RelayConfig) -> list[str]:
    """Return the names of the settings in which two configurations differ."""
    return [key for key in RelayConfig.model_fields if getattr(one, key) != getattr(other, key)]


def _problem(error: dict[str, Any]) -> Problem:
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["loc"]:
        return Problem(str(error["loc"][0]), f"{message}.")
    key = message.split()[0]  # the validator above begins with it
    return (
        Problem(key, f"{message.removeprefix(key).strip()}.")
        if key in RelayConfig.model_fields
        else Problem("", message)
    )
