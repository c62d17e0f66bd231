"""Brings a database of a released revision to life."""

from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path

import asyncpg
import sqlalchemy as sa

FOLDER = Path(__file__).parent
RELEASED = ("5887eef", "4eac379")
INQUIRY = "provesag"


async def load_dump(revision: str, url: str) -> None:
    """The empty database at ``url`` is as the code of ``revision`` left it."""
    given = sa.make_url(url)
    if given.get_backend_name() == "sqlite":
        connection = sqlite3.connect(given.database or "")
        connection.executescript((FOLDER / f"{revision}.sqlite.sql").read_text())
        connection.close()
        return
    server = await asyncpg.connect(url.replace("+asyncpg", ""))
    await server.execute((FOLDER / f"{revision}.postgresql.sql").read_text())
    await server.close()


def write_backup(revision: str, file: Path) -> Path:
    file.write_bytes(gzip.compress((FOLDER / f"{revision}.backup.jsonl").read_bytes()))
    return file
