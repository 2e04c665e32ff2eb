"""The parts of one relay, wired together."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections import Counter
from contextlib import suppress
from typing import ClassVar, Final

from havre.relay.blobs.base import BlobStoreError
from havre.relay.blobs.folder import FolderBlobs
from havre.relay.budgets import Budgets, Thing
from havre.relay.clock import SteadyClock
from havre.relay.committer import Committer, Transactor
from havre.relay.config import RelayConfig
from havre.relay.core.batch import APPENDING
from havre.relay.core.surge import Rules
from havre.relay.data_folder import BLOBS, STORE
from havre.relay.delivery import Delivery
from havre.relay.descriptors import allowed
from havre.relay.doorkeeper import Doorkeeper
from havre.relay.gate import Gate
from havre.relay.http.application import application
from havre.relay.http.call import Services
from havre.relay.machine import LoopLag, Machine
from havre.relay.peers import Peers
from havre.relay.pool import Pool, Unread
from havre.relay.session import Session
from havre.relay.status import Condition
from havre.relay.store.base import StoreDamagedError, StoreError
from havre.relay.store.rocksdb import RocksStore
from havre.relay.stream import Sessions, greeting
from havre.relay.subscribers import Subscribers
from havre.wire.refusals import Code, Refusal
from havre.wire.sizes import VERSION
from havre.wire.stream import Command, Create, Ready, Refused, Subscribe

RETURNS: Final = 1000.0
"""Connections a second that may come back after a farewell: many are asked to stay away longer, and to spread."""
LAST_WORDS: Final = 3.0
"""Seconds that what is under way may take once the relay is asked to stop."""


class StartError(Exception):
    """The relay cannot start; the message says why in one sentence."""

    exit_code: ClassVar[int] = 1


class DamageError(StartError):
    """The relay cannot start, and trying again would not help: its store is damaged."""

    exit_code = 25


class Relay:
    """The parts of one relay, wired together; lives on one event loop. Raises StartError."""

    def __init__(self, config: RelayConfig) -> None:
        self.frame_bytes = config.frame_bytes
        self.sessions = Sessions()
        self.is_open = True
        self.refusals: Counter[Code] = Counter()
        self.unread: Unread[Session] = Unread(config.max_unread_bytes)
        limits, descriptors = config.limits(), allowed()
        try:
            self.store = RocksStore(config.data / STORE, descriptors.for_store)
            self.blobs = FolderBlobs(config.data / BLOBS, descriptors.for_blobs)
        except StoreDamagedError as error:
            raise DamageError(str(error)) from None
        except (StoreError, BlobStoreError) as error:
            raise StartError(str(error)) from None
        self.clock = SteadyClock()
        self.transactor = Transactor(self.store, limits, self.clock, self.has_room)
        self.recovery = self.transactor.recovery
        self.committer = Committer(self.transactor, self.store, config.max_pending, config.max_pending_bytes)
        self.subscribers = Subscribers(config.frame_bytes, config.max_subscriptions)
        self.delivery = Delivery(self.committer, self.store, self.subscribers, limits.page_bytes)
        self.budgets = Budgets(config, time.monotonic)
        self.gate = Gate(Peers(time.monotonic), self.budgets.connections, config.forwarded, self.refusals)
        self.lag = LoopLag()
        self.machine = Machine(config, self.lag, self.committer)
        self.doorkeeper = Doorkeeper(self.machine.look, _rules(config), time.monotonic, self.recovery)
        self.condition = Condition(self.doorkeeper, lambda: self.is_open)
        self.services = Services(
            config,
            self.committer,
            self.store,
            self.blobs,
            self.has_room,
            self.budgets,
            Pool(config.max_body_bytes),
            self.doorkeeper,
            self.condition,
            self.refusals,
        )
        self.http = application(self.services)
        self.adopt(config)

    def adopt(self, config: RelayConfig) -> None:
        """Keep to these settings from now on; those in `LASTING` are as they were."""
        self.config = self.services.config = config
        self.ready = greeting(Ready(VERSION, config.frame_bytes, config.entry_bytes, config.ttl, config.heartbeat))
        self.send_buffer = config.send_buffer
        self.transactor.limits = config.limits()
        self.budgets.adopt(config)
        self.gate.proxies = config.forwarded
        self.machine.config = config
        self.doorkeeper.rules = _rules(config)

    def has_room(self) -> bool:
        """Whether the disk has room for more."""
        return shutil.disk_usage(self.config.data).free >= self.config.free_bytes

    def accepts(self) -> bool:
        """Whether another connection is welcome."""
        return self.is_open and len(self.sessions) < self.config.max_connections

    def submit(self, session: Session, command: Command, size: int) -> None:
        """Take a command from a connection."""
        if isinstance(command, Subscribe) and self._is_too_many(session, command):
            message = f"a connection follows at most {self.config.max_subscriptions} queues; open another"
            session.answer(Refused(command.request, Code.FULL, message))
            return
        no = self._over_budget(session, command, size)
        if no is not None:
            session.answer(Refused(command.request, no.code, no.message, no.retry_after))
            return
        self.committer.submit(session, command, size)

    def arrived(self, session: Session) -> None:
        """A connection is open."""
        self.sessions.add(session)

    def left(self, session: Session) -> None:
        """A connection is gone."""
        self.sessions.remove(session)
        self.subscribers.leave(session)

    def _is_too_many(self, session: Session, command: Subscribe) -> bool:
        new = {one.queue for one in command.queues} - session.following
        return len(session.following) + len(new) > self.config.max_subscriptions

    def _over_budget(self, session: Session, command: Command, size: int) -> Refusal | None:
        if isinstance(command, APPENDING):
            session.appending, no = self.budgets.append(session.appending, size)
            return no
        if isinstance(command, Create) and session.peer is not None:
            return self.budgets.asked(Thing.QUEUES, session.peer)
        return None

    async def close(self) -> None:
        """Say goodbye to everyone, finish what is under way, and let go of the store."""
        self.is_open = False
        away = max(self.config.retry_after, len(self.sessions) / RETURNS)
        self.sessions.announce(lambda: away * random.uniform(0.5, 1.5))  # noqa: S311  # jitter
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                await self.committer.settle()
                await self.delivery.settle()
        await self.sessions.close()

    async def release(self) -> None:
        """Let go of threads and store; nothing works afterwards."""
        await self.committer.settle()
        await self.delivery.settle()
        self.committer.close()
        self.store.close()


def _rules(config: RelayConfig) -> Rules:
    return Rules(most_waiting=config.line_places, slowest=config.sign_ups_at_least)
