"""Whether messages can be stored, found out by trying; and how often they could not."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

import sqlalchemy as sa
import structlog

from bot.errors import StoreUnavailable
from bot.store.database import Database

log = structlog.get_logger()
LOOK_S = 5.0  # watchers may ask as often as they like
LEAST_FREE_BYTES = 50 * 1024 * 1024


class Health:
    def __init__(self, database: Database, data_dir: Path):
        self._database = database
        self._folder = database.file.parent if database.file else data_dir
        self._looking = asyncio.Lock()
        self._looked_at = -LOOK_S
        self._can_store = False
        self.refused = 0  # requests that were answered with 503 since it was last told

    async def can_store(self) -> bool:
        """What a write found at most five seconds ago."""
        async with self._looking:
            if time.monotonic() - self._looked_at >= LOOK_S:
                self._can_store = await self._look()
                self._looked_at = time.monotonic()
            return self._can_store

    async def tell_refused(self) -> None:
        """One line of the log says how many requests were refused since the last."""
        count, self.refused = self.refused, 0
        if count:
            log.warning("requests_refused", status=503, count=count)

    async def _look(self) -> bool:
        try:
            async with (
                self._database.write() as connection
            ):  # SQLite takes its lock, and looks whether the file is the same
                if not self._database.is_sqlite:
                    return bool(
                        await connection.scalar(sa.text("SELECT current_setting('transaction_read_only') = 'off'"))
                    )
        except StoreUnavailable:
            return False
        try:
            free = (await asyncio.to_thread(shutil.disk_usage, self._folder)).free
        except OSError:
            return False
        return free >= LEAST_FREE_BYTES
