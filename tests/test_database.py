"""The database as the rest of the house meets it: what its errors are called, and that they quote nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.errors import StoreUnavailable
from bot.store import tables as t
from bot.store.database import Database
from tests.conftest import ServicesMaker
from tests.inquirer import Inquirer
from tests.web.test_api import code_of


@asynccontextmanager
async def every_connection_taken(database: Database) -> AsyncIterator[None]:
    async with AsyncExitStack() as taken:
        with pytest.raises(sa.exc.TimeoutError):
            for _ in range(100):
                await taken.enter_async_context(database.engine.connect())
        yield


@pytest.mark.parametrize("way", ["read", "write"])
async def test_no_free_connection_in_time_means_that_the_store_is_unavailable(database_url: str, way: str) -> None:
    database = Database(database_url, pool_wait_s=0.05)
    try:
        async with every_connection_taken(database):
            with pytest.raises(StoreUnavailable):
                async with getattr(database, way)() as connection:
                    await connection.execute(sa.select(1))
    finally:
        await database.close()


async def test_who_finds_every_connection_in_use_is_told_to_come_again(
    make_services: ServicesMaker, serve: Any, sqlite_url: str
) -> None:
    services = await make_services(sqlite_url)
    database = services.database = Database(sqlite_url, pool_wait_s=0.05)
    business = Inquirer(await serve(services))
    await business.open("hej")
    await business.answered()
    async with every_connection_taken(database):
        assert await code_of(await business.post(text="er I der"), 503) == "store_unavailable"
    assert (await business.post(text="er I der")).status == 201
    await business.answered()
    await database.close()


async def test_an_error_of_the_database_quotes_no_row(database_url: str, make_services: ServicesMaker) -> None:
    services = await make_services(database_url)
    row = {"municipality": "9999", "cvr": "12345678", "name": "Prøve 010190-1234"}
    with pytest.raises(IntegrityError) as raised:
        async with services.database.write() as connection:
            await connection.execute(sa.insert(t.business), row)
    assert "Prøve" not in str(raised.value)
