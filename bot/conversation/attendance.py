"""Who acts follows who is there: deputies while an owner is absent, the owner again on return, and the oldest inquiries that
lie with a coordinator go to the area's department as soon as somebody there has room (docs/domain.md)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bot.conversation.effects import assign, tell, tell_contact
from bot.conversation.service import Services, find_municipality, opening_hours
from bot.conversation.thread import Thread
from bot.lifecycle import Status
from bot.routing import Contact, choose_contact, choose_with_room
from bot.store import tables as t

BATCH = 100
_WITH_PEOPLE = (Status.WAITING, Status.WITH_CONTACT)


async def follow_absences(services: Services) -> int:
    """Every inquiry with people is acted on by whom the registered absences say; returns how many changed hands."""
    now = services.now()
    c, a = t.inquiry.c, t.absence.c
    absent = (
        sa.exists()
        .where(a.municipality == c.municipality, a.staff_id == c.owner_id)
        .where(a.from_at <= sa.func.coalesce(c.reply_due_at, now), a.until_at >= sa.func.coalesce(c.reply_due_at, now))
    )
    wrong = sa.or_(absent & (c.acting_id == c.owner_id), ~absent & (c.acting_id != c.owner_id))
    query = (
        sa.select(c.municipality, c.id)
        .where(c.status.in_(_WITH_PEOPLE), wrong)
        .order_by(c.last_message_at)
        .limit(BATCH)
    )
    return await _each(services, query, _follow)


async def move_from_coordinators(services: Services) -> int:
    """Waiting inquiries of a coordinator go, oldest first, to the area's department where somebody has room."""
    c, s, d = t.inquiry.c, t.staff.c, t.department.c
    query = (
        sa.select(c.municipality, c.id, c.area, d.areas, s.roles)
        .join(t.staff, (s.municipality == c.municipality) & (s.id == c.owner_id))
        .join(t.department, (d.municipality == s.municipality) & (d.id == s.department_id))
        .where(c.status == Status.WAITING, c.area.is_not(None))
        .order_by(c.escalated_at)
        .limit(BATCH)
    )
    return await _each(services, query, _move, lambda row: "coordinator" in row.roles and row.area not in row.areas)


async def _each(services: Services, query: sa.Select[Any], change: Any, wanted: Any = lambda row: True) -> int:
    async with services.database.read() as connection:
        rows = [row for row in (await connection.execute(query)).all() if wanted(row)]
    changed = 0
    for row in rows:
        async with services.database.write() as connection:
            thread = await Thread.load(connection, row.municipality, row.id, services.now())
            if thread["status"] not in _WITH_PEOPLE or not await change(services, thread):
                continue
            await thread.save()
        services.announce(thread)
        changed += 1
    return changed


async def _follow(services: Services, thread: Thread) -> bool:
    contact = await _chosen(thread, keep_owner=True)
    if contact is None or contact.acting["id"] == thread["acting_id"]:
        return False
    thread.set(acting_id=contact.acting["id"])
    if contact.acting["id"] == contact.owner["id"]:
        await tell(services, thread, "contact_owner_back", owner=contact.owner["name"])
    else:
        await tell_contact(services, thread, contact, "contact_deputy", thread["reply_due_at"])
    return True


async def _move(services: Services, thread: Thread) -> bool:
    contact = await _chosen(thread, keep_owner=False)
    if thread["status"] != Status.WAITING or contact is None:
        return False
    await assign(thread, contact)
    await tell_contact(services, thread, contact, "contact_changed", thread["reply_due_at"])
    return True


async def _chosen(thread: Thread, *, keep_owner: bool) -> Contact | None:
    hours = opening_hours(await find_municipality(thread.connection, thread.municipality))
    due_at = thread["reply_due_at"] or thread.now
    choose = choose_contact if keep_owner else choose_with_room
    return await choose(thread.connection, thread.row, thread["area"], hours, due_at, thread.now)
