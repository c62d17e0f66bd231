"""The database: one writer at a time on SQLite, plain transactions on PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bot.errors import StoreUnavailable
from bot.store.private_errors import keep_values_private
from bot.store.sqlite import SqliteFile

BUSY_TIMEOUT_MS = 5000
# Of PostgreSQL: lock not available, statement cancelled, deadlock, serialization failure, full disk or memory, shutting down,
# read-only. asyncpg's errors for these reach us as bare DBAPIError.
_UNAVAILABLE = ("55P03", "57014", "40P01", "40001", "53", "57P", "25006", "08")


class Database:
    """``read()`` and ``write()`` are the only ways in; both raise :class:`StoreUnavailable` when the database is gone or locked."""

    def __init__(self, url: str, *, pool_wait_s: float = BUSY_TIMEOUT_MS / 1000):
        """``pool_wait_s``: for so long a request waits for a connection when all are in use."""
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        # SQLite has one writer; waiting for it in the loop is fair and cheap, its own busy handler sleeps.
        self._writer = asyncio.Lock()
        self._sqlite = SqliteFile(self.url.database or ":memory:")
        self.engine = self._make_engine(
            pool_size=5 if self.is_sqlite else 10, max_overflow=10, pool_timeout=pool_wait_s
        )
        self._apart = self._make_engine(poolclass=NullPool, isolation_level="AUTOCOMMIT")

    def _make_engine(self, **pool: Any) -> AsyncEngine:
        return _sqlite_engine(self.url, self._sqlite, **pool) if self.is_sqlite else _postgres_engine(self.url, **pool)

    @property
    def file(self) -> Path | None:
        """Of SQLite."""
        return self._sqlite.path if self.is_sqlite else None

    def hold_file(self) -> None:
        """From now on SQLite's file must exist and stay the same one: writes to another are refused with StoreUnavailable."""
        if self.is_sqlite:
            self._sqlite.hold()

    def slow_engine(self) -> AsyncEngine:
        """Of PostgreSQL, for one connection whose statements may take as long as they need; the caller disposes of it."""
        return _postgres_engine(self.url, command_timeout_s=None, poolclass=NullPool)

    async def close(self) -> None:
        await self.engine.dispose()
        await self._apart.dispose()

    @contextlib.asynccontextmanager
    async def alone(self) -> AsyncIterator[Any]:
        """A connection of its own, outside the pool and in no transaction, for as long as the caller keeps it: asyncpg's on
        PostgreSQL, SQLAlchemy's on SQLite."""
        with renamed():
            async with self._apart.connect() as connection:
                yield connection if self.is_sqlite else (await connection.get_raw_connection()).driver_connection

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        with renamed():
            async with self.engine.connect() as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def write(self, *, foreign_keys: bool = True) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed at the end and rolled back on an error. Without ``foreign_keys`` SQLite checks none of them."""
        with renamed():
            if not self.is_sqlite:
                async with self.engine.begin() as connection:
                    yield connection
                return
            async with self._writing(foreign_keys) as connection:
                try:
                    yield connection
                    await connection.commit()
                except BaseException:
                    await connection.rollback()
                    raise

    @contextlib.asynccontextmanager
    async def _writing(self, foreign_keys: bool) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction of SQLite. One time limit holds for all there is to wait for: the writers of this
        process, a connection, and the writers of other processes."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + BUSY_TIMEOUT_MS / 1000
        async with contextlib.AsyncExitStack() as stack:
            async with asyncio.timeout_at(deadline):
                await stack.enter_async_context(self._writer)
                connection = await stack.enter_async_context(self.engine.connect())
            left_ms = max(0, round((deadline - loop.time()) * 1000))
            changed = [f"busy_timeout={left_ms}"] if left_ms < BUSY_TIMEOUT_MS * 0.98 else []
            changed += [] if foreign_keys else ["foreign_keys=OFF"]
            try:
                # Neither pragma does anything inside a transaction.
                for pragma in changed:
                    await connection.exec_driver_sql(f"PRAGMA {pragma}")
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
            finally:
                if changed:
                    await connection.rollback()
                    for pragma in _pragmas_of_writers():
                        await connection.exec_driver_sql(f"PRAGMA {pragma}")


@contextlib.contextmanager
def renamed() -> Iterator[None]:
    """What says that the database is gone, locked or full is StoreUnavailable."""
    try:
        yield
    except IntegrityError:
        raise
    # SQLAlchemy's own TimeoutError (no connection of the pool came free in time) is not the builtin one.
    except (TimeoutError, PoolTimeout, OperationalError, InterfaceError, OSError) as error:
        raise StoreUnavailable(type(error).__name__) from error
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or ""
        if (
            error.connection_invalidated
            or isinstance(error.orig, sqlite3.DatabaseError)
            or state.startswith(_UNAVAILABLE)
            or type(error.orig).__name__ == "InvalidCachedStatementError"  # a migration beside us; the next try passes
        ):
            raise StoreUnavailable(type(error.orig).__name__) from error
        raise


def _pragmas_of_writers() -> tuple[str, ...]:
    return f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=ON"


def _sqlite_engine(url: sa.URL, file: SqliteFile, **pool: Any) -> AsyncEngine:
    engine = create_async_engine(
        url,
        async_creator=file.connect,
        hide_parameters=True,
        **pool,
    )

    @sa.event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (*_pragmas_of_writers(), "journal_mode=WAL", "synchronous=NORMAL", "cache_size=-16000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    keep_values_private(engine)
    return engine


def _postgres_engine(url: sa.URL, *, command_timeout_s: float | None = 15, **pool: Any) -> AsyncEngine:
    if os.environ.get("PGHOST") and not url.host:
        url = url.set(host=os.environ["PGHOST"])
    engine = create_async_engine(
        url,
        pool_pre_ping=True,
        hide_parameters=True,
        **pool,
        connect_args={
            "timeout": 5,
            "command_timeout": command_timeout_s,
            "server_settings": {"lock_timeout": "5000", "application_name": "hotline"},
        },
    )
    keep_values_private(engine)
    return engine
