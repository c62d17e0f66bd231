"""A backup is every row of every table as JSON lines in a gzip file: it restores into SQLite and PostgreSQL alike."""

from __future__ import annotations

import base64
import gzip
import json
import os
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import SettingsError
from bot.settings import Settings
from bot.store.database import Database
from bot.store.migrate import current_revision, migrate, newest_revision
from bot.store.tables import UTCDateTime, metadata

_BATCH = 500
_FORMAT = "hotline-backup-1"


async def backup(settings: Settings, file: Path) -> dict[str, int]:
    """``file`` (mode 600, never half written) holds one state of the database; returns rows per table."""
    database = Database(settings.resolved_database_url)
    partial = file.with_name(file.name + ".part")
    counts: dict[str, int] = {}
    try:
        revision = await current_revision(database)
        async with database.engine.connect() as connection:
            # One snapshot of all tables, while others go on writing.
            if database.is_sqlite:
                await connection.exec_driver_sql("BEGIN")
            else:
                await connection.execution_options(isolation_level="REPEATABLE READ")
            with (
                os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw,
                gzip.open(raw, "wt") as out,
            ):
                out.write(json.dumps({"format": _FORMAT, "revision": revision}) + "\n")
                for table in metadata.sorted_tables:
                    counts[table.name] = 0
                    async for row in _rows(connection, table):
                        out.write(json.dumps({"table": table.name, "row": [_out(value) for value in row]}) + "\n")
                        counts[table.name] += 1
                out.write(json.dumps({"end": sum(counts.values())}) + "\n")
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
        await database.close()
    return counts


async def restore(settings: Settings, file: Path) -> dict[str, int]:
    """The empty database holds what ``file`` holds. Raises SettingsError, with nothing restored, for a database that is not
    empty, a file that is cut off or another program's, and one of a newer schema."""
    if settings.is_default_sqlite:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.resolved_database_url)
    tables = {table.name: table for table in metadata.sorted_tables}
    counts = dict.fromkeys(tables, 0)
    try:
        _check(file)
        await migrate(database)
        async with database.write() as connection:
            for table in tables.values():
                if await connection.scalar(sa.select(sa.func.count()).select_from(table)):
                    raise SettingsError(f"the database is not empty (table {table.name}): restore into an empty one")
            pending: list[dict[str, Any]] = []
            current = ""
            with gzip.open(file, "rt") as lines:
                next(lines)
                for line in lines:
                    record = json.loads(line)
                    if record.get("table") != current or len(pending) >= _BATCH:
                        if pending:
                            await connection.execute(sa.insert(tables[current]), pending)
                        pending, current = [], record.get("table", "")
                    if current:
                        columns = tables[current].columns
                        pending.append({c.name: _in(c, value) for c, value in zip(columns, record["row"], strict=True)})
                        counts[current] += 1
            if not database.is_sqlite:
                for name in ("outbox", "audit"):  # ids go on after the restored ones
                    newest = await connection.scalar(sa.select(sa.func.coalesce(sa.func.max(tables[name].c.id), 0)))
                    sequence = sa.func.pg_get_serial_sequence(name, "id")
                    await connection.execute(sa.select(sa.func.setval(sequence, (newest or 0) + 1, False)))
    finally:
        await database.close()
    return counts


async def _rows(connection: AsyncConnection, table: sa.Table) -> AsyncIterator[sa.Row[Any]]:
    """Every row of ``table``, a batch at a time, in the order of its key."""
    key = list(table.primary_key.columns)
    batch = sa.select(table).order_by(*key).limit(_BATCH)
    last = None
    while True:
        after = (
            batch
            if last is None
            else batch.where(sa.tuple_(*key) > tuple(getattr(last, column.name) for column in key))
        )
        rows = (await connection.execute(after)).all()
        for row in rows:
            yield row
        if len(rows) < _BATCH:
            return
        last = rows[-1]


def _check(file: Path) -> None:
    """Read the whole file once: its head, every line, and the count at its end."""
    rows, end = 0, None
    try:
        with gzip.open(file, "rt") as lines:
            head = json.loads(next(lines))
            for line in lines:
                record = json.loads(line)
                end = record.get("end")
                rows += "table" in record
    except (OSError, EOFError, ValueError, StopIteration) as error:
        raise SettingsError(f"{file.name} is no complete backup: {type(error).__name__}") from error
    if head.get("format") != _FORMAT or end != rows:
        raise SettingsError(f"{file.name} is no complete backup")
    if head.get("revision") != newest_revision():
        raise SettingsError(
            f"{file.name} is of schema {head.get('revision')}; this program restores {newest_revision()}"
        )


def _out(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, datetime) else value


def _in(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, sa.LargeBinary):
        return base64.b64decode(value)
    return datetime.fromisoformat(value) if isinstance(column.type, UTCDateTime) else value
