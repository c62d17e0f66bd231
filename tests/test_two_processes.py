"""Two server processes on one database, as two applications with services of their own: nobody waits in vain, nothing is done twice."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.app import create_app
from bot.conversation.people import People
from bot.conversation.service import NoWorkers, Services
from bot.conversation.timers import file_quiet, tell_overdue
from bot.hub import Change
from bot.notices import CHANNEL, MAX_BYTES, payloads
from bot.store import tables as t
from bot.web.keys import NOTICES
from tests.conftest import Clock, ServicesMaker, eventually, rows
from tests.inquirer import Inquirer, staff_member
from tests.staff.people import Staff, escalated, owner_of
from tests.staff.test_events import listen, next_event
from tests.telegram.bot_api import TOKEN, BotApi
from tests.web.test_sockets import line

Client = TestClient[Any, Any]
Serve = Callable[[Services], Awaitable[Client]]
on_postgres = [pytest.mark.postgres, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]


@pytest.fixture(scope="session")
def pool() -> NoWorkers:
    """Without a model every message is handed to a person: what is heard here does not depend on what is said."""
    return NoWorkers()


async def _listeners(services: Services) -> set[int]:
    """The connections over which processes hear of each other."""
    query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name"
    async with services.database.read() as connection:
        return set((await connection.execute(sa.text(query), {"name": CHANNEL})).scalars())


async def _cut(services: Services) -> None:
    """Those connections break, as by a restart of the database or a firewall, and are made again."""
    old = await _listeners(services)
    assert len(old) == 2
    async with services.database.read() as connection:
        for pid in old:
            await connection.execute(sa.select(sa.func.pg_terminate_backend(pid)))

    async def are_new() -> bool:
        now = await _listeners(services)
        return len(now) == 2 and not now & old

    await eventually(are_new)


@pytest_asyncio.fixture(loop_scope="session")
async def pair(
    make_services: ServicesMaker, database_url: str
) -> AsyncIterator[tuple[tuple[Client, Services], tuple[Client, Services]]]:
    """Two servers that hear of each other."""
    made = [await make_services(database_url) for _ in range(2)]
    clients: list[Client] = [TestClient(TestServer(create_app(services))) for services in made]
    for client in clients:
        await client.start_server()

    async def both_listen() -> bool:
        return len(await _listeners(made[0])) == 2

    await eventually(both_listen)
    yield (clients[0], made[0]), (clients[1], made[1])
    for client in clients:
        await client.close()


@pytest_asyncio.fixture(loop_scope="session")
async def sign_in_at() -> AsyncIterator[Callable[[Client, str], Awaitable[Staff]]]:
    made: list[Staff] = []

    async def start(client: Client, name: str) -> Staff:
        made.append(Staff(client))
        await made[-1].sign_in(name)
        return made[-1]

    yield start
    for staff in made:
        await staff.session.close()


class TestOnPostgres:
    pytestmark = on_postgres

    async def test_what_is_said_at_one_server_is_heard_at_the_other_also_after_its_line_was_cut(
        self, pair: Any, sign_in_at: Callable[[Client, str], Awaitable[Staff]]
    ) -> None:
        (here, services), (there, _) = pair
        staff = await sign_in_at(there, "koordinator")
        console = await listen(staff)
        business = await escalated(here)
        await _console_hears(console, business.id)
        await staff.act(business.id, "take")
        async with line(business) as socket:
            await staff.act(business.id, "reply", text="Hej fra den anden server", client_id=str(uuid.uuid4()))
            assert await socket.until("staff", 1) == ["Hej fra den anden server"]
            rev = (await business.read())["rev"]
            poll = asyncio.create_task(business.read(rev=rev, wait=20))
            await asyncio.sleep(0.05)
            await staff.act(business.id, "reply", text="Og igen", client_id=str(uuid.uuid4()))
            assert [message["text"] for message in (await poll)["messages"]] == ["Og igen"]

            await _cut(services)
            await staff.act(business.id, "reply", text="Efter afbrydelsen", client_id=str(uuid.uuid4()))
            assert (await socket.until("staff", 3))[-1] == "Efter afbrydelsen"
            await business.post(text="Tak", client_id=str(uuid.uuid4()))
            await _console_hears(console, business.id)
        console.close()

    async def test_what_was_stored_while_the_line_was_cut_is_read_when_it_is_back(self, pair: Any) -> None:
        (here, services), (_, silent) = pair
        silent.hub.relay = None  # its notices get lost
        business = await escalated(here)
        async with line(business) as socket:
            await socket.frame("thread")
            await _reply(silent, business, "Uden besked om det")
            await _cut(services)
            assert await socket.until("staff", 1) == ["Uden besked om det"]

    async def test_a_notice_that_nobody_can_read_harms_nothing(self, pair: Any) -> None:
        (here, services), (_, others) = pair
        async with services.database.write() as connection:
            for text in ("", "no notice", "[[1]]", "{}", json.dumps([["0000", "x", "y", 1]])):
                await connection.execute(sa.select(sa.func.pg_notify(CHANNEL, text)))
        business = await escalated(here)
        async with line(business) as socket:
            await socket.frame("thread")
            await _reply(others, business, "Alt virker")
            assert await socket.until("staff", 1) == ["Alt virker"]

    async def test_timers_that_two_servers_run_at_once_act_once(self, pair: Any, clock: Clock) -> None:
        (here, services), (_, others) = pair
        await escalated(here)
        quiet = Inquirer(here)
        await quiet.write("hvad koster en byggetilladelse")
        back_with_the_bot = {"status": "with_bot", "owner_id": None, "acting_id": None}
        async with services.database.write() as connection:
            await connection.execute(sa.update(t.inquiry).where(t.inquiry.c.id == quiet.id).values(**back_with_the_bot))
            await connection.execute(sa.delete(t.deadline).where(t.deadline.c.inquiry_id == quiet.id))
        clock.advance(days=5)
        await asyncio.gather(*(work(each) for work in (tell_overdue, file_quiet) for each in (services, others)))
        kinds = [(row.body or {}).get("kind") for row in await rows(services, t.message)]
        assert kinds.count("overdue") == 1 and kinds.count("filed") == 1

    async def test_of_two_servers_one_polls_telegram_the_other_when_it_ends_and_each_message_goes_out_once(
        self, make_services: ServicesMaker, database_url: str
    ) -> None:
        api = BotApi()
        await api.start()
        given = {"telegram_token": TOKEN, "telegram_api_url": api.url, "telegram_timeout_s": 2}
        runners = {}
        for name in ("first", "second"):
            services = await make_services(database_url, **given)
            app = create_app(services)
            runners[name] = web.AppRunner(app, shutdown_timeout=0.1)
            await runners[name].setup()
        apps = {name: runner.app for name, runner in runners.items()}

        async def polling() -> list[str]:
            return [name for name, app in apps.items() if await app[NOTICES].claim("telegram:0000")]

        try:
            (one,) = await eventually(polling)  # type: ignore[misc]
            assert await polling() == [one]
            user = api.user()
            await user.write("/start")
            await eventually(lambda: _got(user, 1))
            await eventually(lambda: _all_sent(services))
            await runners.pop(one).cleanup()
            apps.pop(one)
            await eventually(polling)
            before = len(user.got)
            await user.write("skal man have byggetilladelse til et skur")
            await eventually(lambda: _got(user, before + 1))
            texts = [sent.text for sent in user.got]
            assert len(texts) == len(set(texts))
        finally:
            for runner in runners.values():
                await runner.cleanup()
            await api.close()


async def test_what_another_process_stores_without_a_notice_is_found_by_looking(
    make_services: ServicesMaker, serve: Serve, database_url: str
) -> None:
    services, beside = [await make_services(database_url) for _ in range(2)]
    here = await serve(services)  # and beside it a command
    business = await escalated(here)
    async with line(business) as socket:
        await socket.frame("thread")
        await _reply(beside, business, "Fra en kommando")
        assert await socket.until("staff", 1) == ["Fra en kommando"]


def test_notices_of_any_number_of_inquiries_are_within_the_limit_of_their_size() -> None:
    changes = [Change("0000", f"{number:016d}", number, number % 2 == 0) for number in range(1_000)]
    texts = list(payloads(changes))
    assert all(len(text.encode()) <= MAX_BYTES for text in texts) and len(texts) < 10
    assert [Change(*fields) for text in texts for fields in json.loads(text)] == changes


async def _console_hears(stream: Any, inquiry_id: str) -> None:
    while inquiry_id not in (await next_event(stream))[1].get("ids", ()):
        pass


async def _reply(services: Services, business: Inquirer, text: str) -> None:
    contact = await staff_member(services, await owner_of(services, business.id))
    await People(services).reply(contact, business.id, text, client_id=str(uuid.uuid4()))


async def _got(user: Any, count: int) -> bool:
    return len(user.got) >= count


async def _all_sent(services: Services) -> bool:
    return not await rows(services, t.outbox, t.outbox.c.status == "pending")
