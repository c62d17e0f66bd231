"""The Bot API client, with a time limit on every call; made once."""

from __future__ import annotations

import json
import os
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlencode

from telegram import Bot
from telegram.error import InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot.settings import Settings

# What a bot is told of; all else (reactions, polls, channel posts) is not asked for.
ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
POLL_S = 25
# Periods of time are timedeltas: the client's coming default, which it otherwise warns about.
os.environ.setdefault("PTB_TIMEDELTA", "true")


# What the Bot API answered last in this task, as it came: where the client cannot build its objects from it, it still says "ok".
ANSWER: ContextVar[dict[str, Any] | None] = ContextVar("ANSWER", default=None)


class Request(HTTPXRequest):
    """Keeps each answer in ``ANSWER``, and no word of it in the log."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except (ValueError, RecursionError) as error:
            raise TelegramError("Invalid server response") from error
        if not isinstance(answer, dict):
            raise TelegramError("Invalid server response")
        ANSWER.set(answer)
        return answer


class Client:
    def __init__(self, settings: Settings):
        self._limit_s = limit = settings.telegram_timeout_s
        self._polling = Request(connection_pool_size=1, connect_timeout=limit)
        self._calls = Request(
            connection_pool_size=32, read_timeout=limit, write_timeout=limit, connect_timeout=limit, pool_timeout=limit
        )
        self.bot = Bot(
            settings.telegram_token.get_secret_value(),
            base_url=settings.telegram_api_url.rstrip("/") + "/bot",
            request=self._calls,
            get_updates_request=self._polling,
        )

    async def initialize(self) -> None:
        """Calls can be made. Not Bot.initialize: it asks who the bot is, which nothing needs, and fails at what it cannot read."""
        await self._polling.initialize()
        await self._calls.initialize()

    async def poll(self, offset: int | None) -> list[dict[str, Any]]:
        """Updates from ``offset`` on as they were sent, waiting up to POLL_S for one; earlier ones are thereby confirmed."""
        # Not Bot.get_updates: one update that it cannot parse would be logged with its words and hold up all others.
        query: dict[str, Any] = {"timeout": POLL_S, "allowed_updates": json.dumps(ALLOWED_UPDATES)}
        if offset is not None:
            query["offset"] = offset
        found = await self.ask(f"getUpdates?{urlencode(query)}", POLL_S)
        return found if isinstance(found, list) else []

    async def ask(self, method: str, wait_s: float = 0) -> Any:
        """What the Bot API says to ``method``, as it came. Raises the client's error tree."""
        return await self._polling.post(f"{self.bot.base_url}/{method}", read_timeout=wait_s + self._limit_s)

    async def close(self) -> None:
        await self._polling.shutdown()
        await self._calls.shutdown()


async def find_trouble(settings: Settings) -> tuple[str, str] | None:
    """Why the Bot API cannot be used now, as a finding of ``hotline doctor``; None when it knows the token."""
    client = Client(settings)
    try:
        await client.initialize()
        await client.ask("getMe")
    except InvalidToken:
        return "problem", "Telegram refuses HOTLINE_TELEGRAM_TOKEN."
    except Exception as error:  # whatever it is, it keeps the channel closed
        return (
            "warning",
            f"The Bot API of Telegram cannot be used now ({type(error).__name__}): messages wait until it can.",
        )
    finally:
        await client.close()
    return None
