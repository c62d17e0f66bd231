"""Who becomes an inquiry's owner and who acts for them, by the rules of docs/domain.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.calendar import OpeningHours
from bot.store import tables as t

CONTACT_ROLES = frozenset({"contact", "coordinator"})  # who may have inquiries
PRESENT_FOR = timedelta(minutes=2)  # the console sends a sign of life every 30 s


@dataclass(frozen=True, slots=True)
class Contact:
    """Owner and acting contact of an inquiry. They differ while the owner is absent."""

    owner: dict[str, Any]
    acting: dict[str, Any]

    @property
    def department_id(self) -> str:
        return str(self.owner["department_id"])


async def choose_contact(
    connection: AsyncConnection,
    inquiry: dict[str, Any],
    area: str | None,
    hours: OpeningHours,
    due_at: datetime,
    now: datetime,
) -> Contact | None:
    """The first that applies of: earlier owner, key account manager, the area's department, a coordinator. None without staff."""
    municipality = inquiry["municipality"]
    staff, deputy_of = await _staff(connection, municipality, due_at)
    owner = (
        await _earlier_owner(connection, inquiry, staff)
        or await _key_account_manager(connection, inquiry, staff)
        or await _with_room(connection, municipality, area, staff, deputy_of, hours, now)
        or _coordinator(staff, deputy_of)
    )
    return Contact(owner, acting_for(owner, staff, deputy_of)) if owner else None


async def choose_with_room(
    connection: AsyncConnection,
    inquiry: dict[str, Any],
    area: str | None,
    hours: OpeningHours,
    due_at: datetime,
    now: datetime,
) -> Contact | None:
    """Somebody of the area's department who has room; None when nobody has."""
    staff, deputy_of = await _staff(connection, inquiry["municipality"], due_at)
    owner = await _with_room(connection, inquiry["municipality"], area, staff, deputy_of, hours, now)
    return Contact(owner, owner) if owner else None


def is_able(
    staff_id: sa.ColumnElement[Any],
    municipality: sa.ColumnElement[Any],
    department: sa.ColumnElement[Any] | None = None,
) -> sa.ColumnElement[bool]:
    """Whether who has ``staff_id`` works here, may have inquiries, and is in ``department`` if that is given."""
    s = t.staff.alias()
    roles = sa.cast(s.c.roles, sa.Text)
    able = sa.exists().where(
        s.c.municipality == municipality,
        s.c.id == staff_id,
        s.c.active,
        sa.or_(*(roles.contains(f'"{role}"', autoescape=True) for role in sorted(CONTACT_ROLES))),
    )
    return able if department is None else able.where(sa.or_(department.is_(None), s.c.department_id == department))


async def _staff(
    connection: AsyncConnection, municipality: str, due_at: datetime
) -> tuple[dict[str, dict[str, Any]], dict[str, str | None]]:
    """Staff who can have inquiries, by id, and the deputies of those whose registered absence covers ``due_at``."""
    rows = await connection.execute(sa.select(t.staff).where(t.staff.c.municipality == municipality, t.staff.c.active))
    a = t.absence.c
    absences = await connection.execute(
        sa.select(a.staff_id, a.deputy_id).where(
            a.municipality == municipality, a.from_at <= due_at, a.until_at >= due_at
        )
    )
    able = {row.id: dict(row._mapping) for row in rows if not CONTACT_ROLES.isdisjoint(row.roles)}
    return able, {row.staff_id: row.deputy_id for row in absences}


def acting_for(
    owner: dict[str, Any], staff: dict[str, dict[str, Any]], deputy_of: dict[str, str | None]
) -> dict[str, Any]:
    """The owner, or the first present of the chain of deputies; a coordinator when that chain ends or runs in a circle."""
    person, seen = owner, set()
    while person["id"] in deputy_of and person["id"] not in seen:
        seen.add(person["id"])
        deputy = staff.get(deputy_of[person["id"]] or "")
        if deputy is None:
            break
        person = deputy
    if person["id"] not in deputy_of:
        return person
    return _coordinator(staff, deputy_of) or owner


async def _earlier_owner(
    connection: AsyncConnection, inquiry: dict[str, Any], staff: dict[str, dict[str, Any]]
) -> dict[str, Any] | None:
    """The owner of this inquiry, of the one it continues, or of an earlier one of the same inquirer or checked business."""
    c = t.inquiry.c
    owner = staff.get(inquiry["owner_id"] or "")
    if owner and inquiry["department_id"] in (None, owner["department_id"]):
        return owner
    same = [c.id == inquiry["previous_id"]] if inquiry["previous_id"] else []
    if inquiry["identity"]:
        same.append(c.identity == inquiry["identity"])
    if inquiry["cvr"] and inquiry["cvr_checked"]:
        same.append((c.cvr == inquiry["cvr"]) & c.cvr_checked)
    if not same:
        return None
    earlier = await connection.execute(
        sa.select(c.owner_id, c.department_id)
        .where(c.municipality == inquiry["municipality"], c.id != inquiry["id"], c.owner_id.is_not(None), sa.or_(*same))
        .order_by(c.escalated_at.desc())
        .limit(1)
    )
    row = earlier.first()
    person = staff.get(row.owner_id) if row else None
    return person if person and row and person["department_id"] == row.department_id else None


async def _key_account_manager(
    connection: AsyncConnection, inquiry: dict[str, Any], staff: dict[str, dict[str, Any]]
) -> dict[str, Any] | None:
    if not inquiry["cvr"]:
        return None
    found = await connection.scalar(
        sa.select(t.business.c.key_account_manager_id).where(
            t.business.c.municipality == inquiry["municipality"], t.business.c.cvr == inquiry["cvr"]
        )
    )
    return staff.get(found or "")


async def _with_room(
    connection: AsyncConnection,
    municipality: str,
    area: str | None,
    staff: dict[str, dict[str, Any]],
    deputy_of: dict[str, str | None],
    hours: OpeningHours,
    now: datetime,
) -> dict[str, Any] | None:
    """Fewest open inquiries; in opening hours presence breaks ties; then longest without a new one."""
    if area is None:
        return None
    departments = {
        row.id
        for row in await connection.execute(sa.select(t.department).where(t.department.c.municipality == municipality))
        if area in row.areas
    }
    c = t.inquiry.c
    counts = await connection.execute(
        sa.select(c.owner_id, sa.func.count())
        .where(c.municipality == municipality, c.status.in_(("waiting", "with_contact")))
        .group_by(c.owner_id)
    )
    load = {owner: n for owner, n in counts.all()}
    open_now = hours.is_open(now)

    def order(person: dict[str, Any]) -> tuple[Any, ...]:
        present = bool(person["seen_at"]) and now - person["seen_at"] < PRESENT_FOR
        assigned = person["last_assigned_at"]
        return (
            load.get(person["id"], 0),
            open_now and not present,
            assigned is not None,
            assigned or now,
            person["id"],
        )

    room = [
        person
        for person in staff.values()
        if person["department_id"] in departments
        and "contact" in person["roles"]
        and person["id"] not in deputy_of
        and load.get(person["id"], 0) < person["capacity"]
    ]
    return min(room, key=order, default=None)


def _coordinator(staff: dict[str, dict[str, Any]], deputy_of: dict[str, str | None]) -> dict[str, Any] | None:
    coordinators = sorted(
        (p for p in staff.values() if "coordinator" in p["roles"]), key=lambda p: (p["id"] in deputy_of, p["id"])
    )
    return coordinators[0] if coordinators else None
