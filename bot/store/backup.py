"""A backup is every row of every table as JSON lines in a gzip file: it restores into SQLite and PostgreSQL alike
(``bot.store.restore``), also into a newer schema."""

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

from bot.settings import Settings
from bot.store.database import Database
from bot.store.migrate import current_revision
from bot.store.tables import metadata

_BATCH = 500
FORMAT = "hotline-backup-2"


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
                columns = {table.name: table.columns.keys() for table in metadata.sorted_tables}
                out.write(json.dumps({"format": FORMAT, "revision": revision, "columns": columns}) + "\n")
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


def _out(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, datetime) else value
