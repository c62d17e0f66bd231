"""What an operator relies on while the hotline serves: readiness, what a proxy means, file modes, a clock or a file that goes wrong."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import structlog
from aiohttp.test_utils import TestClient

from bot.app import JUMP
from bot.cli.prepare import prepare_database
from bot.conversation.service import Services
from bot.doctor import examine
from bot.editing.lease import Lease
from bot.editing.training import Training
from bot.errors import SettingsError
from bot.settings import Settings
from bot.store import database as database_module
from bot.store.database import Database
from bot.understanding.worker.pool import WorkerPool
from bot.web import health
from tests.conftest import PASSWORD, Clock, ServicesMaker, eventually, make_settings

Serve = Callable[[Services], Awaitable[TestClient]]  # type: ignore[type-arg]


async def _readiness(client: TestClient) -> tuple[int, bool]:  # type: ignore[type-arg]
    async with client.get("/readyz") as response:
        return response.status, (await response.json())["checks"]["database"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LOOK_S", 0.0)
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_MS", 200)


@pytest.mark.usefixtures("impatient")
async def test_a_hotline_that_cannot_store_is_not_ready(services: Services, serve: Serve) -> None:
    services.database.hold_file()
    client = await serve(services)
    assert await _readiness(client) == (200, True)
    file = services.database.file
    assert file is not None
    foreign = sqlite3.connect(file, isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    assert await _readiness(client) == (503, False)
    foreign.execute("COMMIT")
    foreign.close()
    assert await _readiness(client) == (200, True)
    kept = file.rename(file.with_name("elsewhere"))
    assert await _readiness(client) == (503, False)
    shutil.copy(kept, file)
    assert await _readiness(client) == (503, False)
    kept.replace(file)
    assert await _readiness(client) == (200, True)


@pytest.mark.usefixtures("impatient")
async def test_a_full_disk_is_not_ready(services: Services, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await serve(services)
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 2**70)
    assert await _readiness(client) == (503, False)


@pytest.mark.usefixtures("impatient")
async def test_one_line_tells_how_many_requests_were_refused(services: Services, serve: Serve) -> None:
    services.database.hold_file()
    client = await serve(services)
    file = services.database.file
    assert file is not None
    kept = file.rename(file.with_name("elsewhere"))
    url = "/api/v1/municipalities/0000/inquiries"
    for _ in range(3):
        async with client.post(url, json={}) as response:
            assert response.status == 503
    kept.rename(file)
    with structlog.testing.capture_logs() as lines:
        watched = client.app[_health_key()]  # type: ignore[index]
        await watched.tell_refused()
        await watched.tell_refused()
    assert [(line["event"], line["count"]) for line in lines if line["event"] == "requests_refused"] == [
        ("requests_refused", 3)
    ]


def _health_key() -> object:
    from bot.web.keys import HEALTH

    return HEALTH


@pytest.mark.parametrize("https", [True, False])
async def test_behind_https_the_session_is_for_tls_only(
    https: bool, make_services: ServicesMaker, sqlite_url: str, serve: Serve
) -> None:
    address = "https://hotline.example" if https else ""
    client = await serve(await make_services(sqlite_url, public_url=address))
    body = {"email": "koordinator@demo.example", "password": PASSWORD}
    async with client.post("/api/v1/staff/session", json=body, headers={"Sec-Fetch-Site": "same-origin"}) as response:
        assert response.status == 201, await response.text()
        cookie = response.headers["Set-Cookie"]
        assert ("Strict-Transport-Security" in response.headers) == https
    assert cookie.startswith("__Host-hotline_session=" if https else "hotline_session=")
    assert ("Secure" in cookie) == https and "Domain" not in cookie and "Path=/;" in f"{cookie};"
    named = {"Cookie": cookie.partition(";")[0]}
    async with client.get("/api/v1/staff/inquiries", headers=named) as response:
        assert response.status == 200


async def test_doctor_tells_of_a_proxy_that_nobody_trusts(services: Services, tmp_path: Path) -> None:
    url = services.settings.database_url
    alone = make_settings(tmp_path, url, public_url="https://hotline.example")
    behind = make_settings(tmp_path, url, public_url="https://hotline.example", trusted_proxies="127.0.0.1")
    assert any("HOTLINE_TRUSTED_PROXIES" in text for kind, text in await examine(alone) if kind == "problem")
    assert not any("HOTLINE_TRUSTED_PROXIES" in text for _, text in await examine(behind))


@pytest.fixture
def default_settings(tmp_path: Path) -> Settings:
    """Of a data folder that is not there yet."""
    return Settings.model_validate({"data_dir": tmp_path / "data"})


async def _prepare(settings: Settings) -> None:
    database = Database(settings.resolved_database_url)
    try:
        await prepare_database(settings, database)
    finally:
        await database.close()


async def test_only_the_own_account_reads_the_data_folder(default_settings: Settings) -> None:
    before = os.umask(0o022)
    try:
        await _prepare(default_settings)
        default_settings.key()
        folder = default_settings.data_dir
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
        (folder / "hotline.sqlite3").chmod(0o644)
        folder.chmod(0o755)
        assert any("chmod" in text for kind, text in await examine(default_settings) if kind == "warning")
        await _prepare(default_settings)
        assert stat.S_IMODE((folder / "hotline.sqlite3").stat().st_mode) == 0o600
    finally:
        os.umask(before)


async def test_a_new_database_is_not_made_beside_the_key_of_a_lost_one(default_settings: Settings) -> None:
    await _prepare(default_settings)
    default_settings.key()
    for file in default_settings.data_dir.glob("hotline.sqlite3*"):
        file.unlink()
    assert any("no database" in text for kind, text in await examine(default_settings) if kind == "problem")
    with pytest.raises(SettingsError, match="hotline restore"):
        await _prepare(default_settings)
    (default_settings.data_dir / "secret_key").unlink()
    await _prepare(default_settings)


async def test_doctor_makes_no_key(default_settings: Settings) -> None:
    default_settings.data_dir.mkdir()
    await examine(default_settings)
    assert not default_settings.has_key_file


async def test_a_clock_that_jumps_stops_the_timers_once(
    services: Services, serve: Serve, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot import app

    rounds: list[object] = []

    async def file_quiet(_services: Services) -> None:
        rounds.append(clock())

    monkeypatch.setattr(app, "TIMERS_S", 0.02)
    monkeypatch.setattr(app, "file_quiet", file_quiet)
    with structlog.testing.capture_logs() as lines:
        await serve(services)

        async def ran() -> object:
            return rounds

        await eventually(ran)
        before = len(rounds)
        clock.advance(days=JUMP.days + 365)

        async def ran_again() -> object:
            return len(rounds) > before + 1

        await eventually(ran_again)
    assert [line["event"] for line in lines].count("clock_jumped") == 1


async def test_what_a_killed_training_left_is_removed_unless_somebody_trains(services: Services) -> None:
    left = services.settings.data_dir / "models" / "training-left"
    left.mkdir(parents=True)
    (left / "corpus.yml").write_text("x")
    other = Lease(services.database, "another", services.now)
    assert await other.take()
    await _started(services)
    assert left.exists()
    await other.release()
    await _started(services)
    assert not left.exists()


async def _started(services: Services) -> None:
    """Training has started as with a server, and ended with it."""
    training = asyncio.create_task(Training(services).run())
    await asyncio.sleep(0.3)
    training.cancel()
    await asyncio.gather(training, return_exceptions=True)


async def test_a_damaged_file_of_the_model_is_brought_back(model_path: Path, tmp_path: Path) -> None:
    file = tmp_path / "model.tar.gz"
    shutil.copy(model_path, file)

    async def mend() -> None:
        await asyncio.to_thread(shutil.copy, model_path, file)

    pool = WorkerPool(1, file, mend=mend, start_timeout_s=180)
    await pool.start()
    try:
        await asyncio.to_thread(file.write_bytes, b"damaged")
        assert pool._crew is not None and pool._crew._workers[0] is not None
        pool._crew._workers[0].kill()

        async def is_back() -> object:
            return pool.ready and pool._crew is not None and pool._crew._workers[0] is not None

        await asyncio.sleep(0.1)
        await eventually(is_back, timeout_s=150)
    finally:
        await pool.close()


async def test_without_a_model_a_turn_fails_at_once() -> None:
    from bot.understanding.worker.child import WorkerFailed

    pool = WorkerPool(1, None)
    await pool.start()
    with pytest.raises(WorkerFailed):
        await pool.understand(["hej"])
    await pool.close()
