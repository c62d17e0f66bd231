"""Which websites may use a municipality's hotline: CORS and WebSocket ask here."""

from __future__ import annotations

from urllib.parse import urlsplit

import sqlalchemy as sa
from aiohttp import web

from bot.conversation.service import Services
from bot.errors import ForeignOrigin
from bot.store import tables as t


def is_own(request: web.Request, services: Services) -> bool:
    """The page came from this server itself, or no page sent the request."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    try:
        place = urlsplit(origin).netloc
    except ValueError:  # no address at all
        return False
    return origin == services.settings.public_url.rstrip("/") or place == request.host


def is_allowed(request: web.Request, services: Services, allowed: list[str]) -> bool:
    return is_own(request, services) or request.headers.get("Origin") in allowed


async def check_origin(request: web.Request, services: Services, municipality: str) -> None:
    """Raises ForeignOrigin unless the municipality allows the website that sent the request."""
    if is_own(request, services):
        return
    async with services.database.read() as connection:
        origins = await connection.scalar(
            sa.select(t.municipality.c.origins).where(t.municipality.c.code == municipality)
        )
    if not is_allowed(request, services, origins or []):
        raise ForeignOrigin
