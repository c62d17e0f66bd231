"""Telegram's channel: the same conversation through a bot (docs/telegram.md). The only room that imports ``telegram``."""

from __future__ import annotations

from aiohttp import web

from bot.web.keys import SERVICES


def add_to(app: web.Application) -> None:
    if not app[SERVICES].settings.telegram_token.get_secret_value():
        return
    # The client library takes half a second and 40 MB; installations without a Telegram bot are spared both.
    from bot.channels.telegram.door import Door

    Door(app).add_to(app)
