"""Schema of the database: bring it up to date, or say how far it is."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import SettingsError
from bot.store.database import Database, renamed
from bot.store.upgrading import FOLDER, known_revisions, newest_revision, revision_of, upgrade

__all__ = ["current_revision", "migrate", "migrating", "newest_revision"]
_LOCK = 0x686F746C  # of PostgreSQL: whoever holds it migrates
_LONGEST_MS = 30 * 60 * 1000


async def current_revision(database: Database) -> str | None:
    """The revision the database is at; None for an empty one."""
    async with database.read() as connection:
        return await connection.run_sync(revision_of)


async def migrate(database: Database, folder: Path = FOLDER) -> Path | None:
    """The database has the newest schema, and all its rows; when that fails it is as it was. Returns the copy that was made
    of an SQLite file before it changed. Raises StoreUnavailable when another process holds a lock for too long, SettingsError for
    a database of a newer program."""
    revision = await current_revision(database)
    if revision is not None and revision not in known_revisions(folder):
        raise SettingsError(
            f"the database is at revision {revision}, which this program does not know: install a newer one"
        )
    copy = None
    if revision != newest_revision(folder):
        if revision is not None and database.is_sqlite:
            copy = await _copy(database, revision)
        async with migrating(database) as connection:
            await connection.run_sync(upgrade, "head", folder)
        await database.engine.dispose()  # statements that were prepared for the old tables go with their connections
    database.hold_file()
    return copy


@contextlib.asynccontextmanager
async def migrating(database: Database) -> AsyncIterator[AsyncConnection]:
    """A transaction in which tables may be rebuilt: one process at a time has it; on SQLite references are checked at its end."""
    if database.is_sqlite:
        async with _migrating_sqlite(database) as connection:
            yield connection
        return
    with renamed():
        engine = database.slow_engine()
        try:
            async with engine.begin() as connection:
                await connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
                await connection.exec_driver_sql(f"SET LOCAL statement_timeout = {_LONGEST_MS}")
                await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
                yield connection
        finally:
            await engine.dispose()


@contextlib.asynccontextmanager
async def _migrating_sqlite(database: Database) -> AsyncIterator[AsyncConnection]:
    # A table is rebuilt by dropping it, and with foreign keys switched on that takes its children's rows along, silently.
    async with database.write(foreign_keys=False) as connection:
        yield connection
        broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
        if broken:
            tables = ", ".join(sorted({row[0] for row in broken}))
            raise SettingsError(f"rows of {tables} refer to rows that are not there: nothing was changed")


async def _copy(database: Database, revision: str) -> Path | None:
    """The SQLite file as it is, beside it, readable by its owner only."""
    if not database.file:
        return None
    copy = database.file.with_name(f"{database.file.name}.{revision}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")

    def claim() -> None:
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # VACUUM INTO takes an empty file

    await asyncio.to_thread(claim)
    try:
        async with database.read() as connection:
            await connection.exec_driver_sql("VACUUM INTO ?", (str(copy),))
    except BaseException:
        copy.unlink(missing_ok=True)
        raise
    return copy
