"""The database: one writer at a time on SQLite, plain transactions on PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import StoreUnavailable
from bot.store.sqlite import connector

BUSY_TIMEOUT_MS = 5000


class Database:
    """``read()`` and ``write()`` are the only ways in; both raise :class:`StoreUnavailable` when the database is gone or locked."""

    def __init__(self, url: str, *, pool_wait_s: float = BUSY_TIMEOUT_MS / 1000):
        """``pool_wait_s``: for so long a request waits for a connection when all are in use."""
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        # SQLite has one writer; waiting for it in the loop is fair and cheap, its own busy handler sleeps.
        self._writer = asyncio.Lock()
        self.engine: AsyncEngine = (_sqlite_engine if self.is_sqlite else _postgres_engine)(self.url, pool_wait_s)

    async def close(self) -> None:
        await self.engine.dispose()

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        with _renamed():
            async with self.engine.connect() as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed at the end and rolled back on an error."""
        with _renamed():
            if not self.is_sqlite:
                async with self.engine.begin() as connection:
                    yield connection
                return
            async with self._writer, self.engine.connect() as connection:
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
                try:
                    yield connection
                    await connection.commit()
                except BaseException:
                    await connection.rollback()
                    raise


@contextlib.contextmanager
def _renamed() -> Any:
    try:
        yield
    except IntegrityError:
        raise
    # SQLAlchemy's own TimeoutError (no connection of the pool came free in time) is not the builtin one.
    except (TimeoutError, sa.exc.TimeoutError, OperationalError, InterfaceError, OSError) as error:
        raise StoreUnavailable(type(error).__name__) from error
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(error.orig, sqlite3.DatabaseError):
            raise StoreUnavailable(type(error.orig).__name__) from error
        raise


def _sqlite_engine(url: sa.URL, pool_wait_s: float) -> AsyncEngine:
    engine = create_async_engine(
        url,
        async_creator=connector(url.database or ":memory:"),
        pool_size=5,
        max_overflow=10,
        pool_timeout=pool_wait_s,
        hide_parameters=True,
    )

    @sa.event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "cache_size=-16000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _postgres_engine(url: sa.URL, pool_wait_s: float) -> AsyncEngine:
    if os.environ.get("PGHOST") and not url.host:
        url = url.set(host=os.environ["PGHOST"])
    return create_async_engine(
        url,
        pool_size=10,
        max_overflow=10,
        pool_timeout=pool_wait_s,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "timeout": 5,
            "command_timeout": 15,
            "server_settings": {"lock_timeout": "5000", "application_name": "hotline"},
        },
    )
