"""A backup into an empty database: its rows go into the schema they are of, which is then brought up to date."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import StatementError

from bot.errors import SettingsError
from bot.settings import Settings
from bot.store.backup import FORMAT
from bot.store.database import Database
from bot.store.migrate import migrating
from bot.store.tables import JSON, UTCDateTime
from bot.store.upgrading import known_revisions, newest_revision, upgrade

_BATCH = 500
_WITHOUT_COLUMNS = "hotline-backup-1"
Head = dict[str, Any]


async def restore(settings: Settings, file: Path) -> dict[str, int]:
    """The empty database holds what ``file`` holds, in the newest schema. Raises SettingsError, with nothing restored, for a
    database that is not empty, a file that is cut off or another program's, one of a newer schema, and a value that does not fit."""
    settings.make_data_dir()
    database = Database(settings.resolved_database_url)
    try:
        head = _check(file)
        async with migrating(database) as connection:
            return await connection.run_sync(_restore, file, head)
    finally:
        await database.close()


def _restore(connection: sa.Connection, file: Path, head: Head) -> dict[str, int]:
    _make_empty(connection, head["revision"])
    tables = _reflect(connection)
    counts = {table.name: 0 for table in tables.sorted_tables}
    pending: dict[str, list[dict[str, Any]]] = {}
    for number, (name, row) in enumerate(_read_rows(file, head, tables), 1):
        if name not in tables.tables:
            raise SettingsError(f"{file.name} has rows of a table {name}, which its schema has not")
        pending.setdefault(name, []).append(_typed(tables.tables[name], row))
        counts[name] += 1
        if number % _BATCH == 0:
            _insert(connection, tables, pending)
    _insert(connection, tables, pending)
    if connection.dialect.name == "postgresql":
        for table in tables.sorted_tables:
            _count_on(connection, table)
    upgrade(connection)
    return counts


def _make_empty(connection: sa.Connection, revision: str) -> None:
    """The tables are those of ``revision``. Raises SettingsError when one of those that are there has rows."""
    there = _reflect(connection)
    for table in there.sorted_tables:
        if connection.scalar(sa.select(sa.func.count()).select_from(table)):
            raise SettingsError(f"the database is not empty (table {table.name}): restore into an empty one")
    if there.sorted_tables and revision != newest_revision():
        there.drop_all(connection)
        connection.exec_driver_sql("DELETE FROM alembic_version")
    upgrade(connection, revision)


def _reflect(connection: sa.Connection) -> sa.MetaData:
    """The tables as they are, with our types for times and JSON."""
    found = sa.MetaData()

    @sa.event.listens_for(sa.Table, "column_reflect")
    def typed(_inspector: Any, _table: Any, column: Any) -> None:
        if isinstance(column["type"], sa.DateTime):
            column["type"] = UTCDateTime()
        elif isinstance(column["type"], sa.JSON):
            column["type"] = JSON

    try:
        found.reflect(connection, only=lambda name, _: name != "alembic_version")
    finally:
        sa.event.remove(sa.Table, "column_reflect", typed)
    return found


def _read_rows(file: Path, head: Head, tables: sa.MetaData) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row with the names of its columns; rows of a table that became two are two."""
    columns = head.get("columns") or {}
    with gzip.open(file, "rt") as lines:
        next(lines)
        for line in lines:
            record = json.loads(line)
            if "table" not in record:
                continue
            name, row = record["table"], record["row"]
            if name in columns:
                yield name, dict(zip(columns[name], row, strict=True))
            else:
                yield from _of_the_first_release(name, row, tables)


def _of_the_first_release(name: str, row: list[Any], tables: sa.MetaData) -> Iterator[tuple[str, dict[str, Any]]]:
    """Files of format 1 name no columns. There are two kinds, both of revision 0001, which was changed after its first databases."""
    names = tables.tables[name].columns.keys() if name in tables.tables else []
    if name == "model" and isinstance(row[4], str):  # the content stood in the model's row
        old = ("id", "fingerprint", "size_bytes", "sha256", "content", "live", "report", "created_at")
        values = dict(zip(old, row, strict=True))
        content = values.pop("content")
        yield name, values
        yield "model_content", {"model_id": values["id"], "content": content}
        return
    if name in ("article_text", "candidate") and len(row) == len(names) - 1:
        names = [one for one in names if one != "left_out"]
    if len(names) != len(row):
        raise SettingsError(f"a row of table {name} has {len(row)} values, its schema {len(names)} columns")
    yield name, dict(zip(names, row, strict=True))


def _insert(connection: sa.Connection, tables: sa.MetaData, pending: dict[str, list[dict[str, Any]]]) -> None:
    """What is pending is in the database; rows that others refer to went first."""
    for table in tables.sorted_tables:
        rows = pending.pop(table.name, [])
        if connection.dialect.name == "postgresql":
            for row in rows:
                for name, value in row.items():
                    _check_fits(table.columns[name], value)
        try:
            if rows:
                connection.execute(sa.insert(table), rows)
        except StatementError as error:
            raise SettingsError(f"rows do not fit into table {table.name}: {type(error.orig).__name__}") from error


def _check_fits(column: sa.Column[Any], value: Any) -> None:
    """Raises SettingsError, naming the column and not the value, for what SQLite takes and PostgreSQL does not."""
    place = f"table {column.table.name}, column {column.name}"
    if isinstance(column.type, sa.String) and isinstance(value, str):
        if column.type.length and len(value) > column.type.length:
            raise SettingsError(f"{place}: a value has {len(value)} characters, and {column.type.length} fit")
        if "\0" in value:
            raise SettingsError(f"{place}: a value holds the character NUL, which PostgreSQL does not store")
    elif isinstance(column.type, sa.Integer) and isinstance(value, int):
        bits = 63 if isinstance(column.type, sa.BigInteger) else 31
        if not -(2**bits) <= value < 2**bits:
            raise SettingsError(f"{place}: a number is too large")
    elif value is None and not column.nullable:
        raise SettingsError(f"{place}: a value is missing")


def _count_on(connection: sa.Connection, table: sa.Table) -> None:
    """Numbers that PostgreSQL gives go on after the restored ones."""
    for column in table.primary_key.columns:
        sequence = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, column.name)))
        if sequence:
            newest = connection.scalar(sa.select(sa.func.coalesce(sa.func.max(column), 0)))
            connection.execute(sa.select(sa.func.setval(sequence, (newest or 0) + 1, False)))


def _check(file: Path) -> Head:
    """Read the whole file once: its head, every line, and the count at its end."""
    rows, end = 0, None
    try:
        with gzip.open(file, "rt") as lines:
            head: Head = json.loads(next(lines))
            for line in lines:
                record = json.loads(line)
                end = record.get("end")
                rows += "table" in record
    except (OSError, EOFError, ValueError, StopIteration) as error:
        raise SettingsError(f"{file.name} is no complete backup: {type(error).__name__}") from error
    if not isinstance(head, dict) or head.get("format") not in (FORMAT, _WITHOUT_COLUMNS) or end != rows:
        raise SettingsError(f"{file.name} is no complete backup")
    if head.get("revision") not in known_revisions():
        raise SettingsError(
            f"{file.name} is of schema {head.get('revision')}; this program restores up to {newest_revision()}"
        )
    return head


def _typed(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    unknown = row.keys() - table.columns.keys()
    if unknown:
        raise SettingsError(f"the file has a column {min(unknown)} of table {table.name}, which its schema has not")
    return {name: _in(table.columns[name], value) for name, value in row.items()}


def _in(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, sa.LargeBinary):
        return base64.b64decode(value)
    return datetime.fromisoformat(value) if isinstance(column.type, UTCDateTime) else value
