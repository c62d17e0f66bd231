"""The operator's commands: backup and restore across databases, doctor, settings, migrations."""

from __future__ import annotations

import gzip
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import demo
from bot.conversation.receiving import Receiving
from bot.conversation.service import Services, utc_now
from bot.conversation.turns import TurnRunner
from bot.doctor import examine
from bot.errors import ModelUnavailable, SettingsError, StoreUnavailable
from bot.knowledge.content import Knowledge
from bot.models import check_model_file, live_model, store_model
from bot.settings import PROJECT_DIR, Settings
from bot.store import tables as t
from bot.store.backup import backup
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.restore import restore
from tests.conftest import PASSWORD, ServicesMaker, make_settings


async def _filled(services: Services) -> Services:
    turns = TurnRunner(services)
    receiving = Receiving(services, turns)
    opened = await receiving.open("0000", channel="web")
    await receiving.receive("0000", opened.inquiry["id"], text="jeg vil tale med et menneske, æøå 😀")
    await turns.idle()
    await store_model(services.database, _small_model(services.settings.data_dir), "fingerprint", utc_now())
    return services


def _small_model(folder: Path) -> Path:
    import tarfile

    path = folder / "small.tar.gz"
    (folder / "metadata.json").write_text("{}")
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder / "metadata.json", "metadata.json")
    return path


async def _content(database: Database) -> dict[str, list[tuple[object, ...]]]:
    async with database.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in (await connection.execute(sa.select(table))).all()), key=repr)
            for table in t.metadata.sorted_tables
        }


async def test_a_backup_restores_into_an_empty_database_of_either_kind(
    database_url: str, tmp_path: Path, make_services: ServicesMaker
) -> None:
    services = await _filled(await make_services(database_url))
    file = tmp_path / "backup.gz"
    await backup(services.settings, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    target = make_settings(tmp_path, f"sqlite+aiosqlite:///{tmp_path / 'restored.sqlite3'}")
    await restore(target, file)
    restored = Database(target.resolved_database_url)
    try:
        assert await _content(restored) == await _content(services.database)
        found = await live_model(restored, tmp_path / "cache")
        assert found is not None and found[1] == "fingerprint"
    finally:
        await restored.close()
    with pytest.raises(SettingsError, match="not empty"):
        await restore(target, file)


@pytest.mark.postgres
async def test_a_backup_of_sqlite_restores_into_postgresql_and_goes_on_counting(
    sqlite_url: str, tmp_path: Path, make_services: ServicesMaker, postgres_server: str
) -> None:
    import asyncpg

    services = await _filled(await make_services(sqlite_url))
    await backup(services.settings, tmp_path / "backup.gz")
    connection = await asyncpg.connect(postgres_server.replace("+asyncpg", "") + "/postgres")
    await connection.execute("CREATE DATABASE restored")
    await connection.close()
    target = make_settings(tmp_path, f"{postgres_server}/restored")
    await restore(target, tmp_path / "backup.gz")
    database = Database(target.resolved_database_url)
    try:
        assert await _content(database) == await _content(services.database)
        async with database.write() as open_connection:
            await open_connection.execute(
                sa.insert(t.audit), {"municipality": "0000", "action": "test", "at": utc_now()}
            )
    finally:
        await database.close()


async def test_a_backup_that_is_cut_off_restores_nothing(services: Services, tmp_path: Path) -> None:
    await _filled(services)
    file = tmp_path / "backup.gz"
    await backup(services.settings, file)
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    file.write_bytes(gzip.compress(b"".join(lines[:-2])))
    target = make_settings(tmp_path, f"sqlite+aiosqlite:///{tmp_path / 'restored.sqlite3'}")
    with pytest.raises(SettingsError, match="no complete backup"):
        await restore(target, file)
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(SettingsError, match="no complete backup"):
        await restore(target, file)


async def test_a_damaged_model_is_named_and_not_loaded(services: Services, tmp_path: Path) -> None:
    bad = tmp_path / "bad.tar.gz"
    bad.write_bytes(b"no archive")
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        check_model_file(bad)
    with pytest.raises(ModelUnavailable, match="does not exist"):
        check_model_file(tmp_path / "none.tar.gz")
    await store_model(services.database, _small_model(tmp_path), "fingerprint", utc_now())
    async with services.database.write() as connection:
        await connection.execute(sa.update(t.model_content).values(content=b"damaged"))
    with pytest.raises(ModelUnavailable, match="damaged"):
        await live_model(services.database, tmp_path / "cache")


async def test_three_models_are_kept(services: Services, tmp_path: Path) -> None:
    for number in range(5):
        path = tmp_path / f"{number}.tar.gz"
        path.write_bytes(_small_model(tmp_path).read_bytes() + bytes([number]))
        await store_model(services.database, path, str(number), utc_now())
    async with services.database.read() as connection:
        kept = (await connection.execute(sa.select(t.model.c.fingerprint, t.model.c.live))).all()
    assert {row.fingerprint for row in kept} >= {"4"} and len(kept) == 3
    assert [row.fingerprint for row in kept if row.live] == ["4"]


async def test_doctor_finds_what_is_wrong(services: Services, tmp_path: Path) -> None:
    findings = dict.fromkeys(await examine(services.settings))
    assert ("problem", "There is no model: `hotline serve` or `hotline train` makes one.") in findings
    async with services.database.write() as connection:
        await connection.execute(sa.update(t.staff).where(t.staff.c.id == "koordinator").values(active=False))
    assert any("has no coordinator" in text for kind, text in await examine(services.settings) if kind == "problem")
    gone = make_settings(tmp_path, "postgresql+asyncpg://nobody@127.0.0.1:1/none")
    assert any("cannot be reached" in text for kind, text in await examine(gone) if kind == "problem")
    short = make_settings(tmp_path, services.settings.database_url, secret_key="short")
    assert any("shorter than 32" in text for kind, text in await examine(short) if kind == "problem")


async def test_a_database_that_is_not_migrated_is_named(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, f"sqlite+aiosqlite:///{tmp_path / 'empty.sqlite3'}")
    assert any("hotline migrate" in text for kind, text in await examine(settings) if kind == "problem")


async def test_the_migrations_make_what_the_tables_say(database_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    database = Database(database_url)
    try:
        await migrate(database)
        async with database.engine.connect() as connection:
            differences = await connection.run_sync(
                lambda sync: compare_metadata(MigrationContext.configure(sync), t.metadata)
            )
        assert differences == []
    finally:
        await database.close()


async def test_the_demonstration_is_loaded_once_and_its_local_values_are_filled(
    services: Services, knowledge: Knowledge
) -> None:
    await demo.load_demo(services.database, knowledge, PASSWORD, utc_now())
    async with services.database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(t.municipality)) == 1
        here = await services.knowledge.of(connection, "0000")
    assert here.incomplete == []


async def test_a_database_that_is_gone_is_a_store_error() -> None:
    database = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    try:
        with pytest.raises(StoreUnavailable):
            async with database.read() as connection:
                await connection.execute(sa.select(1))
    finally:
        await database.close()


def test_every_setting_is_listed_with_its_meaning_and_no_secret() -> None:
    environment = {**os.environ, "HOTLINE_SECRET_KEY": "very-secret-" * 4}
    listed = subprocess.run(
        [sys.executable, "-m", "bot", "settings"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT_DIR,
    ).stdout
    for name, field in Settings.model_fields.items():
        assert f"HOTLINE_{name.upper()} =" in listed
        assert field.description and field.description in listed
    assert "very-secret" not in listed


def test_without_a_secret_key_another_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="HOTLINE_SECRET_KEY"):
        make_settings(tmp_path, "postgresql+asyncpg://x@y/z", secret_key="").key()


def test_the_default_sqlite_makes_its_key_once(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, "", secret_key="")
    assert settings.key() == settings.key()
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
