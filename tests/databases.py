"""Databases of tests: migrated and filled with the demonstration once a run, then copied, which takes milliseconds."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import asyncpg
import sqlalchemy as sa

from bot import demo
from bot.knowledge.content import Knowledge
from bot.store.database import Database
from bot.store.migrate import migrate


class Databases:
    """``folder`` keeps the templates of SQLite, the server those of PostgreSQL."""

    def __init__(self, folder: Path, knowledge: Knowledge, password: str):
        self.folder, self.knowledge, self.password = folder, knowledge, password
        self._made: set[str] = set()

    async def fill(self, url: str, now: datetime) -> None:
        """The database at ``url`` has the newest schema and the demonstration municipality as of ``now``."""
        address = sa.make_url(url)
        if address.get_backend_name() == "sqlite":
            copied = await self._copy_file(Path(address.database or ""), now)
        else:
            copied = await self._copy_on_server(address, now)
        if not copied:  # it holds something already
            await self._make(url, now)

    async def _copy_file(self, target: Path, now: datetime) -> bool:
        if target.exists():
            return False
        template = self.folder / f"{now.timestamp():.6f}.sqlite3"
        if not template.exists():
            await self._make(f"sqlite+aiosqlite:///{template}", now)
        shutil.copyfile(template, target)
        return True

    async def _copy_on_server(self, address: sa.URL, now: datetime) -> bool:
        plain = address.set(drivername="postgresql")
        connection = await asyncpg.connect(plain.render_as_string(hide_password=False))
        tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        await connection.close()
        if tables:
            return False
        template = f"template_{int(now.timestamp() * 1e6)}"
        server = await asyncpg.connect(plain.set(database="postgres").render_as_string(hide_password=False))
        try:
            if template not in self._made:
                await server.execute(f"CREATE DATABASE {template}")
                await self._make(address.set(database=template).render_as_string(hide_password=False), now)
                self._made.add(template)
            await server.execute(f"DROP DATABASE {address.database}")
            await server.execute(f"CREATE DATABASE {address.database} TEMPLATE {template} STRATEGY FILE_COPY")
        finally:
            await server.close()
        return True

    async def _make(self, url: str, now: datetime) -> None:
        database = Database(url)
        await migrate(database)
        await demo.load_demo(database, self.knowledge, self.password, now)
        await database.close()
