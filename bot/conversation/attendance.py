"""Who acts follows who is there: deputies while an owner is absent, the owner again on return, somebody else when an owner left,
and the oldest inquiries that lie with a coordinator go to the area's department as soon as somebody there has room (docs/domain.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa

from bot.conversation.effects import assign, tell, tell_contact
from bot.conversation.service import Services, find_municipality, opening_hours
from bot.conversation.thread import Thread
from bot.lifecycle import Status, check_transition
from bot.routing import Contact, choose_contact, choose_with_room, is_able
from bot.store import tables as t

_WITH_PEOPLE = (Status.WAITING, Status.WITH_CONTACT)


async def follow_staff(services: Services) -> int:
    """Every inquiry with people has an owner who works here, and is acted on by whom the registered absences say; returns how
    many changed hands."""
    c = t.inquiry.c
    absent = _is_absent(c.owner_id, services)
    wrong = sa.or_(
        is_nobodys(),
        absent & (c.acting_id == c.owner_id),
        ~absent & (c.acting_id != c.owner_id),
        (c.acting_id != c.owner_id) & _is_absent(c.acting_id, services),
    )
    query = sa.select(c.municipality, c.id).where(c.status.in_(_WITH_PEOPLE), wrong).order_by(c.last_message_at)
    return await _each(services, query, keep_contact, lambda row: (row.municipality, row.id))


def is_nobodys() -> sa.ColumnElement[bool]:
    """Whether an inquiry's owner or acting contact is missing, left, lost the role, or the owner changed department."""
    c = t.inquiry.c
    return ~is_able(c.owner_id, c.municipality, c.department_id) | ~is_able(c.acting_id, c.municipality)


async def move_from_coordinators(services: Services) -> int:
    """Waiting inquiries of a coordinator go, oldest first, to the area's department where somebody has room."""
    c, s, d = t.inquiry.c, t.staff.c, t.department.c
    query = (
        sa.select(c.municipality, c.id, c.area, d.areas, s.roles)
        .join(t.staff, (s.municipality == c.municipality) & (s.id == c.owner_id))
        .join(t.department, (d.municipality == s.municipality) & (d.id == s.department_id))
        .where(c.status == Status.WAITING, c.area.is_not(None))
        .order_by(c.escalated_at)
    )

    def place(row: Any) -> tuple[str, str] | None:
        return (row.municipality, row.area) if "coordinator" in row.roles and row.area not in row.areas else None

    return await _each(services, query, _move, place)


async def _each(
    services: Services,
    query: sa.Select[Any],
    change: Callable[[Services, Thread], Awaitable[bool]],
    place: Callable[[Any], Any],
) -> int:
    """``change`` was tried on every inquiry of ``query`` that ``place`` names a place for; returns how many it changed. Where
    one of a place could not be changed, the others of it are left for the next round."""
    async with services.database.read() as connection:
        rows = (await connection.execute(query)).all()
    changed, full = 0, set()
    for row in rows:
        where = place(row)
        if where is None or where in full:
            continue
        async with services.database.write() as connection:
            thread = await Thread.load(connection, row.municipality, row.id, services.now())
            if thread["status"] not in _WITH_PEOPLE or not await change(services, thread):
                full.add(where)
                continue
            await thread.save()
        services.announce(thread)
        changed += 1
    return changed


async def keep_contact(services: Services, thread: Thread) -> bool:
    """The inquiry, which is with people, has an owner who works here and an acting contact who is there, and the inquirer was told
    if that changed; with nobody to take it, it waits for the first who does. Returns whether anything changed."""
    contact = await _chosen(thread, keep_owner=True)
    if contact is None:
        return await _leave_to_nobody(services, thread)
    due_at, owner, acting = thread["reply_due_at"], contact.owner["id"], contact.acting["id"]
    if owner != thread["owner_id"]:
        await assign(thread, contact)
        await tell_contact(services, thread, contact, "contact_changed", due_at)
        return True
    if acting == thread["acting_id"]:
        return False
    thread.set(acting_id=acting)
    if acting == owner:
        await tell(services, thread, "contact_owner_back", owner=contact.owner["name"])
    else:
        await tell_contact(services, thread, contact, "contact_deputy", due_at)
    return True


async def _leave_to_nobody(services: Services, thread: Thread) -> bool:
    if thread["owner_id"] is None and thread["status"] == Status.WAITING:
        return False
    if thread["status"] != Status.WAITING:
        check_transition(thread["status"], Status.WAITING)
    thread.set(status=Status.WAITING, owner_id=None, acting_id=None, department_id=None)
    await tell(services, thread, "contact_none")
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
    inquiry = {**thread.row, **thread.changes}
    return await choose(thread.connection, inquiry, thread["area"], hours, due_at, thread.now)


def _is_absent(staff_id: sa.ColumnElement[Any], services: Services) -> sa.ColumnElement[bool]:
    """Whether a registered absence of who has ``staff_id`` covers the time by which a reply is promised."""
    c, a = t.inquiry.c, t.absence.c
    at = sa.func.coalesce(c.reply_due_at, services.now())
    return sa.exists().where(
        a.municipality == c.municipality, a.staff_id == staff_id, a.from_at <= at, a.until_at >= at
    )
