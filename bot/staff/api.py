"""HTTP handlers of the staff API under /api/v1/staff. Each is: who, what, the service, the answer."""

from __future__ import annotations

import asyncio
import time
from contextlib import nullcontext
from typing import Any

import sqlalchemy as sa
from aiohttp import web

from bot.conversation.effects import local
from bot.conversation.reading import message_json
from bot.conversation.rights import StaffMember
from bot.conversation.service import Services
from bot.errors import BadInput
from bot.staff.detail import open_inquiry, read_colleagues, read_detail
from bot.staff.events import holding_open, mark_present
from bot.staff.lists import count_lists, find_row, note_list, read_filter, read_list
from bot.staff.sessions import Session, access_session, drop_cookie, set_cookie
from bot.staff.signing_in import know_device, sign_in, sign_out
from bot.store import tables as t
from bot.web.bodies import read_json
from bot.web.fields import MAX_WAIT_S, client_id_field, number_field, number_query, text_field
from bot.web.keys import PEOPLE, SERVICES
from bot.web.middleware import language_of


async def post_session(request: web.Request) -> web.Response:
    body = await read_json(request)
    email, password = text_field(body, "email", 254), text_field(body, "password", 1000)
    if not email or not password:
        raise BadInput("send email and password")
    session, token = await sign_in(request, email, password, text_field(body, "municipality", 4))
    response = web.json_response(await _session_json(request, session), status=201)
    set_cookie(request, response, token)
    know_device(request, response, session)
    return response


async def get_session(request: web.Request) -> web.Response:
    return web.json_response(await _session_json(request, await access_session(request, operator=True)))


async def delete_session(request: web.Request) -> web.Response:
    session = await access_session(request, operator=True)
    await sign_out(request, session)
    await mark_present(request.app[SERVICES], session.staff, present=False)
    response = web.json_response({})
    drop_cookie(request, response)
    return response


async def get_inquiries(request: web.Request) -> web.Response:
    session = await access_session(request)
    services, now = request.app[SERVICES], request.app[SERVICES].now()
    chosen = read_filter(request.query)
    await note_list(services, session.staff, chosen)
    async with services.database.read() as connection:
        inquiries, after = await read_list(connection, session.staff, chosen, now)
        counts = await count_lists(connection, session.staff, now)
    return web.json_response({"inquiries": inquiries, "after": after, "counts": counts})


async def get_inquiry(request: web.Request) -> web.Response:
    """The inquiry; with ``rev`` the messages that changed since, with ``wait`` not before there is something new; with ``before``
    the messages before the one with that id."""
    rev, wait_s, before = (number_query(request, name) for name in ("rev", "wait", "before"))
    # A page that waits for news in the background does not keep its session alive.
    session = await access_session(request, counts_as_use=not wait_s)
    services, inquiry_id = request.app[SERVICES], request.match_info["id"]
    await open_inquiry(services, session.staff, inquiry_id, request.query.get("reason"))
    since, earlier_than = (None if given is None else int(given) for given in (rev, before))
    deadline = time.monotonic() + min(wait_s or 0, MAX_WAIT_S)
    held = holding_open(request, session) if wait_s else nullcontext()
    with held, services.hub.inquiry(session.staff.municipality, inquiry_id) as news:
        while True:
            news.clear()
            detail = await read_detail(
                services, session.staff, inquiry_id, language_of(request), rev=since, before=earlier_than
            )
            left = deadline - time.monotonic()
            if since is None or detail["inquiry"]["rev"] > since or left <= 0:
                return web.json_response(detail)
            try:
                await asyncio.wait_for(news.wait(), left)
            except TimeoutError:
                return web.json_response(detail)


async def post_take(request: web.Request) -> web.Response:
    staff, inquiry_id, body = await _act(request)
    await request.app[PEOPLE].take(staff, inquiry_id, from_id=text_field(body, "from", 16))
    return await _changed(request, staff, inquiry_id)


async def post_reply(request: web.Request) -> web.Response:
    staff, inquiry_id, body = await _act(request)
    message = await request.app[PEOPLE].reply(
        staff,
        inquiry_id,
        text_field(body, "text", 100_000),
        article=text_field(body, "article", 80),
        client_id=client_id_field(body),
    )
    return web.json_response(message_json(message, {staff.id: staff.name}), status=201)


async def post_note(request: web.Request) -> web.Response:
    staff, inquiry_id, body = await _act(request)
    message = await request.app[PEOPLE].note(staff, inquiry_id, text_field(body, "text", 100_000) or "")
    return web.json_response(message_json(message, {staff.id: staff.name}), status=201)


async def post_give_back(request: web.Request) -> web.Response:
    staff, inquiry_id, body = await _act(request)
    await request.app[PEOPLE].give_back(staff, inquiry_id, rev=number_field(body, "rev"))
    return await _changed(request, staff, inquiry_id)


async def post_hand_on(request: web.Request) -> web.Response:
    staff, inquiry_id, body = await _act(request)
    to_id = text_field(body, "to", 16)
    if not to_id:
        raise BadInput("to is the id of a colleague")
    note, rev = text_field(body, "note", 100_000) or "", number_field(body, "rev")
    await request.app[PEOPLE].hand_on(staff, inquiry_id, to_id, note, rev=rev)
    return await _changed(request, staff, inquiry_id)


async def post_resolve(request: web.Request) -> web.Response:
    staff, inquiry_id, body = await _act(request)
    outcome, rev = text_field(body, "outcome", 16) or "", number_field(body, "rev")
    await request.app[PEOPLE].resolve(staff, inquiry_id, outcome, rev=rev)
    return await _changed(request, staff, inquiry_id)


async def post_revoke_link(request: web.Request) -> web.Response:
    staff, inquiry_id, _ = await _act(request)
    await request.app[PEOPLE].revoke_link(staff, inquiry_id)
    return await _changed(request, staff, inquiry_id)


async def get_colleagues(request: web.Request) -> web.Response:
    session = await access_session(request)
    services = request.app[SERVICES]
    async with services.database.read() as connection:
        colleagues = await read_colleagues(connection, session.staff, services.now(), language_of(request))
    return web.json_response({"colleagues": colleagues})


async def _act(request: web.Request) -> tuple[StaffMember, str, dict[str, Any]]:
    session = await access_session(request)
    return session.staff, request.match_info["id"], await read_json(request)


async def _changed(request: web.Request, staff: StaffMember, inquiry_id: str) -> web.Response:
    services = request.app[SERVICES]
    async with services.database.read() as connection:
        row = await find_row(connection, staff.municipality, inquiry_id, services.now())
    return web.json_response({"inquiry": row})


async def _session_json(request: web.Request, session: Session) -> dict[str, Any]:
    return {"csrf": session.csrf, "staff": await staff_json(request.app[SERVICES], session.staff, language_of(request))}


async def staff_json(services: Services, staff: StaffMember, language: str) -> dict[str, Any]:
    """Who is signed in, where; an operator is in no municipality."""
    d, m = t.department.c, t.municipality.c
    async with services.database.read() as connection:
        row = (
            await connection.execute(
                sa.select(d.name.label("department"), m.name.label("municipality"))
                .join(t.municipality, m.code == d.municipality)
                .where(d.municipality == staff.municipality, d.id == staff.department_id)
            )
        ).one_or_none()
    return {
        "id": staff.id,
        "name": staff.name,
        "title": local(staff.title, language),
        "department": {"id": staff.department_id, "name": local(row.department, language) if row else ""},
        "roles": sorted(staff.roles),
        "municipality": {"code": staff.municipality, "name": local(row.municipality, language) if row else ""},
    }
