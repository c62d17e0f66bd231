"""aiosqlite with one change of threads per statement.

SQLAlchemy asks aiosqlite for a cursor, executes, fetches, closes, and rolls back when a connection returns to its pool: five
changes of threads, each some 80 µs under load, and 77 of them in a turn. Here the statement's thread does all of it at once,
and a roll-back outside a transaction is left out. Measured: a turn's share of the server fell by half (docs/benchmarks.md).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import aiosqlite


class OneHopCursor:
    """Holds the rows of the statement it executed; nothing stays open in SQLite."""

    def __init__(self, connection: OneHopConnection):
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.lastrowid: int | None = None
        self.rowcount = -1

    async def execute(self, operation: str, parameters: Sequence[Any] = ()) -> OneHopCursor:
        return await self._run(lambda cursor: cursor.execute(operation, parameters))

    async def executemany(self, operation: str, parameters: Sequence[Sequence[Any]]) -> OneHopCursor:
        return await self._run(lambda cursor: cursor.executemany(operation, parameters))

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []

    async def _run(self, work: Callable[[sqlite3.Cursor], Any]) -> OneHopCursor:
        def all_at_once() -> tuple[Any, int | None, int, list[Any]]:
            cursor = self._connection._conn.cursor()
            try:
                work(cursor)
                rows = cursor.fetchall() if cursor.description else []
                return cursor.description, cursor.lastrowid, cursor.rowcount, rows
            finally:
                cursor.close()

        self.description, self.lastrowid, self.rowcount, self._rows = await self._connection._execute(all_at_once)
        return self


class OneHopConnection(aiosqlite.Connection):
    async def cursor(self) -> OneHopCursor:  # type: ignore[override]
        return OneHopCursor(self)

    async def rollback(self) -> None:
        if self._conn.in_transaction:
            await super().rollback()


def connector(path: str) -> Callable[..., OneHopConnection]:
    """What ``create_async_engine`` calls for a new connection; awaiting the result opens it."""

    def connect(*_arguments: Any, **_options: Any) -> OneHopConnection:
        # isolation_level None: we say BEGIN ourselves, so that a write begins as one.
        connection = OneHopConnection(lambda: sqlite3.connect(path, isolation_level=None), iter_chunk_size=64)
        connection._thread.daemon = True
        return connection

    return connect
