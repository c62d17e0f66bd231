"""Telegram's door."""

from __future__ import annotations

from aiohttp import web


def add_to(app: web.Application) -> None:
    return
