"""Settings that change while the relay runs: applied on trial, and taken back by themselves unless they are confirmed.

A file is marked as unconfirmed on disk before it is applied: whatever happens after that, the next start uses the last
confirmed one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import structlog

from havre.relay.admin.beginning import Beginning, Place, Standing, begin, last_good
from havre.relay.admin.kept import Kept
from havre.relay.config import LASTING, RelayConfig, Sources, differing
from havre.relay.config_file import file_config, read_file
from havre.relay.data_folder import CONFIG
from havre.relay.listening import ListenError

Adopt = Callable[[RelayConfig], Awaitable[None]]
log = structlog.get_logger("havre.relay")


class ChangeError(Exception):
    """The change was refused and nothing has changed; the message says why in one sentence."""


class Changes:
    """The settings of one relay process; raises ConfigError when there are none to start with."""

    def __init__(self, sources: Sources, place: Place) -> None:
        self._sources = sources
        self._place = place
        self._kept = Kept(place.data / CONFIG)
        self._now = begin(sources, place, self._kept)
        if self._now.standing is Standing.TRIAL:
            self._mark_or_pass_over()
        self._turn = asyncio.Lock()
        self._trial: asyncio.Task[None] | None = None
        self._until = 0.0
        self._adopt: Adopt = _adopt_nothing
        self._stop: Callable[[], None] = lambda: None
        self.has_started = False
        """Whether a relay has listened in this process."""
        self.begins_again = False
        """Whether the relay is to be started once more in this process, with what is confirmed."""

    @property
    def config(self) -> RelayConfig:
        """The settings in force."""
        return self._now.config

    def attach(self, adopt: Adopt, stop: Callable[[], None]) -> None:
        """Say how new settings are put in force (which raises ListenError if they cannot be), and how to stop."""
        self._adopt, self._stop = adopt, stop
        self.begins_again = False
        if self._now.note:
            log.error("the configuration file was passed over", reason=self._now.note)

    async def started(self) -> None:
        """The relay listens with the settings that it began with."""
        self.has_started = True
        if self._now.standing is Standing.FIRST and self._now.text:
            try:
                self._kept.confirm(self._now.text)
            except OSError as error:
                log.error("the configuration could not be kept", reason=error.strerror)
        elif self._now.standing is Standing.TRIAL:
            self._try_for(self.config.confirm_seconds)

    def failed(self, reason: str) -> bool:
        """The relay could not start; returns whether it is worth starting again, with the confirmed settings."""
        if self._now.standing is not Standing.TRIAL:
            return False
        log.error("the new configuration cannot be used; going back to the confirmed one", reason=reason)
        self._now = replace(self._last_good(), note=reason)
        return True

    def end(self) -> None:
        """The relay stops: nothing is taken back any more."""
        if self._trial is not None:
            self._trial.cancel()
            self._trial = None

    # --- what an operator asks for ----------------------------------------------------------------------------

    async def reload(self, within: float | None = None) -> str:
        """Apply the file as it is now, on trial for `within` seconds; raises ChangeError, ConfigError."""
        async with self._turn:
            text = await asyncio.to_thread(read_file, self._place.file)
            config = file_config(text, self._sources)
            if text == self._now.text:
                return f"{self._place.file} is in force already; nothing has changed."
            self._check_lasting(config)
            confirmed = self._kept.confirmed()
            if confirmed is not None and text == confirmed.text:
                await self._put_in_force(Beginning(text, config, Standing.CONFIRMED))
                return f"The confirmed configuration (number {confirmed.number}) is in force again."
            if confirmed is None:
                await self._keep(lambda: self._kept.confirm(self._now.text))  # what to go back to
            await self._keep(lambda: self._kept.mark(text))
            changed = differing(self.config, config)
            await self._put_in_force(Beginning(text, config, Standing.TRIAL))
            seconds = config.confirm_seconds if within is None else within
            self._try_for(seconds)
            names = ", ".join(changed) or "no setting"
            return f"Applied on trial ({names}). Run `havre relay confirm` within {seconds:.0f} s, or it is taken back."

    async def confirm(self) -> str:
        """Keep what is on trial; returns a sentence, raises ChangeError."""
        async with self._turn:
            if self._now.standing is not Standing.TRIAL:
                raise ChangeError("Nothing is on trial, so there is nothing to confirm.")
            good = await self._keep(lambda: self._kept.confirm(self._now.text))
            self.end()
            self._now = Beginning(self._now.text, self.config, Standing.CONFIRMED)
            log.info("the configuration was confirmed", number=good.number)
            return f"Confirmed: this configuration is number {good.number} now."

    async def rollback(self, number: int | None = None) -> str:
        """End the trial, or go back to a kept file (None: the one before); returns a sentence, raises ChangeError."""
        async with self._turn:
            if number is None and self._now.standing is Standing.TRIAL:
                await self._take_back()
                return "The trial is over: the confirmed configuration is in force again."
            return await self._go_back_to(self._former() if number is None else number)

    def facts(self) -> dict[str, Any]:
        """Return what `havre relay status` tells of this."""
        confirmed = self._kept.confirmed()
        on_trial = self._now.standing is Standing.TRIAL and self._trial is not None
        left = max(0.0, self._until - asyncio.get_running_loop().time())
        return {
            "file": str(self._place.file),
            "confirmed": confirmed.number if confirmed else None,
            "confirmed_at": confirmed.at if confirmed else None,
            "kept": self._kept.numbers(),
            "trial_seconds_left": round(left, 1) if on_trial else None,
            "passed_over": self._now.note or None,
        }

    # --- underneath -------------------------------------------------------------------------------------------

    def _mark_or_pass_over(self) -> None:
        """A disk that does not take the mark leaves a crash no way back, so the new file waits."""
        try:
            self._kept.mark(self._now.text)
        except OSError as error:
            self._now = replace(self._last_good(), note=f"it could not be put on trial: {error.strerror}")

    async def _go_back_to(self, number: int) -> str:
        good = self._kept.read(number)
        if good is None:
            known = ", ".join(str(one) for one in self._kept.numbers()) or "none"
            raise ChangeError(f"There is no kept configuration number {number}; there are: {known}.")
        config = file_config(good.text, self._sources)
        self._check_lasting(config)
        await self._put_in_force(Beginning(good.text, config, Standing.CONFIRMED))
        file = read_file(self._place.file) if self._place.file.exists() else None
        new = await self._keep(lambda: self._kept.confirm(good.text, passed_over=file))
        return f"Configuration number {number} is in force again, as number {new.number}; {self._place.file} is not."

    def _former(self) -> int:
        numbers = self._kept.numbers()
        if len(numbers) < 2:
            raise ChangeError("There is no earlier configuration to go back to.")
        return numbers[-2]

    def _check_lasting(self, config: RelayConfig) -> None:
        lasting = [key for key in differing(self.config, config) if key in LASTING]
        if lasting:
            names = ", ".join(lasting)
            raise ChangeError(f"{names} cannot change while the relay runs; stop it, and start it with the new file.")

    async def _put_in_force(self, new: Beginning) -> None:
        try:
            await self._adopt(new.config)
        except ListenError as error:
            raise ChangeError(f"Refused, and nothing has changed: {error}.") from None
        self.end()
        self._now = new
        log.info("the configuration has changed", standing=new.standing.name.lower())

    def _try_for(self, seconds: float) -> None:
        self._until = asyncio.get_running_loop().time() + seconds
        self._trial = asyncio.create_task(self._wait_for_confirmation(seconds))

    async def _wait_for_confirmation(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        async with self._turn:
            self._trial = None
            log.warning("the configuration was not confirmed in time; going back to the confirmed one")
            try:
                await self._take_back()
            except ChangeError as error:
                log.error("going back failed; starting again", reason=str(error))
                self._begin_again()

    async def _take_back(self) -> None:
        """Put the confirmed file in force; starts again if that takes more than can change while the relay runs."""
        good = self._last_good()
        if LASTING & set(differing(self.config, good.config)):
            self._begin_again()
            return
        await self._put_in_force(good)

    def _begin_again(self) -> None:
        self.begins_again = True
        self._now = self._last_good()
        self._stop()

    def _last_good(self) -> Beginning:
        return last_good(self._sources, self._place, self._kept)

    async def _keep(self, write: Callable[[], Any]) -> Any:
        try:
            return await asyncio.to_thread(write)
        except OSError as error:
            raise ChangeError(f"The data folder does not take it ({error.strerror}); nothing has changed.") from None


async def _adopt_nothing(config: RelayConfig) -> None:
    """Nothing runs yet."""
