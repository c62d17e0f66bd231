"""One stream of events per open console: which inquiries changed, how many stand in each list. It also shows who is present."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from aiohttp import web

from bot.conversation.rights import StaffMember
from bot.conversation.service import Services
from bot.errors import HotlineError
from bot.hub import EVERYTHING
from bot.staff.lists import count_lists, visible_ids
from bot.staff.sessions import Session, access_session, is_alive
from bot.store import tables as t
from bot.web.keys import LIMITS, SERVICES

STREAMS: web.AppKey[set[Any]] = web.AppKey("staff_streams", set[Any])  # their queues
_CLOSE = ""
BEAT_S = 30.0  # presence lasts four beats (bot.routing.PRESENT_FOR)
GATHER_S = 0.05  # a burst of changes is told once


async def get_events(request: web.Request) -> web.StreamResponse:
    """Events ``changed`` {ids, counts, missed, now}, ``signed_out``, and ``here`` {now}, which keeps proxies from closing the line."""
    session = await access_session(request, counts_as_use=False)
    with holding_open(request, session):
        return await _answer(request, session)


def holding_open(request: web.Request, session: Session) -> AbstractContextManager[None]:
    """One more of the streams and waiting reads of the session. Raises TooManyOpen."""
    allowed = request.app[SERVICES].settings.max_open_per_session
    return request.app[LIMITS].holding("open_by_staff", session.token_hash, allowed)


async def _answer(request: web.Request, session: Session) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
    await response.prepare(request)
    services = request.app[SERVICES]
    with services.hub.console(session.staff.municipality) as queue:
        request.app[STREAMS].add(queue)
        try:
            await _stream(services, session, response, queue)
        except ConnectionError:
            pass  # the page was closed
        finally:
            request.app[STREAMS].discard(queue)
    return response


async def close_all(app: web.Application) -> None:
    for queue in app[STREAMS]:
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(_CLOSE)


def add_to(app: web.Application) -> None:
    app[STREAMS] = set()
    app.on_shutdown.append(close_all)


async def mark_present(services: Services, staff: StaffMember, present: bool = True) -> None:
    c = t.staff.c
    async with services.database.write() as connection:
        await connection.execute(
            sa.update(t.staff)
            .where(c.municipality == staff.municipality, c.id == staff.id)
            .values(seen_at=services.now() if present else None)
        )


async def _stream(
    services: Services, session: Session, response: web.StreamResponse, queue: asyncio.Queue[str]
) -> None:
    staff = session.staff
    await mark_present(services, staff)
    await _send(response, "changed", _change(services, [], await _counts(services, staff), False))
    beat_at = time.monotonic() + BEAT_S
    while True:
        try:
            ids = {await asyncio.wait_for(queue.get(), max(0.0, beat_at - time.monotonic()))}
        except TimeoutError:
            beat_at = time.monotonic() + BEAT_S
            if not await is_alive(services, session):
                await _send(response, "signed_out", {})
                return
            await mark_present(services, staff)
            await _send(response, "here", {"now": services.now().isoformat()})
            continue
        if _CLOSE not in ids:
            await asyncio.sleep(GATHER_S)
        taken = 1
        while not queue.empty():
            ids.add(queue.get_nowait())
            taken += 1
        # It was full at some time since, and what came then was left out; or this process was cut off from the others.
        missed = taken >= queue.maxsize or EVERYTHING in ids
        if _CLOSE in ids:
            return
        await _tell(services, staff, response, ids - {EVERYTHING}, missed)


async def _tell(
    services: Services, staff: StaffMember, response: web.StreamResponse, ids: set[str], missed: bool
) -> None:
    try:
        async with services.database.read() as connection:
            seen = await visible_ids(connection, staff, ids)
            counts = await count_lists(connection, staff, services.now())
    except HotlineError:  # the database is away: the page asks again when it hears of the next change
        return
    # An inquiry handed to another department leaves this one's lists, so the counts go out even without ids.
    await _send(response, "changed", _change(services, seen, counts, missed))


def _change(services: Services, ids: list[str], counts: dict[str, int], missed: bool) -> dict[str, Any]:
    return {"ids": ids, "counts": counts, "missed": missed, "now": services.now().isoformat()}


async def _counts(services: Services, staff: StaffMember) -> dict[str, int]:
    async with services.database.read() as connection:
        return await count_lists(connection, staff, services.now())


async def _send(response: web.StreamResponse, event: str, content: dict[str, Any]) -> None:
    await response.write(f"event: {event}\ndata: {json.dumps(content)}\n\n".encode())
