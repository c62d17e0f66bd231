"""A database of any released revision comes up to date with all its rows, and serves; a migration that fails changes nothing."""

from __future__ import annotations

import asyncio
import hashlib
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.conversation.tokens import inquiry_token
from bot.doctor import examine
from bot.errors import SettingsError, StoreUnavailable
from bot.hub import Hub
from bot.knowledge.content import Knowledge
from bot.knowledge.service import KnowledgeService
from bot.models import live_model
from bot.store import tables as t
from bot.store.backup import backup
from bot.store.database import Database
from bot.store.migrate import current_revision, migrate, newest_revision
from bot.store.restore import restore
from bot.store.schema import schema_differences
from bot.store.upgrading import FOLDER
from bot.understanding.worker.pool import WorkerPool
from tests.conftest import Clock, eventually, make_settings
from tests.upgrades.released import INQUIRY, RELEASED, load_dump, write_backup

FROZEN = "f1fe629f854650245ac4911de8dd2b84f7a3228e45ef04da0b31ba5dd8abb70c"


@pytest_asyncio.fixture(loop_scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url)
    yield made
    await made.close()


async def _rows(database: Database, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
    async with database.read() as connection:
        return list((await connection.execute(sa.select(table))).all())


def test_the_first_revision_is_never_changed_again() -> None:
    content = (FOLDER / "versions" / "0001_the_first_tables.py").read_bytes()
    assert hashlib.sha256(content).hexdigest() == FROZEN


@pytest.mark.parametrize("revision", RELEASED)
async def test_a_database_of_a_release_comes_up_to_date_and_its_old_inquiry_is_answered(
    revision: str,
    database: Database,
    tmp_path: Path,
    pool: WorkerPool,
    knowledge: Knowledge,
    clock: Clock,
    serve: Callable[[Services], Awaitable[TestClient]],  # type: ignore[type-arg]
) -> None:
    await load_dump(revision, str(database.url))
    settings = make_settings(tmp_path, database.url.render_as_string(hide_password=False))
    await migrate(database)
    assert await schema_differences(database) == []
    assert [text for kind, text in await examine(settings) if kind == "problem"] == []
    stored = await live_model(database, tmp_path / "cache")
    assert stored is not None and stored[0].exists()
    assert all([await _rows(database, table) for table in (t.absence, t.session, t.wrong_answer, t.candidate, t.audit)])
    services = Services(settings, database, KnowledgeService(knowledge), Hub(), pool, settings.key(), clock)
    client = await serve(services)
    token = inquiry_token(settings.key(), "0000", INQUIRY, 0)
    url, headers = f"/api/v1/inquiries/{INQUIRY}/messages", {"Authorization": f"Bearer {token}"}
    question = {
        "text": "skal man have byggetilladelse til et skur på 20 kvm",
        "client_id": "00000000-0000-4000-8000-000000000000",
    }
    async with client.post(url, json=question, headers=headers) as response:
        assert response.status == 201, await response.text()

    async def answered() -> object:
        async with client.get(url, headers=headers) as response:
            return (await response.json())["messages"][3:]

    answer = await eventually(answered)
    assert answer[0]["author"] == "bot"  # type: ignore[index]


async def test_doctor_tells_a_database_that_only_says_it_is_up_to_date(database: Database, tmp_path: Path) -> None:
    await migrate(database)
    async with database.write() as connection:
        await connection.exec_driver_sql("DROP INDEX ix_turn_open")
        await connection.exec_driver_sql("CREATE INDEX ix_turn_open ON turn (leased_until)")
    settings = make_settings(tmp_path, database.url.render_as_string(hide_password=False))
    assert any("index ix_turn_open is another" in text for kind, text in await examine(settings) if kind == "problem")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("ALTER TABLE absence ADD COLUMN note TEXT", "column absence.note is not the program's"),
        ("DROP TABLE training", "table training is missing"),
        ("DROP INDEX ix_inquiry_id", "index ix_inquiry_id is missing"),
        ("CREATE UNIQUE INDEX more ON turn (model) WHERE model IS NULL", "index more is not the program's"),
    ],
)
async def test_the_real_schema_is_compared(database: Database, statement: str, told: str) -> None:
    await migrate(database)
    async with database.write() as connection:
        await connection.exec_driver_sql(statement)
    assert told in await schema_differences(database)


async def test_a_trigger_that_is_not_the_programs_is_seen(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    await migrate(database)
    async with database.write() as connection:
        await connection.exec_driver_sql("CREATE TRIGGER silent BEFORE INSERT ON audit BEGIN SELECT RAISE(IGNORE); END")
    assert await schema_differences(database) == ["trigger silent is not the program's"]
    await database.close()


@pytest.mark.parametrize("revision", RELEASED)
async def test_a_backup_of_a_release_restores(revision: str, database: Database, tmp_path: Path) -> None:
    settings = make_settings(tmp_path, database.url.render_as_string(hide_password=False))
    counts = await restore(settings, write_backup(revision, tmp_path / "old.gz"))
    assert counts["inquiry"] == counts["model_content"] == 1
    assert await current_revision(database) == newest_revision()
    assert await schema_differences(database) == []
    [message, reply] = await _rows(database, t.message)
    assert (message.text, reply.article) == ("må jeg bygge en carport", "building/permit_needed")
    assert await live_model(database, tmp_path / "cache") is not None


async def test_an_old_backup_restores_into_a_database_that_was_only_migrated(
    database: Database, tmp_path: Path
) -> None:
    await migrate(database)
    settings = make_settings(tmp_path, database.url.render_as_string(hide_password=False))
    await restore(settings, write_backup("5887eef", tmp_path / "old.gz"))
    assert len(await _rows(database, t.message)) == 2
    assert await schema_differences(database) == []


async def test_a_backup_of_an_upgraded_database_restores(database: Database, tmp_path: Path) -> None:
    await load_dump("5887eef", str(database.url))
    await migrate(database)
    await backup(make_settings(tmp_path, database.url.render_as_string(hide_password=False)), tmp_path / "new.gz")
    target = make_settings(tmp_path, f"sqlite+aiosqlite:///{tmp_path / 'restored.sqlite3'}")
    await restore(target, tmp_path / "new.gz")
    restored = Database(target.resolved_database_url)
    for table in t.metadata.sorted_tables:
        assert await _rows(restored, table) == await _rows(database, table), table.name
    await restored.close()


async def test_a_database_of_a_newer_program_is_left_alone(database: Database) -> None:
    await migrate(database)
    async with database.write() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'later'")
    with pytest.raises(SettingsError, match="later"):
        await migrate(database)


REVISION = '''"""A later one"""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "later", "{newest}"


def upgrade():
{steps}
'''
WIDEN = """    with op.batch_alter_table("{table}", recreate="{recreate}") as table:
        table.alter_column("{column}", existing_type=sa.String({old}), type_=sa.String({new}))
"""


def _script_folder(folder: Path, steps: str) -> Path:
    """Our revisions, and one after them."""
    (folder / "versions").mkdir(parents=True)
    for file in [*FOLDER.glob("*.*"), *FOLDER.glob("versions/*.py")]:
        (folder / file.relative_to(FOLDER)).write_bytes(file.read_bytes())
    (folder / "versions" / "later.py").write_text(REVISION.format(newest=newest_revision(), steps=steps))
    return folder


async def _count(database: Database) -> dict[str, int]:
    return {table.name: len(await _rows(database, table)) for table in t.metadata.sorted_tables}


async def test_rows_that_refer_to_a_rebuilt_table_stay(database: Database, tmp_path: Path) -> None:
    await load_dump("4eac379", str(database.url))
    await migrate(database)
    before = await _count(database)
    recreate = "always" if database.is_sqlite else "never"
    steps = WIDEN.format(table="model", column="fingerprint", old=64, new=128, recreate=recreate)
    steps += WIDEN.format(table="inquiry", column="subject", old=200, new=300, recreate=recreate)
    await migrate(database, _script_folder(tmp_path / "scripts", steps))
    assert await current_revision(database) == "later"
    assert await _count(database) == before and before["model_content"] and before["candidate"]
    async with database.write() as connection:  # and references are checked again
        with pytest.raises(sa.exc.IntegrityError):
            await connection.execute(sa.insert(t.model_content), {"model_id": "none", "content": b""})


@pytest.mark.parametrize("fault", ['raise ValueError("broken")', 'op.execute("DELETE FROM inquiry WHERE nothing = 1")'])
async def test_a_revision_that_fails_leaves_nothing_half(fault: str, database: Database, tmp_path: Path) -> None:
    await load_dump("4eac379", str(database.url))
    await migrate(database)
    before = await _count(database)
    recreate = "always" if database.is_sqlite else "never"
    steps = WIDEN.format(table="model", column="fingerprint", old=64, new=128, recreate=recreate)
    steps += f'    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))\n    {fault}\n'
    with pytest.raises((ValueError, StoreUnavailable, sa.exc.ProgrammingError)):
        await migrate(database, _script_folder(tmp_path / "scripts", steps))
    assert await current_revision(database) == newest_revision()
    assert await schema_differences(database) == []
    assert await _count(database) == before


async def test_a_revision_that_breaks_a_reference_is_taken_back(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    await load_dump("4eac379", sqlite_url)
    await migrate(database)
    folder = _script_folder(tmp_path / "scripts", '    op.execute("DELETE FROM model")\n')
    with pytest.raises(SettingsError, match="model_content"):
        await migrate(database, folder)
    assert len(await _rows(database, t.model)) == 1
    await database.close()


async def test_an_sqlite_file_is_copied_before_it_is_changed(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    await load_dump("5887eef", sqlite_url)
    copy = await migrate(database)
    assert copy is not None and stat.S_IMODE(copy.stat().st_mode) == 0o600
    kept = Database(f"sqlite+aiosqlite:///{copy}")
    assert await current_revision(kept) == "0001"
    assert await migrate(database) is None
    await kept.close()
    await database.close()


async def test_two_that_migrate_at_once_do_it_once(database: Database) -> None:
    await load_dump("5887eef", str(database.url))
    other = Database(database.url.render_as_string(hide_password=False))
    await asyncio.gather(migrate(database), migrate(other))
    await other.close()
    assert await schema_differences(database) == []
