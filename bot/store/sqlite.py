"""aiosqlite with one change of threads per statement.

SQLAlchemy asks aiosqlite for a cursor, executes, fetches, closes, and rolls back when a connection returns to its pool: five
changes of threads, each some 80 µs under load, and 77 of them in a turn. Here the statement's thread does all of it at once,
and a roll-back outside a transaction is left out. Measured: a turn's share of the server fell by half (docs/benchmarks.md).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
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
        return await self._run(lambda cursor: cursor.execute(operation, parameters), operation.startswith("BEGIN"))

    async def executemany(self, operation: str, parameters: Sequence[Sequence[Any]]) -> OneHopCursor:
        return await self._run(lambda cursor: cursor.executemany(operation, parameters))

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []

    async def _run(self, work: Callable[[sqlite3.Cursor], Any], begins: bool = False) -> OneHopCursor:
        def all_at_once() -> tuple[Any, int | None, int, list[Any]]:
            if begins:
                self._connection.file.check()
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
    def __init__(self, file: SqliteFile):
        super().__init__(file.open, iter_chunk_size=64)
        self.file = file
        self._thread.daemon = True

    async def cursor(self) -> OneHopCursor:  # type: ignore[override]
        return OneHopCursor(self)

    async def rollback(self) -> None:
        if self._conn.in_transaction:
            await super().rollback()


class SqliteFile:
    """The file of a database. Once held it must go on being there, and being the same: what is written through a connection to a
    file that was moved, removed or replaced would be found by nobody."""

    def __init__(self, path: str):
        self._path = path
        self._held: tuple[int, int] | None = None

    @property
    def path(self) -> Path | None:
        return None if self._path == ":memory:" else Path(self._path)

    def connect(self, *_arguments: Any, **_options: Any) -> OneHopConnection:
        """What ``create_async_engine`` calls for a new connection; awaiting the result opens it."""
        return OneHopConnection(self)

    def hold(self) -> None:
        self._held = self._identity()

    def open(self) -> sqlite3.Connection:
        # isolation_level None: we say BEGIN ourselves, so that a write begins as one.
        if self._held is None or self.path is None:
            return sqlite3.connect(self._path, isolation_level=None)
        self.check()
        return sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)

    def check(self) -> None:
        """Raises sqlite3.OperationalError when the file is not the one that is held."""
        if self._held is not None and self._identity() != self._held:
            raise sqlite3.OperationalError("the database file was moved, removed or replaced")

    def _identity(self) -> tuple[int, int] | None:
        if self.path is None:
            return None
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino
