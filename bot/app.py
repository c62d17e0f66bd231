"""Wiring only: makes the services, starts the loops, adds the rooms' routes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import structlog
from aiohttp import web

from bot.calendar import public_holidays
from bot.channels import telegram as telegram_channel
from bot.channels import web as web_channel
from bot.conversation.attendance import follow_staff, move_from_coordinators
from bot.conversation.effects import say_time
from bot.conversation.people import People
from bot.conversation.receiving import Receiving
from bot.conversation.service import Services
from bot.conversation.timers import file_quiet, tell_overdue
from bot.conversation.turns import TurnRunner
from bot.editing.service import Editing
from bot.editing.training import Training
from bot.errors import StoreUnavailable
from bot.notices import Notices
from bot.outbox import Outbox
from bot.staff import routes as staff_routes
from bot.web import middleware, pages
from bot.web.health import Health
from bot.web.keys import EDITING, HEALTH, LIMITS, NOTICES, OUTBOX, PEOPLE, RECEIVING, SERVICES, TRAINING, TURNS
from bot.web.limits import Limits

log = structlog.get_logger()
SWEEP_S = 1.0
TIMERS_S = 30.0
REFUSED_S = 60.0
JUMP = timedelta(days=1)  # of the clock between two rounds of timers


def create_app(services: Services) -> web.Application:
    """The application of ``services``, whose database is migrated and whose workers may still be starting."""
    app = web.Application(
        middlewares=[pages.show_not_found, middleware.errors], client_max_size=middleware.MAX_BODY_BYTES
    )
    turns = TurnRunner(services)
    app[SERVICES] = services
    app[TURNS] = turns
    app[RECEIVING] = Receiving(services, turns)
    app[PEOPLE] = People(services)
    app[EDITING] = Editing(services)
    app[TRAINING] = Training(services)
    app[OUTBOX] = Outbox(services, senders={})
    app[NOTICES] = Notices(services.database, services.hub, services.promised.set, services.now)
    app[LIMITS] = Limits(services.settings)
    app[HEALTH] = Health(services.database, services.settings.data_dir)
    app.on_response_prepare.append(middleware.set_headers)
    for room in (pages, web_channel, staff_routes, telegram_channel):
        room.add_to(app)
    app.on_startup.append(_read_ahead)
    app.cleanup_ctx.append(_loops)
    return app


async def _read_ahead(app: web.Application) -> None:
    """What libraries read from disk at their first use is read now, in a thread: holidays, and the names of days."""
    now = app[SERVICES].now()

    def read() -> None:
        for year in (now.year, now.year + 1):
            public_holidays(year)
        for language in ("da", "en"):
            say_time(now, language)

    await asyncio.to_thread(read)


async def _loops(app: web.Application) -> AsyncIterator[None]:
    services, turns, outbox = app[SERVICES], app[TURNS], app[OUTBOX]
    if services.database.is_sqlite:
        await turns.release_own()

    last_round = services.now()

    async def timers() -> None:
        nonlocal last_round
        before, last_round = last_round, services.now()
        if abs(last_round - before) > JUMP:
            # Timers cannot be undone: a wrong clock gets one round in which somebody may set it right.
            log.warning("clock_jumped", seconds=round((last_round - before).total_seconds()))
            return
        await file_quiet(services)
        await tell_overdue(services)
        await follow_staff(services)
        await move_from_coordinators(services)

    tasks = [
        asyncio.create_task(_every(SWEEP_S, turns.sweep)),
        asyncio.create_task(_every(TIMERS_S, timers)),
        asyncio.create_task(_every(SWEEP_S, outbox.deliver_due, outbox.woken)),
        asyncio.create_task(_every(SWEEP_S, app[TRAINING].run)),
        asyncio.create_task(_every(REFUSED_S, app[HEALTH].tell_refused)),
        asyncio.create_task(app[NOTICES].run()),
    ]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await turns.close()


async def _every(pause_s: float, work: Callable[[], Awaitable[object]], woken: asyncio.Event | None = None) -> None:
    """``work`` again and again, after ``pause_s`` or when woken; a failure is logged and does not end it."""
    while True:
        try:
            await work()
        except StoreUnavailable:
            log.warning("store_unavailable", work=work.__name__)
        except Exception:  # a defect in one round must not end the timers of every municipality
            log.exception("loop_failed", work=work.__name__)
        if woken is None:
            await asyncio.sleep(pause_s)
            continue
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(woken.wait(), pause_s)
        woken.clear()
