"""A press of a button: the choice or the feedback it stands for, once, and an answer to Telegram whatever came of it."""

from __future__ import annotations

import asyncio
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import Bot, Chat, InlineKeyboardMarkup

from bot.channels.telegram import chats
from bot.channels.telegram.arriving import CHANNEL
from bot.channels.telegram.incoming import Incoming
from bot.channels.telegram.keyboards import CHOSEN, Press, keyboard_after, read_press
from bot.conversation.receiving import Receiving
from bot.conversation.service import Services
from bot.errors import NotFound, UnknownChoice
from bot.store import tables as t
from bot.turn import NONE_OF_THESE, SKIP
from bot.web.limits import Limits

log = structlog.get_logger()
# These say something about the question they stand under, and nothing about a later one.
_OF_THE_MOMENT = (SKIP, NONE_OF_THESE)
Outcome = tuple[str | None, InlineKeyboardMarkup | None]  # what Telegram shows for a moment; the buttons that are left


class Pressing:
    def __init__(self, services: Services, receiving: Receiving, limits: Limits, bot: Bot):
        self.services, self.receiving, self.limits, self.bot = services, receiving, limits, bot
        self._answers: set[asyncio.Task[None]] = set()

    async def pressed(self, municipality: str, update: Incoming) -> None:
        """The press had its effect and is answered. Raises TooMany for one to come back to later."""
        toast, left = None, None
        chat_id, data = update.chat_id, update.press.data if update.press else None
        try:
            if chat_id is not None and update.chat_type == Chat.PRIVATE and data != CHOSEN:
                settings = self.services.settings
                self.limits.check("message", chats.identity_of(chat_id), settings.max_messages_per_minute, 60)
                toast, left = await self._press(municipality, chat_id, read_press(data))
        finally:
            # Telegram shows a waiting button until it is answered, so it is also when the press failed.
            task = asyncio.create_task(self._answer(update, toast, left))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)

    async def close(self) -> None:
        for task in self._answers:
            task.cancel()
        await asyncio.gather(*self._answers, return_exceptions=True)

    async def _press(self, municipality: str, chat_id: int, press: Press | None) -> Outcome:
        async with self.services.database.read() as connection:
            inquiry = press and await chats.access_inquiry(connection, municipality, chat_id, press.inquiry_id)
            message = inquiry and press and await _message(connection, inquiry, press.seq)
            language = inquiry["language"] if inquiry else await _language(connection, municipality, chat_id)
        knowledge = self.services.knowledge
        stale = (knowledge.text("clarify_stale", language), None)
        if not press or not inquiry or not message:
            return stale
        try:
            if press.helped is not None:
                await self.receiving.feedback(municipality, inquiry["id"], press.seq, press.helped)
                return None, keyboard_after(message, press, knowledge.text("yes" if press.helped else "no", language))
            label = await self._choose(inquiry, message, press, chat_id)
        except (NotFound, UnknownChoice):
            return stale
        return (None, keyboard_after(message, press, label)) if label else stale

    async def _choose(self, inquiry: dict[str, Any], message: dict[str, Any], press: Press, chat_id: int) -> str | None:
        """The label of the button, whose choice was received; None for a question that has passed."""
        buttons = (message["body"] or {}).get("buttons", [])
        if press.place is None or press.place >= len(buttons):
            return None
        button, municipality = buttons[press.place], inquiry["municipality"]
        # Named by the button and not by the update: two quick presses are one choice.
        client_id = f"tg:{inquiry['id']}:{press.seq}:{press.place}"
        async with self.services.database.read() as connection:
            before = await chats.find_inquiry_with(connection, municipality, chat_id, client_id)
            passed = before is None and await _wrote_after(connection, inquiry, press.seq)
        if passed and button["id"] in _OF_THE_MOMENT:
            return None
        limit = self.services.settings.max_inquiries_per_hour
        received = await self.receiving.receive(
            municipality,
            (before or inquiry)["id"],
            choice=button["id"],
            client_id=client_id,
            channel=CHANNEL,
            check_new=lambda: self.limits.check("inquiry", chats.identity_of(chat_id), limit, 3600),
        )
        async with self.services.database.write() as connection:
            await chats.go_on_in(connection, chat_id, received.inquiry)
        return str(button["label"])

    async def _answer(self, update: Incoming, toast: str | None, left: InlineKeyboardMarkup | None) -> None:
        """Best effort, nothing depends on it: too late an answer is refused, an unchanged keyboard too."""
        press = update.press
        assert press is not None
        try:
            await self.bot.answer_callback_query(press.id, text=toast)
            if left is not None and update.chat_id is not None and press.message_id is not None:
                await self.bot.edit_message_reply_markup(update.chat_id, press.message_id, reply_markup=left)
        except Exception as error:  # also an answer that the client cannot read: the button has had its effect
            log.info("telegram_press_unanswered", error=type(error).__name__)


async def _message(connection: AsyncConnection, inquiry: dict[str, Any], seq: int) -> dict[str, Any] | None:
    m = t.message.c
    found = (
        await connection.execute(
            sa.select(t.message).where(
                m.municipality == inquiry["municipality"],
                m.inquiry_id == inquiry["id"],
                m.seq == seq,
                m.author == "bot",
            )
        )
    ).first()
    return dict(found._mapping) if found else None


async def _wrote_after(connection: AsyncConnection, inquiry: dict[str, Any], seq: int) -> bool:
    m = t.message.c
    later = sa.select(m.id).where(
        m.municipality == inquiry["municipality"], m.inquiry_id == inquiry["id"], m.seq > seq, m.author == "inquirer"
    )
    return await connection.scalar(later.limit(1)) is not None


async def _language(connection: AsyncConnection, municipality: str, chat_id: int) -> str:
    chat = await chats.find_chat(connection, municipality, chat_id)
    return chat["language"] if chat else "da"
