"""The way to the database: what is unavailable is named, no error quotes a row, and nothing is stored where nobody finds it."""

from __future__ import annotations

import asyncio
import sqlite3
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from bot.conversation.service import utc_now
from bot.errors import SettingsError, StoreUnavailable
from bot.store import database as database_module
from bot.store import tables as t
from bot.store.backup import backup
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.restore import restore
from tests.conftest import make_settings

WORDS = "ord fra en besked"


@pytest_asyncio.fixture(loop_scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url)
    await migrate(made)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def postgres_database(postgres_server: str) -> AsyncIterator[Database]:
    import uuid

    import asyncpg

    name = f"t{uuid.uuid4().hex}"
    connection = await asyncpg.connect(postgres_server.replace("+asyncpg", "") + "/postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    made = Database(f"{postgres_server}/{name}")
    await migrate(made)
    yield made
    await made.close()


def _municipality(**more: object) -> dict[str, object]:
    lists: dict[str, list[str]] = {key: [] for key in ("origins", "closing_days", "open_days")}
    minutes = {"first_reply_minutes": 1, "next_reply_minutes": 1}
    return {"code": "0000", "name": {}, "opening_hours": {}, "created_at": utc_now(), **lists, **minutes, **more}


FAULTS = {
    "a value twice": _municipality(code="0711", phone=WORDS),
    "a missing value": _municipality(code="0001", name=None, phone=WORDS),
    "a number for a text": _municipality(code="0001", first_reply_minutes=WORDS),
    "a text that is too long": _municipality(code="0001", phone=WORDS * 9),
    "a text with NUL": _municipality(code="0001", phone=f"{WORDS}\0"),
    "an object for a text": _municipality(code="0001", phone={"text": WORDS}),
    "a number that is too large": _municipality(code="0001", first_reply_minutes=10**30, phone=WORDS),
    "a surrogate": _municipality(code="0001", phone=f"{WORDS}\udc80"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_no_error_of_the_database_quotes_a_value(fault: str, database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(sa.insert(t.municipality), _municipality(code="0711"))
    try:
        async with database.write() as connection:
            await connection.execute(sa.insert(t.municipality), FAULTS[fault])
    except Exception as error:
        told = "".join(traceback.format_exception(error))
        assert WORDS not in told and "besked" not in told.replace(__file__, "")
        assert "0711" not in told and str(10**30) not in told


@pytest.mark.postgres
async def test_what_postgresql_gives_up_on_is_unavailable(postgres_database: Database) -> None:
    database = postgres_database
    async with database.write() as first:
        await first.exec_driver_sql("LOCK TABLE municipality")
        for statement in ("SET LOCAL lock_timeout = '50ms'", "SET LOCAL statement_timeout = '50ms'"):
            with pytest.raises(StoreUnavailable):
                async with database.write() as second:
                    await second.exec_driver_sql(statement)
                    await second.execute(sa.select(t.municipality))
    with pytest.raises(StoreUnavailable):
        async with database.read() as connection:
            await connection.exec_driver_sql("SET statement_timeout = '50ms'")
            await connection.exec_driver_sql("SELECT pg_sleep(5)")


@pytest.mark.postgres
async def test_a_deadlock_is_unavailable(postgres_database: Database) -> None:
    database = postgres_database
    locked = asyncio.Barrier(2)

    async def lock(first: str, second: str) -> None:
        async with database.write() as connection:
            await connection.exec_driver_sql(f"LOCK TABLE {first}")
            await locked.wait()
            await connection.exec_driver_sql(f"LOCK TABLE {second}")

    ends = await asyncio.gather(lock("turn", "audit"), lock("audit", "turn"), return_exceptions=True)
    assert [type(end) for end in ends if end] == [StoreUnavailable]


@pytest.mark.postgres
async def test_a_migration_beside_a_long_transaction_is_unavailable(
    postgres_database: Database, tmp_path: Path
) -> None:
    database = postgres_database
    async with database.write() as connection:
        await connection.exec_driver_sql("LOCK TABLE alembic_version")
        with pytest.raises(StoreUnavailable):
            await migrate(database)


async def test_a_pool_without_a_free_connection_is_unavailable(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(database_url)
    database.engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    async with database.engine.connect() as first:
        await first.execute(sa.select(1))
        held = [await database.engine.connect() for _ in range(database.engine.pool.size() + 9)]  # type: ignore[attr-defined]
        with pytest.raises(StoreUnavailable):
            async with database.read():
                held.append(await database.engine.connect())
        for connection in held:
            await connection.close()
    await database.close()


async def test_every_writer_waits_for_a_locked_database_once(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_MS", 300)
    database = Database(sqlite_url)
    await migrate(database)
    foreign = sqlite3.connect(database.file or "", isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    loop = asyncio.get_running_loop()

    async def write() -> float:
        began = loop.time()
        with pytest.raises(StoreUnavailable):
            async with database.write():
                raise AssertionError("it is locked")
        return loop.time() - began

    # Ten in turn would wait ten times as long as one.
    assert max(await asyncio.gather(*(write() for _ in range(10)))) < 10 * 0.3
    foreign.execute("COMMIT")
    async with database.write() as connection:
        assert await connection.scalar(sa.text("PRAGMA foreign_keys")) == 1
    for _ in range(6):  # no connection keeps what was left of a writer's patience
        async with database.read() as connection:
            assert (await connection.exec_driver_sql("PRAGMA busy_timeout")).scalar() in (300, 5000)
    await database.close()


@pytest.mark.parametrize("fate", ["moved", "removed", "replaced"])
async def test_nothing_is_stored_into_a_file_that_is_gone(fate: str, sqlite_url: str) -> None:
    database = Database(sqlite_url)
    await migrate(database)
    file = database.file
    assert file is not None
    kept = file.rename(file.with_name("elsewhere"))
    if fate == "removed":
        kept.unlink()
    elif fate == "replaced":
        file.touch()
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            async with database.write() as connection:
                await connection.execute(sa.insert(t.municipality), _municipality())
    await database.engine.dispose()
    with pytest.raises(StoreUnavailable):
        async with database.read() as connection:
            await connection.execute(sa.select(1))
    assert file.exists() == (fate == "replaced") and (not file.exists() or file.stat().st_size == 0)
    if fate == "moved":
        kept.rename(file)
        async with database.write() as connection:
            await connection.execute(sa.insert(t.municipality), _municipality())
    await database.close()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"phone": WORDS * 9}, "table municipality, column phone"),
        ({"email": f"{WORDS}\0"}, "table municipality, column email"),
        ({"next_reply_minutes": 2**40}, "table municipality, column next_reply_minutes"),
    ],
)
async def test_restore_names_the_place_of_a_value_that_does_not_fit(
    values: dict[str, object], place: str, sqlite_url: str, postgres_server: str, tmp_path: Path
) -> None:
    import uuid

    import asyncpg

    database = Database(sqlite_url)
    await migrate(database)
    async with database.write() as connection:
        await connection.execute(sa.insert(t.municipality), _municipality(**values))
    await database.close()
    await backup(make_settings(tmp_path, sqlite_url), tmp_path / "backup.gz")
    name = f"t{uuid.uuid4().hex}"
    server = await asyncpg.connect(postgres_server.replace("+asyncpg", "") + "/postgres")
    await server.execute(f"CREATE DATABASE {name}")
    await server.close()
    with pytest.raises(SettingsError, match=place) as raised:
        await restore(make_settings(tmp_path, f"{postgres_server}/{name}"), tmp_path / "backup.gz")
    assert WORDS not in "".join(traceback.format_exception(raised.value))
