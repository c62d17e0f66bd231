"""Health of the process, for whoever runs it."""

from __future__ import annotations

import sqlalchemy as sa
from aiohttp import web

from bot.errors import StoreUnavailable
from bot.web.keys import SERVICES


def add_to(app: web.Application) -> None:
    app.router.add_get("/healthz", get_health)
    app.router.add_get("/readyz", get_readiness)


async def get_health(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def get_readiness(request: web.Request) -> web.Response:
    """200 when messages can be stored and a worker takes turns, else 503 and which of the two is missing."""
    services = request.app[SERVICES]
    checks = {"database": True, "model": services.workers.ready}
    try:
        async with services.database.read() as connection:
            await connection.execute(sa.select(1))
    except StoreUnavailable:
        checks["database"] = False
    ready = all(checks.values())
    return web.json_response(
        {"status": "ok" if ready else "not_ready", "checks": checks, "model": services.workers.model_id},
        status=200 if ready else 503,
    )
