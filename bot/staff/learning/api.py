"""HTTP handlers of the learning loop under /api/v1/staff. Each is: who, what, the service, the answer."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.editing.articles import LONGEST_Q
from bot.editing.candidates import judge, mark, read_candidates
from bot.editing.drafts import Key, drop_draft, propose_draft, read_drafts, read_key, read_keys
from bot.editing.gains import read_gains
from bot.editing.labels import find_articles, other_labels
from bot.editing.questions import mark_all, read_unanswered
from bot.staff.sessions import access_session
from bot.text_input import short
from bot.web.bodies import read_json
from bot.web.fields import number_field, number_query, text_field
from bot.web.keys import SERVICES
from bot.web.middleware import language_of


async def get_labels(request: web.Request) -> web.Response:
    """What can be marked as right: articles that fit ``q``, areas, and what is out of scope."""
    session, language = await access_session(request), language_of(request)
    services, q = request.app[SERVICES], short(request.query.get("q"), LONGEST_Q)
    async with services.database.read() as connection:
        here = await services.knowledge.of(connection, session.staff.municipality)
    return web.json_response({"articles": find_articles(here, q, language), "others": other_labels(here, language)})


async def post_mark(request: web.Request) -> web.Response:
    session, body = await access_session(request), await read_json(request)
    label = text_field(body, "label", 80) or ""
    services, inquiry_id = request.app[SERVICES], request.match_info["id"]
    return web.json_response(await mark(services, session.staff, inquiry_id, message_field(body), label), status=201)


async def post_draft(request: web.Request) -> web.Response:
    session, body = await access_session(request), await read_json(request)
    services, inquiry_id = request.app[SERVICES], request.match_info["id"]
    return web.json_response(await propose_draft(services, session.staff, inquiry_id, message_field(body)), status=201)


async def get_candidates(request: web.Request) -> web.Response:
    session, state = await access_session(request), request.query.get("state") or "proposed"
    offset = int(number_query(request, "offset") or 0)
    found, counts = await read_candidates(request.app[SERVICES], session.staff, state, language_of(request), offset)
    more = offset + len(found) < counts[state]
    return web.json_response({"candidates": found, "counts": counts, "more": more})


async def put_candidate(request: web.Request) -> web.Response:
    """Confirm or refuse, with another text or label."""
    session, body = await access_session(request), await read_json(request)
    key = _key(request)
    state, text, label = (
        text_field(body, name, longest) for name, longest in (("state", 16), ("text", 4096), ("label", 80))
    )
    await judge(request.app[SERVICES], session.staff, *key, state or "", text=text, label=label)
    return web.json_response({})


async def get_drafts(request: web.Request) -> web.Response:
    session = await access_session(request)
    return web.json_response({"drafts": await read_drafts(request.app[SERVICES], session.staff)})


async def delete_draft(request: web.Request) -> web.Response:
    session = await access_session(request)
    await drop_draft(request.app[SERVICES], session.staff, _key(request))
    return web.json_response({})


async def get_unanswered(request: web.Request) -> web.Response:
    session = await access_session(request)
    return web.json_response(await read_unanswered(request.app[SERVICES], session.staff, language_of(request)))


async def post_unanswered(request: web.Request) -> web.Response:
    """``label`` was right for all ``questions``; without it they are set aside."""
    session, body = await access_session(request), await read_json(request)
    label = text_field(body, "label", 80)
    number = await mark_all(request.app[SERVICES], session.staff, read_keys(body.get("questions")), label)
    return web.json_response({"marked": number})


async def get_gains(request: web.Request) -> web.Response:
    session = await access_session(request)
    return web.json_response({"rounds": await read_gains(request.app[SERVICES], session.staff)})


def message_field(body: dict[str, Any]) -> int:
    return number_field(body, "message")


def _key(request: web.Request) -> Key:
    return read_key(f"{request.match_info['inquiry']}.{request.match_info['message']}")
