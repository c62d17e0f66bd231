"""HTTP handlers of the inquirer's API. Each is: who, what, the service, the answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from aiohttp import web

from bot.channels.web import listening
from bot.channels.web.origins import check_origin, is_own
from bot.conversation.reading import LIMIT, message_json, read_contact, read_messages
from bot.conversation.receiving import Received
from bot.conversation.service import Services, find_municipality, opening_hours
from bot.conversation.thread import find_inquiry
from bot.conversation.tokens import hashed
from bot.errors import BadInput, BadToken
from bot.store import tables as t
from bot.text_input import check
from bot.web.bodies import read_json
from bot.web.fields import MAX_WAIT_S, client_id_field, helped_field, number_query, seq_field, text_field
from bot.web.keys import LIMITS, RECEIVING, SERVICES
from bot.web.middleware import language_of

_CORS = web.RequestKey("cors", str)


async def get_municipality(request: web.Request) -> web.Response:
    """What the widget shows before anything is written: name, opening, languages. Stores nothing."""
    services = request.app[SERVICES]
    async with services.database.read() as connection:
        municipality = await find_municipality(connection, request.match_info["code"])
    await _check_and_allow(request, municipality["code"])
    hours, now = opening_hours(municipality), services.now()
    opens, closes = hours.next_opening(now), hours.closing(now)
    return web.json_response(
        {
            "code": municipality["code"],
            "name": municipality["name"],
            "open": hours.is_open(now),
            "opens_at": opens.isoformat() if opens else None,
            "closes_at": closes.isoformat() if closes else None,
            "now": now.isoformat(),
            "phone": municipality["phone"],
            "email": municipality["email"],
        }
    )


async def post_inquiry(request: web.Request) -> web.Response:
    services, receiving, limits = request.app[SERVICES], request.app[RECEIVING], request.app[LIMITS]
    code = request.match_info["code"]
    body = await read_json(request)
    client_id, text = client_id_field(body), text_field(body, "text", 100_000)
    browser = text_field(body, "browser", 80)
    async with services.database.read() as connection:
        await find_municipality(connection, code)
    await _check_and_allow(request, code)
    may_open(request)()
    if text is not None:
        check(text)  # refuse before an inquiry exists
        limits.check("message", limits.address(request), services.settings.max_messages_per_address, 60)
    identity = f"web:{hashed(services.key, 'browser', browser)}" if browser else None
    opened = await receiving.open(
        code,
        channel="web",
        client_id=client_id,
        language=text_field(body, "language", 8) or language_of(request),
        identity=identity,
    )
    inquiry = opened.inquiry
    if text is not None:
        first = await receiving.receive(
            code, inquiry["id"], text=text, client_id=f"{client_id}:first" if client_id else None
        )
        inquiry = first.inquiry  # where the same was opened long ago and is closed for good, the one that continues it
    answer = {"id": inquiry["id"], "number": inquiry["number"], "token": services.token_of(inquiry)}
    return web.json_response(answer, status=201 if opened.created else 200)


async def post_message(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    inquiry = await inquiry_of(request)
    body = await read_json(request)
    text, choice = text_field(body, "text", 100_000), text_field(body, "choice", 120)
    if (text is None) == (choice is None) and text is not None:
        raise BadInput("send either text or choice")
    check_message_limits(request, inquiry)
    received = await request.app[RECEIVING].receive(
        inquiry["municipality"],
        inquiry["id"],
        text=text,
        choice=choice,
        client_id=client_id_field(body),
        check_new=may_open(request),
    )
    return web.json_response(received_json(services, received), status=201 if received.created else 200)


async def get_messages(request: web.Request) -> web.Response:
    """Messages after a ``seq``, or changed since a ``rev``; with ``wait`` not before there is something new."""
    services = request.app[SERVICES]
    inquiry = await inquiry_of(request)
    after, rev, wait_s = (number_query(request, name) for name in ("after", "rev", "wait"))
    deadline = time.monotonic() + min(wait_s or 0, MAX_WAIT_S)
    start, since = int(after or 0), None if rev is None else int(rev)
    answer = await thread_json(
        services, inquiry["id"], generation=inquiry["generation"], after=start, rev=since, known=inquiry
    )
    if answer["messages"] or not wait_s or (since is not None and answer["rev"] > since):
        return web.json_response(answer)
    with (
        listening.from_address(request),
        listening.to_inquiry(request, inquiry),
        services.hub.inquiry(inquiry["municipality"], inquiry["id"]) as news,
    ):
        while True:
            news.clear()
            answer = await read_shared(request, inquiry, after=start, rev=since)
            left = deadline - time.monotonic()
            if answer["messages"] or left <= 0 or (rev is not None and answer["rev"] > rev):
                return web.json_response(answer)
            try:
                await asyncio.wait_for(news.wait(), left)
            except TimeoutError:
                return web.json_response(answer)


async def post_feedback(request: web.Request) -> web.Response:
    inquiry = await inquiry_of(request)
    body = await read_json(request)
    seq, helped = seq_field(body), helped_field(body)
    check_message_limits(request, inquiry)
    message = await request.app[RECEIVING].feedback(inquiry["municipality"], inquiry["id"], seq, helped)
    return web.json_response(message_json(message), status=200)


async def post_read(request: web.Request) -> web.Response:
    """What the inquirer has seen, for the unread count on another device."""
    inquiry = await inquiry_of(request)
    seq = await mark_read(request, inquiry, await read_json(request))
    return web.json_response({"read_seq": seq})


async def preflight(request: web.Request) -> web.Response:
    """CORS: a page of any website may ask; the answer names it only if the municipality allows it.

    For an inquiry any municipality's website passes here: which inquiries exist is not told to who has no token, and a page
    with the token of a deleted one must be able to read that it is gone. The request itself is checked again.
    """
    services = request.app[SERVICES]
    parts = request.path.split("/")
    origins = sa.select(t.municipality.c.origins)
    if parts[3] == "municipalities":
        origins = origins.where(t.municipality.c.code == parts[4])
    async with services.database.read() as connection:
        allowed = (await connection.scalars(origins)).all()
    response = web.Response(status=204)
    if any(request.headers.get("Origin") in websites for websites in allowed):
        request[_CORS] = request.headers["Origin"]
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Max-Age"] = "600"
    return response


async def allow_origin(request: web.Request, response: web.StreamResponse) -> None:
    """The allowed website may read the answer. Any website may read an error: it holds a code and a sentence, and without
    them a page could not tell a lost inquiry from a lost connection."""
    if not request.path.startswith("/api/v1/"):
        return
    response.headers["Cache-Control"] = "no-store"
    origin = request.get(_CORS) or ("*" if response.status >= 400 else None)
    if origin and not request.path.startswith("/api/v1/staff"):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
        response.headers["Vary"] = "Origin"


async def inquiry_of(request: web.Request) -> dict[str, Any]:
    """The inquiry in the path, if the bearer token is its own. Raises BadToken, ForeignOrigin."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise BadToken
    services = request.app[SERVICES]
    async with services.database.read() as connection:
        inquiry = await request.app[RECEIVING].access_by_token(connection, request.match_info["id"], token.strip())
    await _check_and_allow(request, inquiry["municipality"])
    return inquiry


def may_open(request: web.Request) -> Callable[[], None]:
    """Raises TooMany when called and this address has opened as many inquiries as it may, by itself or by writing to closed ones."""
    limits, settings = request.app[LIMITS], request.app[SERVICES].settings
    return lambda: limits.check("inquiry", limits.address(request), settings.max_inquiries_per_hour, 3600)


async def check_not_revoked(services: Services, inquiry: dict[str, Any]) -> None:
    """Raises BadToken when the token with which a socket was opened is void since."""
    async with services.database.read() as connection:
        now = await find_inquiry(connection, inquiry["id"])
    if now is None or now["generation"] != inquiry["generation"]:
        raise BadToken


def check_message_limits(request: web.Request, inquiry: dict[str, Any]) -> None:
    limits, settings = request.app[LIMITS], request.app[SERVICES].settings
    limits.check("message", limits.address(request), settings.max_messages_per_address, 60)
    limits.check("message", inquiry["id"], settings.max_messages_per_minute, 60)


async def thread_json(
    services: Services,
    inquiry_id: str,
    *,
    generation: int,
    after: int = 0,
    rev: int | None = None,
    known: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The thread as the inquirer sees it. The row is read first (or was, a moment ago: ``known``), so that ``rev`` never
    runs ahead of the messages. With ``more`` there is more of it: ask again with the last ``seq``, or with this ``rev``. Raises
    BadToken when the inquiry is gone, or the token, which is of ``generation``, was revoked."""
    async with services.database.read() as connection:
        inquiry = known or await find_inquiry(connection, inquiry_id)
        if inquiry is None or inquiry["generation"] != generation:
            raise BadToken
        messages = await read_messages(connection, services, inquiry, after=after, rev=rev)
        contact = await read_contact(connection, inquiry, inquiry["language"])
    if contact:
        seen = contact.pop("seen_at")
        contact["present"] = bool(seen) and (services.now() - seen).total_seconds() < 120
    more = len(messages) == LIMIT
    return {
        "id": inquiry["id"],
        "municipality": inquiry["municipality"],
        "messages": messages,
        "status": inquiry["status"],
        "outcome": inquiry["outcome"],
        "number": inquiry["number"],
        "language": inquiry["language"],
        "contact": contact,
        "reply_due_at": inquiry["reply_due_at"].isoformat() if inquiry["reply_due_at"] else None,
        "answering": inquiry["open_turns"] > 0,
        "read_seq": inquiry["read_seq"],
        "rev": max(message["rev"] for message in messages) if more else inquiry["rev"],
        "more": more,
        "now": services.now().isoformat(),
    }


async def read_shared(
    request: web.Request, inquiry: dict[str, Any], *, after: int = 0, rev: int | None = None
) -> dict[str, Any]:
    """The thread, read once for all who listen to the inquiry and want the same of it; nobody may change it."""
    services, inquiry_id, generation = request.app[SERVICES], inquiry["id"], inquiry["generation"]
    return await request.app[listening.SHARED_READS].read(
        (inquiry_id, generation, after, rev),
        lambda: thread_json(services, inquiry_id, generation=generation, after=after, rev=rev),
    )


async def mark_read(request: web.Request, inquiry: dict[str, Any], body: dict[str, Any]) -> int:
    """What stands up to ``seq`` in ``body`` is read; a ``seq`` not yet given changes nothing. Raises BadInput."""
    seq = seq_field(body)
    c = t.inquiry.c
    here = (c.municipality == inquiry["municipality"]) & (c.id == inquiry["id"])
    limits, settings = request.app[LIMITS], request.app[SERVICES].settings
    limits.check("frame", inquiry["id"], settings.max_frames_per_minute, 60)
    changes = here & (c.read_seq < seq) & (c.last_seq >= seq)
    async with request.app[SERVICES].database.read() as connection:
        if await connection.scalar(sa.select(c.id).where(changes)) is None:
            return seq  # a write would wait for every other
    async with request.app[SERVICES].database.write() as connection:
        await connection.execute(sa.update(t.inquiry).where(changes).values(read_seq=seq))
    return seq


def received_json(services: Services, received: Received) -> dict[str, Any]:
    answer = message_json(received.message)
    if received.linked:
        answer["inquiry"] = {"id": received.inquiry["id"], "token": services.token_of(received.inquiry)}
    return answer


async def _check_and_allow(request: web.Request, municipality: str) -> None:
    services = request.app[SERVICES]
    await check_origin(request, services, municipality)
    if "Origin" in request.headers and not is_own(request, services):
        request[_CORS] = request.headers["Origin"]
