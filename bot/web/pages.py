"""Pages anyone may open: what this is, the chat, a secret link, an example of embedding; and the health of the process."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from aiohttp import web

from bot.conversation.service import find_municipality
from bot.errors import UnknownMunicipality
from bot.store import tables as t
from bot.web import openapi, static_files, templating
from bot.web.keys import HEALTH, SERVICES
from bot.web.middleware import Handler, language_of
from bot.web.templating import render


def add_to(app: web.Application) -> None:
    static_files.add_to(app)
    templating.add_to(app)
    openapi.add_to(app)
    app.router.add_get("/", get_front)
    app.router.add_get("/chat/{code}", get_chat)
    app.router.add_get("/embed/{code}", get_embed)
    app.router.add_get("/i/", get_link)
    app.router.add_get("/healthz", get_health)
    app.router.add_get("/readyz", get_readiness)


@web.middleware
async def show_not_found(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Who comes to a page that is not there is told so by one."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        if request.path.startswith(("/api/", "/static/")):
            raise
        return render(request, "not_found.html", {}, status=404)


async def get_front(request: web.Request) -> web.Response:
    async with request.app[SERVICES].database.read() as connection:
        rows = (await connection.execute(sa.select(t.municipality.c.code, t.municipality.c.name))).all()
    municipalities = sorted(((row.code, _local(row.name, request)) for row in rows), key=lambda pair: pair[1])
    return render(request, "front.html", {"municipalities": municipalities})


async def get_chat(request: web.Request) -> web.Response:
    """The same widget as on a website, over the whole page; the websites of the allow-list may frame it."""
    try:
        municipality = await _municipality(request)
    except UnknownMunicipality:
        return _unknown(request)
    context = {"municipality": municipality, "name": _local(municipality["name"], request)}
    response = render(request, "chat.html", context, ancestors=_frame_ancestors(municipality))
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # a website that is isolated may frame it too
    return response


async def get_embed(request: web.Request) -> web.Response:
    try:
        municipality = await _municipality(request)
    except UnknownMunicipality:
        return _unknown(request)
    context = {
        "municipality": municipality,
        "name": _local(municipality["name"], request),
        "address": request.app[SERVICES].settings.base_url,
    }
    return render(request, "embed.html", context)


async def get_link(request: web.Request) -> web.Response:
    """The token stands in the fragment, which no browser sends: the page's script reads it."""
    return render(request, "link.html", {})


async def get_health(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def get_readiness(request: web.Request) -> web.Response:
    """200 when messages can be stored and a worker takes turns, else 503 and which of the two is missing. ``channels`` names what
    keeps another channel closed: the website goes on without it."""
    services = request.app[SERVICES]
    checks = {"database": await request.app[HEALTH].can_store(), "model": services.workers.ready}
    ready = all(checks.values())
    return web.json_response(
        {
            "status": "ok" if ready else "not_ready",
            "checks": checks,
            "channels": services.troubles,
            "model": services.workers.model_id,
        },
        status=200 if ready else 503,
    )


async def _municipality(request: web.Request) -> dict[str, Any]:
    async with request.app[SERVICES].database.read() as connection:
        return await find_municipality(connection, request.match_info["code"])


def _frame_ancestors(municipality: dict[str, Any]) -> str:
    return " ".join(["frame-ancestors 'self'", *municipality["origins"]])


def _unknown(request: web.Request) -> web.Response:
    return render(request, "unknown.html", {}, status=404)


def _local(texts: dict[str, str], request: web.Request) -> str:
    return texts.get(language_of(request)) or texts["da"]
