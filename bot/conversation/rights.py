"""Who may see and do what with an inquiry (docs/domain.md). Deny is the default."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import Forbidden, NotFound
from bot.lifecycle import Status
from bot.store import tables as t

INSTALLATION = ""  # where an operator's municipality would stand: no inquiry belongs to it


@dataclass(frozen=True, slots=True)
class StaffMember:
    municipality: str
    id: str
    email: str
    name: str
    title: dict[str, str]
    department_id: str  # empty for an operator
    areas: tuple[str, ...]  # of the department
    roles: frozenset[str]

    def has(self, *roles: str) -> bool:
        return any(role in self.roles for role in roles)


def may_read(staff: StaffMember, inquiry: dict[str, Any]) -> bool:
    """Contacts read their own department's inquiries, before an owner exists its areas'; coordinators and data officers all."""
    if inquiry["municipality"] != staff.municipality:
        return False
    if staff.has("coordinator", "data_officer") or staff.id in (inquiry["owner_id"], inquiry["acting_id"]):
        return True
    if not staff.has("contact"):
        return False
    if inquiry["department_id"]:
        return bool(inquiry["department_id"] == staff.department_id)
    return inquiry["area"] is None or inquiry["area"] in staff.areas


def visible_to(staff: StaffMember) -> sa.ColumnElement[bool]:
    """:func:`may_read` as a condition on rows of ``inquiry``."""
    c = t.inquiry.c
    here = c.municipality == staff.municipality
    if staff.has("coordinator", "data_officer"):
        return here
    seen = sa.or_(c.owner_id == staff.id, c.acting_id == staff.id)
    if staff.has("contact"):
        own_area = sa.or_(c.area.is_(None), c.area.in_(staff.areas))
        seen = sa.or_(seen, c.department_id == staff.department_id, c.department_id.is_(None) & own_area)
    return here & seen


def may_act(staff: StaffMember, inquiry: dict[str, Any]) -> bool:
    return may_read(staff, inquiry) and staff.has("contact", "coordinator")


async def access_inquiry(connection: AsyncConnection, staff: StaffMember, inquiry_id: str) -> dict[str, Any]:
    """The inquiry, if ``staff`` may read it. Another municipality's is NotFound, another department's Forbidden."""
    c = t.inquiry.c
    found = (
        await connection.execute(sa.select(t.inquiry).where(c.municipality == staff.municipality, c.id == inquiry_id))
    ).first()
    if found is None:
        raise NotFound
    inquiry = dict(found._mapping)
    if not may_read(staff, inquiry):
        raise Forbidden
    return inquiry


def allowed(staff: StaffMember, inquiry: dict[str, Any]) -> dict[str, bool]:
    """What ``staff`` may do with the inquiry as it stands now; :class:`bot.conversation.people.People` checks it again."""
    act = may_act(staff, inquiry)
    status = inquiry["status"]
    acting, nobody = inquiry["acting_id"] == staff.id, inquiry["acting_id"] is None
    answers_for_it = acting or staff.has("coordinator")
    with_people = status in (Status.WAITING, Status.WITH_CONTACT)
    return {
        "take": act and not (acting and status == Status.WITH_CONTACT),
        "reply": act and acting and with_people,
        "note": act,
        "give_back": act and answers_for_it and status == Status.WITH_CONTACT,
        "hand_on": act and with_people and (answers_for_it or inquiry["owner_id"] == staff.id),
        "revoke_link": act and (answers_for_it or (nobody and status == Status.WITH_BOT)),
        "resolve": act and status != Status.RESOLVED and (answers_for_it or (nobody and status == Status.WITH_BOT)),
    }


def is_foreign(staff: StaffMember, inquiry: dict[str, Any]) -> bool:
    """Only a role for all departments lets ``staff`` read it: reading it is logged."""
    return not may_read(replace(staff, roles=staff.roles - {"coordinator", "data_officer"}), inquiry)
