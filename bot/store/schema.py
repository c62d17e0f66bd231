"""The schema that a database really has, as text that can be compared: what Alembic's own comparison does not see (the WHERE of an
index, CHECK, triggers, invalid indexes) is in it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.upgrading import upgrade

_SCRATCH = "hotline_fresh_schema"

_POSTGRES = """
SELECT 'table', c.relname::text, '' FROM pg_class c WHERE c.relnamespace = current_schema()::text::regnamespace AND c.relkind IN ('r', 'p')
UNION ALL
SELECT 'column', c.relname::text || '.' || a.attname::text,
       format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
       || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') || a.attgenerated::text || a.attidentity::text
       || CASE WHEN a.attcollation IN (0, y.typcollation) THEN '' ELSE ' COLLATE ' || a.attcollation::regcollation::text END
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type y ON y.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE c.relnamespace = current_schema()::text::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'constraint', c.relname::text || '.' || o.conname::text, pg_get_constraintdef(o.oid)
  FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
 WHERE o.connamespace = current_schema()::text::regnamespace AND o.contype <> 't'
UNION ALL
SELECT 'index', c.relname::text, pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = current_schema()::text::regnamespace
UNION ALL
SELECT 'trigger', c.relname::text || '.' || g.tgname::text, pg_get_triggerdef(g.oid) || ' ' || g.tgenabled::text
  FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid WHERE c.relnamespace = current_schema()::text::regnamespace AND NOT g.tgisinternal
UNION ALL
SELECT 'function', p.proname::text, pg_get_functiondef(p.oid) FROM pg_proc p
 WHERE p.pronamespace = current_schema()::text::regnamespace AND p.prokind = 'f'
   AND p.prolang IN (SELECT oid FROM pg_language WHERE lanname IN ('sql', 'plpgsql'))
"""

Schema = dict[str, str]  # "index ix_turn_open" and its definition


async def schema_differences(database: Database) -> list[str]:
    """In words, how the schema of ``database`` differs from a freshly made one; nothing in it is changed."""
    return await _against_fresh(database) if database.is_sqlite else await _against_scratch(database)


async def _against_fresh(database: Database) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="hotline-schema-") as folder:
        fresh = Database(f"sqlite+aiosqlite:///{Path(folder) / 'fresh.sqlite3'}")
        try:
            async with fresh.write() as connection:
                await connection.run_sync(upgrade)
            async with fresh.read() as connection:
                wanted = await connection.run_sync(read_schema)
        finally:
            await fresh.close()
    async with database.read() as connection:
        return _say(wanted, await connection.run_sync(read_schema))


async def _against_scratch(database: Database) -> list[str]:
    """The fresh one is made in a schema of its own, in a transaction that is rolled back."""
    async with database.read() as connection, connection.begin() as transaction:
        found = await connection.run_sync(read_schema)
        await connection.execute(sa.schema.CreateSchema(_SCRATCH))
        await connection.exec_driver_sql(f"SET LOCAL search_path TO {_SCRATCH}")
        await connection.run_sync(upgrade)
        wanted = await connection.run_sync(read_schema)
        await transaction.rollback()
    return _say(wanted, found)


def read_schema(connection: sa.Connection) -> Schema:
    """Every table, column, constraint, index, trigger and function with its definition, white space and order folded."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(
            "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
        ).all()
        return dict(part for kind, name, text in rows for part in _folded(kind, name, text or ""))
    here = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    rows = connection.exec_driver_sql(_POSTGRES).all()
    return {f"{kind} {name}": " ".join(text.replace(f"{here}.", "").split()) for kind, name, text in rows}


def _folded(kind: str, name: str, text: str) -> list[tuple[str, str]]:
    """A table's text in parts, since a column that was added stands last; other texts as they are."""
    plain = " ".join(text.replace('"', "").split())
    if kind != "table" or plain.upper().startswith("CREATE VIRTUAL"):
        return [(f"{kind} {name}", plain)]
    start, end = plain.index("("), plain.rindex(")")
    parts = [part.strip() for part in _split(plain[start + 1 : end])]
    found = [(f"{kind} {name}", plain[end + 1 :].strip())]
    for part in parts:
        named = re.match(r"CONSTRAINT (\S+) (.*)", part)
        if named:
            found.append((f"constraint {name}.{named[1]}", named[2]))
        else:
            found.append((f"column {name}.{part.split()[0]}", part.partition(" ")[2]))
    return found


def _split(text: str) -> list[str]:
    """At the commas that stand in no bracket and no quotes."""
    parts, depth, quoted = [""], 0, False
    for letter in text:
        quoted ^= letter == "'"
        depth += 0 if quoted else (letter == "(") - (letter == ")")
        if letter == "," and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _say(wanted: Schema, found: Schema) -> list[str]:
    lines = [f"{what} is missing" for what in wanted.keys() - found.keys()]
    lines += [f"{what} is not the program's" for what in found.keys() - wanted.keys()]
    lines += [f"{what} is another" for what in wanted.keys() & found.keys() if wanted[what] != found[what]]
    return sorted(lines)
