"""Inquiries that continue each other: what was written to one that is closed for good goes on in the one linked to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.effects import tell
from bot.conversation.service import Services
from bot.conversation.thread import Thread
from bot.conversation.tokens import new_id
from bot.lifecycle import Status
from bot.store import tables as t
from bot.turn import HELPFUL, PERSON, UNHELPFUL, DialogueState

c, m = t.inquiry.c, t.message.c


async def going_on(services: Services, thread: Thread, check_new: Callable[[], None]) -> Thread:
    """``thread``, or where it goes on when it was closed for good: in the inquiry linked to it, which is made when there is
    none. ``check_new`` is called before that and raises where one more inquiry is too many."""
    days = timedelta(days=services.settings.reopen_days)
    while thread["status"] == Status.RESOLVED and thread.now - (thread["resolved_at"] or thread.now) > days:
        following = await thread.connection.scalar(
            sa.select(c.id)
            .where(c.municipality == thread.municipality, c.previous_id == thread.id)
            .order_by(c.created_at.desc(), c.id)
            .limit(1)
        )
        if following is None:
            check_new()
            return await _continue(services, thread)
        thread = await Thread.load(thread.connection, thread.municipality, following, thread.now)
    return thread


async def find_written(
    connection: AsyncConnection, inquiry: dict[str, Any], client_id: str
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The message ``client_id`` and its inquiry: this one, or one that it continues or that continues it."""
    ids = await linked_ids(connection, inquiry)
    found = (
        await connection.execute(
            sa.select(t.message).where(
                m.municipality == inquiry["municipality"], m.inquiry_id.in_(ids), m.client_id == client_id
            )
        )
    ).first()
    if found is None:
        return None
    holder = (
        await connection.execute(
            sa.select(t.inquiry).where(c.municipality == inquiry["municipality"], c.id == found.inquiry_id)
        )
    ).one()
    return dict(holder._mapping), dict(found._mapping)


async def is_offered(connection: AsyncConnection, inquiry: dict[str, Any], choice: str) -> bool:
    """Whether a message of the inquiry, or of one that it continues, shows this button. A person may be asked for at any time."""
    if choice == PERSON:
        return True
    bodies = await connection.scalars(
        sa.select(m.body).where(
            m.municipality == inquiry["municipality"],
            m.inquiry_id.in_(await linked_ids(connection, inquiry)),
            m.author != "inquirer",
            m.internal.is_(False),
            m.body.is_not(None),
        )
    )
    if choice in (HELPFUL, UNHELPFUL):
        return any(body.get("feedback") for body in bodies)
    return any(button["id"] == choice for body in bodies for button in body.get("buttons", ()))


def new_inquiry(
    code: str,
    *,
    channel: str,
    language: str | None,
    client_hash: str | None,
    identity: str | None,
    now: datetime,
    previous_id: str | None = None,
) -> dict[str, Any]:
    """The row of an inquiry that nobody has written in yet."""
    language = language if language in ("da", "en") else "da"
    row: dict[str, Any] = {
        column.name: column.default.arg if isinstance(column.default, sa.ColumnDefault) else None
        for column in t.inquiry.columns
        if column.name != "searched"  # made of the others when it is inserted
    }
    return row | {
        "municipality": code,
        "id": new_id(),
        "status": Status.WITH_BOT,
        "channel": channel,
        "language": language,
        "client_hash": client_hash,
        "identity": identity,
        "previous_id": previous_id,
        "state": DialogueState(language=language).to_json(),
        "created_at": now,
        "last_message_at": now,
    }


async def _continue(services: Services, closed: Thread) -> Thread:
    """A new inquiry that is linked to the closed one: bot first, the same owner preferred."""
    row = new_inquiry(
        closed.municipality,
        channel=closed["channel"],
        language=closed["language"],
        client_hash=None,
        identity=closed["identity"],
        now=closed.now,
        previous_id=closed.id,
    )
    await closed.connection.execute(sa.insert(t.inquiry), row)
    thread = await Thread.load(closed.connection, closed.municipality, row["id"], closed.now)
    if closed["number"]:
        await tell(services, thread, "linked_new", number=closed["number"])
    return thread


async def linked_ids(connection: AsyncConnection, inquiry: dict[str, Any]) -> list[str]:
    """The ids of all that continue each other with this one, itself among them."""
    here = c.municipality == inquiry["municipality"]
    ids, earlier = [inquiry["id"]], inquiry["previous_id"]
    while earlier is not None and earlier not in ids:
        ids.append(earlier)
        earlier = await connection.scalar(sa.select(c.previous_id).where(here, c.id == earlier))
    # Only what was resolved is continued, so an open inquiry is the last one.
    newest = [inquiry["id"]] if inquiry["status"] == Status.RESOLVED else []
    while newest:
        newest = list(
            await connection.scalars(sa.select(c.id).where(here, c.previous_id.in_(newest), c.id.not_in(ids)))
        )
        ids += newest
    return ids
