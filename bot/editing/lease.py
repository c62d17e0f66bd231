"""Of several server processes and commands on one database one trains at a time; everybody can read how far it is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bot.errors import ModelUnavailable, StoreUnavailable
from bot.store import tables as t
from bot.store.database import Database

Phase = Literal["idle", "waiting", "training", "checking", "live", "kept_aside", "failed"]
LASTS = timedelta(seconds=20)  # without a sign of life
BEAT_S = 2.0
ROW = "training"
c = t.training.c


@dataclass(slots=True)
class Progress:
    phase: Phase = "idle"
    share: float = 0.0  # of the phase
    model: str | None = None  # the last one that was trained
    round: int = 0  # how often it was trained again without additions that made it worse

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Lease:
    """The right to train, for as long as ``beat`` runs in time."""

    def __init__(self, database: Database, holder: str, now: Callable[[], datetime]):
        self.database, self.holder, self.now = database, holder, now
        self.progress = Progress()

    async def take(self) -> bool:
        """Whether nobody else trains; then this holder does, until ``release``."""
        now = self.now()
        self.progress = Progress("training")
        free = sa.or_(c.leased_until.is_(None), c.leased_until < now)
        async with self.database.write() as connection:
            insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
            row = insert(t.training).values(name=ROW, progress=Progress().to_json())
            await connection.execute(row.on_conflict_do_nothing())
            taken = await connection.execute(
                sa.update(t.training)
                .where(c.name == ROW, free)
                .values(holder=self.holder, leased_until=now + LASTS, progress=self.progress.to_json())
            )
        return taken.rowcount == 1

    async def renew(self) -> None:
        """The lease lasts on, and the progress is known to all. Raises ModelUnavailable when somebody else took it meanwhile."""
        if not await self._write(self.now() + LASTS):
            raise ModelUnavailable("another process trains now")

    async def release(self) -> None:
        await self._write(None)

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Renews the lease, which was taken, until the block ends."""
        beat = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beat.cancel()
            await asyncio.gather(beat, return_exceptions=True)
            with contextlib.suppress(StoreUnavailable):  # then it runs out by itself
                await self.release()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            with contextlib.suppress(StoreUnavailable, ModelUnavailable):
                await self.renew()

    async def _write(self, until: datetime | None) -> bool:
        mine = (c.name == ROW) & (c.holder == self.holder)
        async with self.database.write() as connection:
            written = await connection.execute(
                sa.update(t.training)
                .where(mine)
                .values(
                    leased_until=until, progress=self.progress.to_json(), holder=None if until is None else self.holder
                )
            )
        return written.rowcount == 1


async def tell_progress(database: Database, progress: Progress) -> None:
    """The progress is known to all, unless somebody trains."""
    async with database.write() as connection:
        insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
        row = insert(t.training).values(name=ROW, progress=progress.to_json())
        await connection.execute(row.on_conflict_do_nothing())
        await connection.execute(
            sa.update(t.training).where(c.name == ROW, c.leased_until.is_(None)).values(progress=progress.to_json())
        )


async def read_progress(database: Database, now: datetime) -> dict[str, Any]:
    """How far a training is, whoever trains; one whose process died has failed."""
    async with database.read() as connection:
        row = (await connection.execute(sa.select(c.progress, c.leased_until).where(c.name == ROW))).first()
    if row is None:
        return Progress().to_json()
    died = row.leased_until is not None and row.leased_until < now
    return row.progress | ({"phase": "failed"} if died else {})
