"""Fixtures of every test: one trained model and one worker pool per run, an empty migrated database per test.

``database_url`` runs a test on SQLite and, marked ``postgres``, on PostgreSQL. In CI a missing server or browser is a failure.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp.test_utils import TestClient, TestServer
from blockbuster import BlockBuster

from bot.app import create_app
from bot.conversation.service import Services
from bot.hub import Hub
from bot.knowledge.content import Knowledge
from bot.knowledge.files import load_knowledge
from bot.knowledge.service import KnowledgeService
from bot.settings import PROJECT_DIR, Settings
from bot.store.database import Database
from bot.understanding.worker.pool import WorkerPool
from tests import postgres
from tests.databases import Databases
from tests.understanding.model import trained_model

PASSWORD = "password-of-the-demonstration"
pytest_plugins = ["tests.web.browser"]


def skip_or_fail(reason: str) -> None:
    """A skip that says why; in CI a failure, since there everything is installed."""
    if os.environ.get("CI"):
        pytest.fail(f"in CI nothing may be missing: {reason}")
    pytest.skip(reason)


class Clock:
    """Time that a test can move on: a Wednesday in opening hours at first."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **delta: float) -> None:
        self.at += timedelta(**delta)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load_knowledge(PROJECT_DIR / "nlu_data")


@pytest.fixture(scope="session")
def model_path() -> Path:
    return trained_model()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pool(model_path: Path) -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(size=1, model_path=model_path)
    await pool.start()
    yield pool
    await pool.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    if postgres.find_binaries() is None:
        skip_or_fail("PostgreSQL is not installed")
    with postgres.running_server() as url:
        yield url


@pytest_asyncio.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database on each of the two servers."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite3'}"
    server = request.getfixturevalue("postgres_server")
    name = f"t{uuid.uuid4().hex}"
    connection = await asyncpg.connect(server.replace("+asyncpg", "") + "/postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return f"{server}/{name}"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite3'}"


def make_settings(tmp_path: Path, url: str, **more: object) -> Settings:
    """Settings of a test: its own folder and database, no limits unless it asks for them."""
    unlimited = dict.fromkeys(("max_inquiries_per_hour", "max_messages_per_minute", "max_messages_per_address"), 0)
    given = {
        "data_dir": tmp_path,
        "database_url": url,
        "secret_key": "k" * 40,
        "port": 0,
        "max_sign_ins_per_quarter": 0,
    }
    return Settings.model_validate(unlimited | given | more)


ServicesMaker = Callable[..., Awaitable[Services]]


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, knowledge: Knowledge) -> Databases:
    return Databases(tmp_path_factory.mktemp("templates"), knowledge, PASSWORD)


@pytest_asyncio.fixture(loop_scope="session")
async def make_services(
    tmp_path: Path, pool: WorkerPool, knowledge: Knowledge, clock: Clock, databases: Databases
) -> AsyncIterator[ServicesMaker]:
    """Makes services on a database address: migrated, with the demonstration municipality, closed after the test."""
    made: list[Database] = []

    async def make(
        url: str, *, workers: object = None, now: Callable[[], datetime] = clock, **settings: object
    ) -> Services:
        await databases.fill(url, now())
        database = Database(url)
        made.append(database)
        given = make_settings(tmp_path, url, **settings)
        services = Services(given, database, KnowledgeService(knowledge), Hub(), workers or pool, given.key(), now)  # type: ignore[arg-type]
        return services

    yield make
    for database in made:
        await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def services(make_services: ServicesMaker, sqlite_url: str) -> Services:
    """Services on SQLite, with the real worker pool."""
    return await make_services(sqlite_url)


@pytest_asyncio.fixture(loop_scope="session")
async def serve() -> AsyncIterator[Callable[[Services], Awaitable[TestClient]]]:  # type: ignore[type-arg]
    """Serves an application on a free port and returns a client of it. From then on a blocking call of ours inside the event
    loop fails the request that made it."""
    clients: list[TestClient] = []  # type: ignore[type-arg]
    watch = BlockBuster("bot")
    for name in ("os.stat", "os.path.abspath", "io.TextIOWrapper.read"):
        if name in watch.functions:  # asyncpg looks for a password file when it opens a connection
            watch.functions[name].can_block_in("bot/store/database.py", {"read", "write", "alone"})

    async def start(services: Services) -> TestClient:  # type: ignore[type-arg]
        client: TestClient = TestClient(TestServer(create_app(services)))  # type: ignore[type-arg]
        await client.start_server()
        clients.append(client)
        if len(clients) == 1:
            watch.activate()
        return client

    yield start
    if clients:
        watch.deactivate()
    for client in clients:
        await client.close()


@pytest_asyncio.fixture(loop_scope="session")
async def client(services: Services, serve: Callable[[Services], Awaitable[TestClient]]) -> TestClient:  # type: ignore[type-arg]
    return await serve(services)


async def rows(services: Services, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[sa.Row[tuple[object, ...]]]:
    """What is stored in ``table``, for assertions."""
    async with services.database.read() as connection:
        return list((await connection.execute(sa.select(table).where(*where))).all())


async def eventually(check: Callable[[], Awaitable[object]], timeout_s: float = 10.0) -> object:
    """The first truthy result of ``check``; fails when there is none in time."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while not (result := await check()):
        assert asyncio.get_running_loop().time() < deadline, "did not happen in time"
        await asyncio.sleep(0.02)
    return result
