"""Updates are masked and stored before anything is done with them; the same ``update_id`` is stored once."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bot.conversation.service import Services
from bot.masking import mask_json
from bot.store import tables as t
from bot.web.bodies import storable_json

CHANNEL = "telegram"


def update_id_of(update: Any) -> int | None:
    value = update.get("update_id") if isinstance(update, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else None


async def store_update(services: Services, municipality: str, update: dict[str, Any]) -> bool:
    """The update is in table ``inbound``; False when it was there before. Raises StoreUnavailable."""
    update = storable_json(update)
    row = {
        "municipality": municipality,
        "channel": CHANNEL,
        "external_id": str(update["update_id"]),
        "source": _source_of(update),
        "body": _masked(update),
        "at": services.now(),
        "attempts": 0,
    }
    async with services.database.write() as connection:
        insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
        key = ["municipality", "channel", "external_id"]
        stored = await connection.execute(insert(t.inbound).values(row).on_conflict_do_nothing(index_elements=key))
    return bool(stored.rowcount == 1)


def unfinished(municipality: str, max_attempts: int) -> sa.ColumnElement[bool]:
    """Updates that are still to be acted on; what failed ``max_attempts`` times is set aside."""
    c = t.inbound.c
    return sa.and_(c.municipality == municipality, c.channel == CHANNEL, c.done_at.is_(None), c.attempts < max_attempts)


def _source_of(update: dict[str, Any]) -> str:
    """The chat's id; "" for an update of no chat."""
    for kind in ("message", "edited_message", "my_chat_member"):
        if kind in update:
            return _chat_id(update[kind])
    query = update.get("callback_query")
    return _chat_id(query.get("message")) if isinstance(query, dict) else ""


def _chat_id(holder: Any) -> str:
    chat = holder.get("chat") if isinstance(holder, dict) else None
    return str(chat.get("id", ""))[:80] if isinstance(chat, dict) else ""


def _masked(update: dict[str, Any]) -> dict[str, Any]:
    masked: dict[str, Any] = mask_json(update)
    query = update.get("callback_query")
    if isinstance(query, dict) and "id" in query:
        masked["callback_query"]["id"] = query["id"]  # digits that only Telegram gives out, needed to answer it
    return masked
