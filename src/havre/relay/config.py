"""The relay's settings: from the command line, the environment (HAVRE_RELAY_...), or defaults that suit one machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from havre.relay.core.limits import FRAME_OVERHEAD, Limits
from havre.wire.sizes import MAX_TTL

HexHash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class ConfigError(Exception):
    """The settings do not hold together; the message has one sentence for each problem."""


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
    ttl: int = Field(default=MAX_TTL, ge=60, le=MAX_TTL)
    blob_bytes: int = Field(default=2 * 1024**3, ge=1024)
    heartbeat: float = Field(default=20.0, ge=0.1, le=600)
    send_buffer: int = Field(default=4 * 1024 * 1024, ge=64 * 1024)
    """Bytes that a connection may leave unread before it is cut."""
    max_connections: int = Field(default=100_000, ge=1)
    max_subscriptions: int = Field(default=4096, ge=512)
    """Queues that one connection may follow."""
    max_pending: int = Field(default=50_000, ge=1)
    """Commands and requests that may wait for the store; beyond, they are refused as busy."""
    max_pending_bytes: int = Field(default=256 * 1024 * 1024, ge=16 * 1024 * 1024)
    free_bytes: int = Field(default=256 * 1024 * 1024, ge=0)
    """With less room than this on the disk, nothing more is stored."""
    sweep_seconds: float = Field(default=5.0, gt=0)
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
    forwarded: bool = False
    """Take a peer's address from the last X-Forwarded-For: only behind a proxy of one's own that sets it."""

    signups: bool = True
    reserved_names: frozenset[HexHash] = frozenset()
    """Slow hashes (hex) of names that are not given away."""
    name_passes: int = Field(default=3, ge=1, le=100)
    name_memory_kib: int = Field(default=65536, ge=8, le=4 * 1024 * 1024)
    name_lanes: int = Field(default=1, ge=1, le=64)
    log: Literal["json", "console"] = "console"

    @model_validator(mode="after")
    def _entry_fits_frame(self) -> RelayConfig:
        if self.entry_bytes > self.frame_bytes - FRAME_OVERHEAD:
            raise ValueError(f"entry_bytes must be at least {FRAME_OVERHEAD} below frame_bytes")
        return self

    def limits(self) -> Limits:
        """Return what the rules need of this."""
        return Limits(
            frame_bytes=self.frame_bytes,
            entry_bytes=self.entry_bytes,
            ttl=self.ttl,
            blob_bytes=self.blob_bytes,
            signups=self.signups,
            reserved_names=frozenset(bytes.fromhex(name) for name in self.reserved_names),
        )


def load(**settings: object) -> RelayConfig:
    """Return the settings with those given here taking precedence; raises ConfigError."""
    try:
        return RelayConfig(**_known(settings))
    except ValidationError as error:
        raise ConfigError("\n".join(_sentence(dict(problem)) for problem in error.errors())) from None


def _known(settings: dict[str, object]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if value is not None}


def _sentence(problem: dict[str, object]) -> str:
    place = problem.get("loc")
    key = ".".join(str(part) for part in place) if isinstance(place, tuple) and place else "the settings"
    return f"{key}: {problem.get('msg')}."
