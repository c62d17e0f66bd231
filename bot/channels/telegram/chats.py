"""Which inquiry a chat is about: the one of the message replied to, else the chat's current one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels.telegram.arriving import CHANNEL
from bot.lifecycle import Status
from bot.store import tables as t

# The languages of people who read Danish with ease; others are first greeted in English.
_READS_DANISH = ("da", "nb", "nn", "no", "sv", "fo", "kl")


def identity_of(chat_id: int) -> str:
    """The same inquirer: in a private chat the chat's id is the user's."""
    return f"{CHANNEL}:{chat_id}"


def first_language(code: str | None) -> str:
    """What to speak before anything was written; ``code`` is the language of the user's Telegram."""
    return "da" if not code or code.lower().split("-")[0] in _READS_DANISH else "en"


async def find_chat(connection: AsyncConnection, municipality: str, chat_id: int) -> dict[str, Any] | None:
    c = t.telegram_chat.c
    found = (
        await connection.execute(sa.select(t.telegram_chat).where(c.municipality == municipality, c.chat_id == chat_id))
    ).first()
    return dict(found._mapping) if found else None


async def save_chat(
    connection: AsyncConnection, municipality: str, chat_id: int, first_language: str, **changes: Any
) -> None:
    """The chat is known, with ``changes``; a new one begins in ``first_language``."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    row = {"municipality": municipality, "chat_id": chat_id, "language": first_language, "blocked": False} | changes
    new = insert(t.telegram_chat).values(row)
    key = ["municipality", "chat_id"]
    await connection.execute(
        new.on_conflict_do_update(index_elements=key, set_=changes)
        if changes
        else new.on_conflict_do_nothing(index_elements=key)
    )


async def go_on_in(connection: AsyncConnection, chat_id: int, inquiry: dict[str, Any]) -> None:
    """What is written next goes to this inquiry, and a new one begins in its language."""
    language = inquiry["language"]
    changes = {"inquiry_id": inquiry["id"], "language": language}
    await save_chat(connection, inquiry["municipality"], chat_id, language, **changes)


async def access_inquiry(
    connection: AsyncConnection, municipality: str, chat_id: int, inquiry_id: str
) -> dict[str, Any] | None:
    """The inquiry if it is this chat's own; what a client sends as a button's data may name any."""
    c = t.inquiry.c
    found = (
        await connection.execute(
            sa.select(t.inquiry).where(
                c.municipality == municipality, c.id == inquiry_id, c.identity == identity_of(chat_id)
            )
        )
    ).first()
    return dict(found._mapping) if found else None


async def find_inquiry_with(
    connection: AsyncConnection, municipality: str, chat_id: int, client_id: str
) -> dict[str, Any] | None:
    """The inquiry of this chat that holds the message ``client_id``: an earlier try got as far as storing it."""
    c, m = t.inquiry.c, t.message.c
    found = (
        await connection.execute(
            sa.select(t.inquiry)
            .join(t.message, (m.municipality == c.municipality) & (m.inquiry_id == c.id))
            .where(c.municipality == municipality, c.identity == identity_of(chat_id), m.client_id == client_id)
        )
    ).first()
    return dict(found._mapping) if found else None


async def find_inquiry_of(
    connection: AsyncConnection, municipality: str, chat_id: int, telegram_message: int
) -> dict[str, Any] | None:
    """The inquiry that a message of the chat belongs to, sent or received; None for one of unknown origin."""
    c, o = t.inquiry.c, t.outbox.c
    mine = (c.municipality == municipality) & (c.identity == identity_of(chat_id))
    # A long message was sent in parts: their ids stand together, "101,102".
    sent = (sa.literal(",") + o.external_id + ",").contains(f",{telegram_message},")
    found = (
        await connection.execute(
            sa.select(t.inquiry)
            .join(t.outbox, (o.municipality == c.municipality) & (o.inquiry_id == c.id))
            .where(mine, o.channel == CHANNEL, sent)
        )
    ).first()
    if found:
        return dict(found._mapping)
    for update in reversed(await find_received(connection, municipality, chat_id, telegram_message)):
        if inquiry := await find_inquiry_with(connection, municipality, chat_id, client_id_of(update)):
            return inquiry
    return None


async def find_received(
    connection: AsyncConnection, municipality: str, chat_id: int, telegram_message: int
) -> list[dict[str, Any]]:
    """The stored updates that brought this message of the inquirer and its edits, oldest first."""
    c = t.inbound.c
    numbers = [c.body[kind]["message_id"].as_integer() for kind in ("message", "edited_message")]
    rows = await connection.execute(
        sa.select(c.body)
        .where(c.municipality == municipality, c.channel == CHANNEL, c.source == str(chat_id))
        .where(sa.or_(*(number == telegram_message for number in numbers)))
        .order_by(sa.cast(c.external_id, sa.BigInteger))
    )
    return [row.body for row in rows]


async def open_inquiries(connection: AsyncConnection, municipality: str, chat_id: int) -> list[dict[str, Any]]:
    """What is not resolved of this chat, oldest first."""
    c = t.inquiry.c
    rows = await connection.execute(
        sa.select(c.id, c.number)
        .where(c.municipality == municipality, c.identity == identity_of(chat_id), c.status != Status.RESOLVED)
        .order_by(c.created_at)
    )
    return [dict(row._mapping) for row in rows]


async def promise_again(connection: AsyncConnection, municipality: str, chat_id: int, now: Any) -> None:
    """What could not be sent while the user had blocked the bot is due now, in the order it was promised."""
    o = t.outbox.c
    await connection.execute(
        sa.update(t.outbox)
        .where(o.municipality == municipality, o.channel == CHANNEL, o.address == str(chat_id))
        .where(o.status == "failed", o.error == "blocked")
        .values(status="pending", attempts=0, due_at=now)  # the error stays until it arrives: its contact is told then
    )


def client_id_of(update: dict[str, Any]) -> str:
    """The id of the message that an update became: the same at a second try."""
    return f"tg:{update['update_id']}"
