"""What time does to inquiries. Timers are rows: any process may look, each change is checked again inside its transaction."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from bot.conversation.effects import tell
from bot.conversation.service import Services
from bot.conversation.thread import Thread
from bot.lifecycle import Outcome, Status
from bot.store import tables as t

BATCH = 100


async def file_quiet(services: Services) -> int:
    """Inquiries that only the bot handled and that were quiet for ``file_after_h`` are filed; owned ones go back to their contact.

    Inquiries in which nobody wrote anything are removed: opening a page is no inquiry.
    """
    now = services.now()
    quiet_since = now - timedelta(hours=services.settings.file_after_h)
    c = t.inquiry.c
    async with services.database.read() as connection:
        rows = (
            await connection.execute(
                sa.select(c.municipality, c.id)
                .where(c.status == Status.WITH_BOT, c.last_message_at < quiet_since, c.open_turns == 0)
                .limit(BATCH)
            )
        ).all()
    for row in rows:
        async with services.database.write() as connection:
            thread = await Thread.load(connection, row.municipality, row.id, now)
            if thread["status"] != Status.WITH_BOT or thread["last_message_at"] >= quiet_since or thread["open_turns"]:
                continue
            if thread["owner_id"] is None and not await _is_written(thread):
                await _remove(thread)
                continue
            if thread["owner_id"]:
                thread.set(status=Status.WITH_CONTACT, state_version=thread["state_version"] + 1)
                thread.add("system", "", internal=True, body={"kind": "returned"})
            else:
                thread.set(status=Status.RESOLVED, outcome=Outcome.UNCONFIRMED, resolved_at=now)
                await tell(services, thread, "filed", deliver=False)
            await thread.save()
        services.announce(thread)
    return len(rows)


async def _is_written(thread: Thread) -> bool:
    m = t.message.c
    written = sa.select(m.id).where(
        m.municipality == thread.municipality, m.inquiry_id == thread.id, m.author.in_(("inquirer", "staff"))
    )
    return await thread.connection.scalar(written.limit(1)) is not None


async def _remove(thread: Thread) -> None:
    """The inquiry is gone, and with it a greeting that nobody answered."""
    for table in (t.outbox, t.message, t.turn):
        here = (table.c.municipality == thread.municipality) & (table.c.inquiry_id == thread.id)
        await thread.connection.execute(sa.delete(table).where(here))
    c = t.inquiry.c
    await thread.connection.execute(
        sa.delete(t.inquiry).where(c.municipality == thread.municipality, c.id == thread.id)
    )


async def tell_overdue(services: Services) -> int:
    """Each deadline that passed is marked once, with an internal message that the lists show to the coordinator."""
    now = services.now()
    d = t.deadline.c
    async with services.database.read() as connection:
        rows = (
            await connection.execute(
                sa.select(t.deadline)
                .where(d.met_at.is_(None), d.overdue_told_at.is_(None), d.due_at < now)
                .limit(BATCH)
            )
        ).all()
    for row in rows:
        here = (d.municipality == row.municipality) & (d.inquiry_id == row.inquiry_id) & (d.id == row.id)
        async with services.database.write() as connection:
            thread = await Thread.load(connection, row.municipality, row.inquiry_id, now)
            told = await connection.execute(
                sa.update(t.deadline)
                .where(here, d.overdue_told_at.is_(None), d.met_at.is_(None))
                .values(overdue_told_at=now)
            )
            if told.rowcount == 1:
                thread.add("system", "", internal=True, body={"kind": "overdue", "due_at": row.due_at.isoformat()})
                await thread.save()
        services.announce(thread)
    return len(rows)
