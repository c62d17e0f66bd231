"""What a stored message looks like in a Telegram chat: text, sources, who says it, and its buttons.

A person's reply may hold more than a foreign messenger should see. So by default only a notice with the secret link is
sent; the words themselves where the municipality has decided so (docs/telegram.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import InlineKeyboardMarkup

from bot.channels.telegram import chats
from bot.channels.telegram.keyboards import keyboard
from bot.channels.telegram.rich_text import Run, from_markdown
from bot.conversation.effects import LINK
from bot.conversation.service import Services, find_municipality
from bot.store import tables as t

MACHINE = "🤖 "
PERSON = "👤 "


@dataclass(frozen=True, slots=True)
class Composed:
    inquiry: dict[str, Any]
    runs: list[Run]
    keyboard: InlineKeyboardMarkup | None
    from_person: bool


async def compose(connection: AsyncConnection, services: Services, entry: dict[str, Any], chat_id: int) -> Composed:
    """The message of an outbox entry as it is to be sent to its chat now."""
    inquiry, message = await _stored(connection, entry)
    language = inquiry["language"]
    from_person = message["author"] == "staff"
    if from_person:
        runs = await _from_person(connection, services, inquiry, message)
    else:
        text = message["text"].replace(LINK, services.link_of(inquiry)) if _has_link(message) else message["text"]
        runs = ([Run(MACHINE)] if message["author"] == "bot" else []) + from_markdown(text)
        runs += _sources(services, message, language)
    if (message["body"] or {}).get("feedback"):
        runs += [Run("\n\n"), Run(services.knowledge.text("did_it_help", language), ("i",))]
    # A chat with several open inquiries sees which one each message belongs to; a reply to it goes there.
    if inquiry["number"] and len(await chats.open_inquiries(connection, inquiry["municipality"], chat_id)) > 1:
        runs = [Run(inquiry["number"], ("b",)), Run("\n"), *runs]
    yes, no = (services.knowledge.text(key, language) for key in ("yes", "no"))
    return Composed(inquiry, runs, keyboard(message, yes, no), from_person)


async def _from_person(
    connection: AsyncConnection, services: Services, inquiry: dict[str, Any], message: dict[str, Any]
) -> list[Run]:
    language = inquiry["language"]
    c = t.staff.c
    name = await connection.scalar(
        sa.select(c.name).where(c.municipality == inquiry["municipality"], c.id == message["staff_id"])
    )
    municipality = await find_municipality(connection, inquiry["municipality"])
    if not municipality["telegram_bodies"]:
        notice = services.knowledge.text(
            "telegram_reply_notice",
            language,
            name=name or "",
            number=inquiry["number"] or "",
            link=services.link_of(inquiry),
        )
        return [Run(PERSON), Run(notice)]
    # What people type is sent as typed; an article that a person sends is Markdown.
    body = from_markdown(message["text"]) if message["article"] else [Run(message["text"])]
    return [Run(PERSON), Run(name or "", ("b",)), Run("\n"), *body, *_sources(services, message, language)]


def _sources(services: Services, message: dict[str, Any], language: str) -> list[Run]:
    sources = (message["body"] or {}).get("sources", [])
    if not sources:
        return []
    runs = [Run("\n\n"), Run(services.knowledge.text("sources", language) + ":", ("b",))]
    for source in sources:
        runs += [Run("\n• "), Run(source["title"], href=source["url"])]
    return runs


def _has_link(message: dict[str, Any]) -> bool:
    return bool((message["body"] or {}).get("receipt"))


async def _stored(connection: AsyncConnection, entry: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    m, i = t.message.c, t.inquiry.c
    message = (
        await connection.execute(
            sa.select(t.message).where(
                m.municipality == entry["municipality"],
                m.inquiry_id == entry["inquiry_id"],
                m.id == entry["message_id"],
            )
        )
    ).one()
    inquiry = (
        await connection.execute(
            sa.select(t.inquiry).where(i.municipality == entry["municipality"], i.id == entry["inquiry_id"])
        )
    ).one()
    return dict(inquiry._mapping), dict(message._mapping)
