"""The staff console and its API."""

from __future__ import annotations

from aiohttp import web


def add_to(app: web.Application) -> None:
    return
