"""What became of a promised delivery stands at its message; a reply that did not arrive leaves its deadline open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.thread import Thread
from bot.lifecycle import Status
from bot.store import tables as t

m, d, o = t.message.c, t.deadline.c, t.outbox.c
_WITH_PEOPLE = (Status.WAITING, Status.WITH_CONTACT)


async def note_delivery(connection: AsyncConnection, entry: Mapping[str, Any], status: str, now: datetime) -> Thread:
    """Whoever looks at the thread sees that the delivery of ``entry`` is now ``status``. A person's reply that failed is owed still,
    by the time that was promised; one that arrives after all is not. The caller announces the thread that is returned."""
    thread = await Thread.load(connection, entry["municipality"], entry["inquiry_id"], now)
    where = (m.municipality == thread.municipality) & (m.inquiry_id == thread.id)
    found = (await connection.execute(sa.select(m.author, m.at).where(where, m.id == entry["message_id"]))).one()
    await connection.execute(
        sa.update(t.message).where(where, m.id == entry["message_id"]).values(rev=thread.next_rev())
    )
    if found.author == "staff" and thread["status"] in _WITH_PEOPLE:
        asked = await connection.scalar(sa.select(sa.func.max(m.id)).where(where, m.author == "inquirer"))
        if status == "failed" and thread["reply_due_at"] is None:
            await _owe(thread, found.at)
        elif status == "sent" and (asked or 0) < entry["message_id"]:
            await _meet(thread)
    await thread.save()
    return thread


async def read_deliveries(connection: AsyncConnection, inquiry: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """The state of every promised delivery of the inquiry, by the message's id (docs/api.md)."""
    rows = await connection.execute(
        sa.select(o.message_id, o.channel, o.status, o.error).where(
            o.municipality == inquiry["municipality"], o.inquiry_id == inquiry["id"]
        )
    )
    return {row.message_id: {"channel": row.channel, "status": row.status, "error": row.error} for row in rows}


async def _owe(thread: Thread, replied_at: datetime) -> None:
    """The deadlines that the reply had met are open again."""
    here = (d.municipality == thread.municipality) & (d.inquiry_id == thread.id) & (d.met_at == replied_at)
    due_at = await thread.connection.scalar(sa.select(sa.func.min(d.due_at)).where(here))
    if due_at is None:  # nothing was owed when it was written
        return
    await thread.connection.execute(sa.update(t.deadline).where(here).values(met_at=None))
    thread.set(waiting_since=replied_at, reply_due_at=due_at)


async def _meet(thread: Thread) -> None:
    here = (d.municipality == thread.municipality) & (d.inquiry_id == thread.id) & d.met_at.is_(None)
    await thread.connection.execute(sa.update(t.deadline).where(here).values(met_at=thread.now))
    thread.set(waiting_since=None, reply_due_at=None)
