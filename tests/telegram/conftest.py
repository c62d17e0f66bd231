"""A hotline with a Telegram bot, by webhook or by long polling, against the Bot API server in ``bot_api``."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import web

from bot.app import create_app
from bot.conversation.people import People
from bot.conversation.service import Services
from bot.outbox import Outbox
from bot.store import tables as t
from bot.web.keys import OUTBOX, PEOPLE, TURNS
from tests.conftest import ServicesMaker, eventually, rows
from tests.inquirer import staff_member
from tests.telegram.bot_api import TOKEN, BotApi, Sent, User

SECRET = "webhook-secret_1"


@dataclass
class Hotline:
    services: Services
    app: web.Application
    address: str

    @property
    def people(self) -> People:
        return self.app[PEOPLE]

    @property
    def outbox(self) -> Outbox:
        return self.app[OUTBOX]

    async def stored(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[Any]:
        return await rows(self.services, table, *where)

    async def messages(self, inquiry_id: str | None = None) -> list[Any]:
        """Public messages in their order, of one inquiry or of the only one."""
        (inquiry_id,) = [inquiry_id] if inquiry_id else [row.id for row in await self.stored(t.inquiry)]
        found = await self.stored(t.message, t.message.c.inquiry_id == inquiry_id, t.message.c.seq.is_not(None))
        return sorted(found, key=lambda row: row.seq)

    async def quiet(self) -> None:
        """Every update was acted on or waits for its retry, every turn taken, every delivery that is due tried."""

        async def all_done() -> bool:
            await self.app[TURNS].idle()
            now = self.services.now()
            o, i = t.outbox.c, t.inbound.c
            pending = await self.stored(t.outbox, o.status == "pending")
            first = {e.address: e for e in sorted(pending, key=lambda e: -e.id)}
            open_updates = await self.stored(t.inbound, i.done_at.is_(None), i.attempts < 5)
            firsts = {u.source: u for u in sorted(open_updates, key=lambda u: -int(u.external_id))}
            return not (
                any(e.due_at <= now or e.leased_until for e in first.values())
                or any(u.leased_until is None or (u.attempts and not u.error) for u in firsts.values())
                or await self.stored(t.turn, t.turn.c.status == "open")
            )

        await eventually(all_done)

    async def hears(self, user: User, count: int = 1, *, after: int = 0) -> list[Sent]:
        """What the user got after the first ``after`` messages, once it is at least ``count`` and nothing is under way."""

        async def enough() -> bool:
            return len(user.got) >= after + count

        await eventually(enough)
        await self.quiet()
        return user.got[after:]

    async def contact(self) -> tuple[Any, Any]:
        """The only inquiry and its acting contact."""
        (inquiry,) = await self.stored(t.inquiry)
        return inquiry, await staff_member(self.services, inquiry.acting_id)


HotlineMaker = Callable[..., Awaitable[Hotline]]


@pytest_asyncio.fixture(loop_scope="session")
async def api() -> AsyncIterator[BotApi]:
    api = BotApi()
    await api.start()
    yield api
    await api.close()


@pytest_asyncio.fixture(loop_scope="session")
async def start(make_services: ServicesMaker, sqlite_url: str, api: BotApi) -> AsyncIterator[HotlineMaker]:
    """Starts a hotline with a Telegram bot; started again on the same database it is the same hotline after a restart."""
    runners: list[web.AppRunner] = []

    async def begin(*, webhook: bool = True, url: str = sqlite_url, **more: Any) -> Hotline:
        for runner in runners:
            await runner.cleanup()
        runners.clear()
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        given = {"telegram_token": TOKEN, "telegram_api_url": api.url, "public_url": address, "telegram_timeout_s": 2}
        secret = {"telegram_webhook_secret": SECRET} if webhook else {}
        services = await make_services(url, **given | secret | more)
        app = create_app(services)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.SockSite(runner, listener).start()

        async def connected() -> bool:
            return "setWebhook" in api.calls if webhook else "getUpdates" in api.calls

        await eventually(connected)
        return Hotline(services, app, address)

    yield begin
    for runner in runners:
        await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="session")
async def hotline(start: HotlineMaker) -> Hotline:
    return await start()


@pytest_asyncio.fixture(loop_scope="session", params=["webhook", "polling"])
async def either(request: pytest.FixtureRequest, start: HotlineMaker, database_url: str) -> Hotline:
    """By webhook and by long polling, on both databases."""
    return await start(webhook=request.param == "webhook", url=database_url)


@pytest_asyncio.fixture(loop_scope="session")
async def on_both(start: HotlineMaker, database_url: str) -> Hotline:
    return await start(url=database_url)


@pytest.fixture
def user(api: BotApi) -> User:
    return api.user()
