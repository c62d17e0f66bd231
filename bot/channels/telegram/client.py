"""The Bot API client, with a time limit on every call; made once."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import urlencode

from telegram import Bot
from telegram.request import HTTPXRequest

from bot.settings import Settings

# What a bot is told of; all else (reactions, polls, channel posts) is not asked for.
ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
POLL_S = 25
# Periods of time are timedeltas: the client's coming default, which it otherwise warns about.
os.environ.setdefault("PTB_TIMEDELTA", "true")


class Client:
    def __init__(self, settings: Settings):
        self._limit_s = limit = settings.telegram_timeout_s
        self._polling = HTTPXRequest(connection_pool_size=1, connect_timeout=limit)
        self._calls = HTTPXRequest(
            connection_pool_size=32, read_timeout=limit, write_timeout=limit, connect_timeout=limit, pool_timeout=limit
        )
        self.bot = Bot(
            settings.telegram_token.get_secret_value(),
            base_url=settings.telegram_api_url.rstrip("/") + "/bot",
            request=self._calls,
            get_updates_request=self._polling,
        )

    async def poll(self, offset: int | None) -> list[dict[str, Any]]:
        """Updates from ``offset`` on as they were sent, waiting up to POLL_S for one; earlier ones are thereby confirmed."""
        # Not Bot.get_updates: one update that it cannot parse would be logged with its words and hold up all others.
        query: dict[str, Any] = {"timeout": POLL_S, "allowed_updates": json.dumps(ALLOWED_UPDATES)}
        if offset is not None:
            query["offset"] = offset
        url = f"{self.bot.base_url}/getUpdates?{urlencode(query)}"
        found = await self._polling.post(url, read_timeout=POLL_S + self._limit_s)
        return found if isinstance(found, list) else []

    async def close(self) -> None:
        await self._polling.shutdown()
        await self._calls.shutdown()
