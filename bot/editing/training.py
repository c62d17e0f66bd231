"""Trains while the hotline serves: in the background, behind everything else, when the editors have paused; then the gate, then live."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from pathlib import Path
from typing import Protocol, runtime_checkable

import sqlalchemy as sa
import structlog

from bot.conversation.rights import StaffMember
from bot.conversation.service import Services
from bot.editing.lease import Lease, Progress, tell_progress
from bot.editing.operating import check_operator, use_as_operator
from bot.editing.rounds import Rounds
from bot.errors import HotlineError, ModelUnavailable, StoreUnavailable
from bot.models import live_model
from bot.store import tables as t

log = structlog.get_logger()
LOOK_S = 5.0  # another process, or a command, may have chosen another model
BUSY_S = 1.0  # another process trains


@runtime_checkable
class Replaceable(Protocol):
    """The worker pool, as training knows it."""

    async def replace(self, model_path: Path) -> None: ...


class Training:
    """Trains in this process when it may, and follows the model that is chosen elsewhere."""

    def __init__(self, services: Services):
        self.services = services
        self._cache = services.settings.data_dir / "models"
        self._in_use: str | None = None
        self._following = asyncio.Lock()

    async def run(self) -> None:
        """Train whenever there is something new, and follow the model that is chosen elsewhere; until cancelled."""
        self._in_use = await self._live_id()
        await self._remove_leftovers()
        while True:
            try:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.services.taught.wait(), LOOK_S)
                if self.services.taught.is_set():
                    if self.services.workers.ready:
                        await self._pause()
                    self.services.taught.clear()
                    await self.train()
                else:
                    await self._follow()
            except HotlineError as error:
                log.error("training_failed", error=type(error).__name__, detail=(error.detail or "")[-500:])
            except Exception:  # the running model stays; the editor sees that training failed
                log.exception("training_failed")

    async def train(self) -> None:
        """One training of all there is now, once no other process trains; what goes live answers at once."""
        services = self.services
        lease = Lease(services.database, services.process_id, services.now)
        while not await lease.take():
            await self._follow()
            await asyncio.sleep(BUSY_S)
        async with lease.held():
            rounds = Rounds(
                services.database,
                services.knowledge.common,
                services.settings.nlu_data_dir,
                self._cache,
                services.now,
                lease.progress,
                lease.renew,
                low_priority=self.services.workers.ready,  # without a model there is nobody to be kind to
                follow=self._follow,
            )
            await rounds.run()

    async def use(self, staff: StaffMember, model_id: str, reason: str) -> None:
        """The operator's choice answers at once. Raises Forbidden for others, NotFound, and ReasonNeeded for a model that the gate
        kept aside."""
        check_operator(staff)
        services = self.services
        common = services.knowledge.common
        await use_as_operator(services.database, common, services.now(), staff.id, model_id, reason)
        await self._follow()

    async def _remove_leftovers(self) -> None:
        """What a killed training left in the cache, the whole corpus, is gone; unless somebody trains now."""
        left = await asyncio.to_thread(lambda: list(self._cache.glob("training-*")))
        lease = Lease(self.services.database, self.services.process_id, self.services.now)
        if left and await lease.take():
            lease.progress.phase = "idle"
            async with lease.held():
                for folder in left:
                    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _pause(self) -> None:
        """Return when nothing was changed for a while."""
        with contextlib.suppress(StoreUnavailable):
            await tell_progress(self.services.database, Progress("waiting"))
        taught = self.services.taught
        while taught.is_set():
            taught.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(taught.wait(), self.services.settings.training_pause_s)

    async def _follow(self) -> None:
        """The workers have the live model."""
        async with self._following:  # a choice made here and the look for others' choices find the same one new
            live = await self._live_id()
            if live == self._in_use:
                return
            found = await live_model(self.services.database, self._cache)
            if found is None:
                raise ModelUnavailable("there is no model")
            if isinstance(self.services.workers, Replaceable):
                await self.services.workers.replace(found[0])
            self._in_use = live

    async def _live_id(self) -> str | None:
        async with self.services.database.read() as connection:
            return await connection.scalar(sa.select(t.model.c.id).where(t.model.c.live))
