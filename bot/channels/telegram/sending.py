"""Sends what the outbox promised to a chat, and says in the outbox's words what became of it."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import httpx
import sqlalchemy as sa
import structlog
from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.channels.telegram import chats
from bot.channels.telegram.client import ANSWER
from bot.channels.telegram.composing import compose
from bot.channels.telegram.rich_text import Run, split, to_html, to_plain
from bot.conversation.service import Services
from bot.outbox import MaybeSent, TryLater, Undeliverable
from bot.store import tables as t

log = structlog.get_logger()
PER_S = 30  # https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
TOKEN_REFUSED_S = 300.0
# Broken off after the request was on its way: Telegram may have taken it.
_UNCERTAIN = (httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.RemoteProtocolError)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)  # nor is Telegram to open a secret link


class Pace:
    """Lets at most ``per_s`` pass in a second, evenly, in the order in which they ask."""

    def __init__(self, per_s: float):
        self.gap_s = 1 / per_s
        self._free_at = 0.0

    async def turn(self) -> None:
        now = time.monotonic()
        at = max(now, self._free_at)
        self._free_at = at + self.gap_s
        if at > now:
            await asyncio.sleep(at - now)


class Sending:
    def __init__(self, services: Services, bot: Bot):
        self.services = services
        self.bot = bot
        self.pace = Pace(PER_S)

    async def send(self, entry: dict[str, Any]) -> str:
        """The message of an outbox entry is in the chat; returns Telegram's ids of its parts, "101,102".

        Raises Undeliverable, TryLater and MaybeSent for the outbox; anything else is tried again later.
        """
        municipality, chat_id = entry["municipality"], int(entry["address"])
        async with self.services.database.read() as connection:
            chat = await chats.find_chat(connection, municipality, chat_id)
            if chat is not None and chat["blocked"]:
                raise Undeliverable("blocked")
            message = await compose(connection, self.services, entry, chat_id)
        parts = split(message.runs)
        # A try that failed in the middle goes on after the parts that have arrived.
        sent = entry["external_id"].split(",") if entry["external_id"] else []
        for place, part in enumerate(parts[len(sent) :], len(sent) + 1):
            last = place == len(parts)
            sent.append(str(await self._send_part(municipality, chat_id, part, message.keyboard if last else None)))
            if not last:
                await self._note_parts(entry, sent)
        if message.from_person:
            # Who reads a person's reply and writes back is writing to that person.
            async with self.services.database.write() as connection:
                await chats.go_on_in(connection, chat_id, message.inquiry)
        return ",".join(sent)

    async def _send_part(
        self, municipality: str, chat_id: int, part: list[Run], keyboard: InlineKeyboardMarkup | None
    ) -> int:
        try:
            try:
                return await self._call(chat_id, to_html(part), ParseMode.HTML, keyboard)
            except BadRequest as error:
                log.warning("telegram_refused_html", error=type(error).__name__)
                return await self._call(chat_id, to_plain(part), None, keyboard)
        except BadRequest as error:
            raise Undeliverable("bad_request") from error
        except Forbidden as error:
            async with self.services.database.write() as connection:
                await chats.save_chat(connection, municipality, chat_id, "da", blocked=True)
            raise Undeliverable("blocked") from error
        except RetryAfter as error:
            wait = error.retry_after
            raise TryLater(wait.total_seconds() if isinstance(wait, timedelta) else wait) from error
        except InvalidToken as error:
            log.error("telegram_token_refused")
            raise TryLater(TOKEN_REFUSED_S) from error
        except NetworkError as error:
            if isinstance(error.__cause__, _UNCERTAIN):
                raise MaybeSent(type(error).__name__) from error
            raise

    async def _call(
        self, chat_id: int, text: str, parse_mode: str | None, keyboard: InlineKeyboardMarkup | None
    ) -> int:
        await self.pace.turn()
        ANSWER.set(None)
        try:
            sent = await self.bot.send_message(
                chat_id, text, parse_mode=parse_mode, reply_markup=keyboard, link_preview_options=_NO_PREVIEW
            )
            return sent.message_id
        except TelegramError:
            raise
        except Exception as error:
            return _sent_all_the_same(error)

    async def _note_parts(self, entry: dict[str, Any], sent: list[str]) -> None:
        async with self.services.database.write() as connection:
            await connection.execute(
                sa.update(t.outbox).where(t.outbox.c.id == entry["id"]).values(external_id=",".join(sent))
            )


def _sent_all_the_same(error: Exception) -> int:
    """The id of a message that Telegram took and described in a way that the client cannot read; raises ``error`` when it did not
    take it. An id that cannot be read either is 0: a reply to that message is not recognised."""
    answer = ANSWER.get() or {}
    if answer.get("ok") is not True:
        raise error
    log.warning("telegram_answer_unreadable", error=type(error).__name__)
    result = answer.get("result")
    message_id = result.get("message_id") if isinstance(result, dict) else None
    return message_id if isinstance(message_id, int) else 0
