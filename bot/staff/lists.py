"""The lists of the console: which inquiries stand in each, longest waiting first, and how many they are."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.attendance import is_nobodys
from bot.conversation.noting import DAY, note
from bot.conversation.rights import StaffMember, visible_to
from bot.conversation.service import Services
from bot.errors import BadInput
from bot.lifecycle import Status
from bot.searching import wanted
from bot.store import tables as t
from bot.text_input import short

LISTS = ("mine", "department", "waiting", "nobody", "bot", "all")
STATUSES = tuple(Status)
PAGE = 50
_RANKS = (0, 1, 2)
_WITH_PEOPLE = (Status.WAITING, Status.WITH_CONTACT)
c = t.inquiry.c


@dataclass(frozen=True, slots=True)
class Filter:
    """``q`` is searched in number, company, CVR number, contact data and subject, with CPR numbers masked: capitals, composed
    letters and what parts the digits of a number make no difference."""

    list: str = "mine"
    area: str | None = None
    q: str = ""
    status: str | None = None
    after: str | None = None


def read_filter(query: Any) -> Filter:
    """The filter of a query string; raises BadInput for a list or status that does not exist."""
    chosen = query.get("list") or "mine"
    status = query.get("status") or None
    if chosen not in LISTS:
        raise BadInput("list is one of " + ", ".join(LISTS))
    if status is not None and status not in STATUSES:
        raise BadInput("status is one of " + ", ".join(STATUSES))
    q = short(query.get("q"), 100)
    return Filter(chosen, query.get("area") or None, q, status, query.get("after") or None)


async def read_list(
    connection: AsyncConnection, staff: StaffMember, chosen: Filter, now: datetime
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of inquiries as the API shows them, and the cursor of the next page or None.

    Those who are owed a reply come first, longest waiting first; then the other open ones; then the resolved, newest first.
    """
    rank = sa.case((c.status == Status.RESOLVED, 2), (c.waiting_since.is_(None), 1), else_=0)
    since = sa.func.coalesce(c.waiting_since, c.last_message_at)
    where = [visible_to(staff), _in_list(staff, chosen.list), *_filtered(chosen)]
    if chosen.after:
        where.append(_after(chosen.after, rank, since))
    newest = sa.case((rank == 2, since))
    rows = await connection.execute(
        _WITH_NAMES.add_columns(rank.label("rank"), since.label("since"))
        .where(*where)
        # Rows of rank 2 sort by `newest` downwards, all others are equal there and sort by `since` upwards.
        .order_by(rank, newest.desc(), since, c.id)
        .limit(PAGE + 1)
    )
    found = [dict(row._mapping) for row in rows]
    last = found[PAGE - 1] if len(found) > PAGE else None
    return [row_json(row, now) for row in found[:PAGE]], _cursor(last) if last else None


async def note_list(services: Services, staff: StaffMember, chosen: Filter) -> None:
    """The audit log says, once a day, that a list or a search showed inquiries of several departments to somebody with a role for
    all of them; never what was searched for."""
    if staff.has("coordinator", "data_officer") and (chosen.list not in ("mine", "department") or chosen.q):
        searched = bool(chosen.q)
        await note(
            services, staff.municipality, staff.id, "list_read", once_in=DAY, list=chosen.list, searched=searched
        )


async def count_lists(connection: AsyncConnection, staff: StaffMember, now: datetime) -> dict[str, int]:
    """How many inquiries stand in each list, and how many of one's own are overdue."""
    # "nobody" asks who works here, for every row: only who hands out inquiries needs the number.
    left_out = {"all"} if staff.has("coordinator") else {"all", "nobody"}
    counts = [sa.func.count(sa.case((_in_list(staff, name), 1))).label(name) for name in LISTS if name not in left_out]
    late = (c.reply_due_at < now) & _in_list(staff, "mine")
    row = (
        await connection.execute(
            sa.select(*counts, sa.func.count(sa.case((late, 1))).label("overdue")).where(
                visible_to(staff), c.status != Status.RESOLVED
            )
        )
    ).one()
    everything = await connection.scalar(
        sa.select(sa.func.count()).select_from(t.inquiry).where(visible_to(staff), _in_list(staff, "all"))
    )
    return {"nobody": 0, **row._mapping, "all": everything or 0}


async def find_row(
    connection: AsyncConnection, municipality: str, inquiry_id: str, now: datetime
) -> dict[str, Any] | None:
    """One inquiry as the lists show it. The caller has checked the right to read it."""
    row = (await connection.execute(_WITH_NAMES.where(c.municipality == municipality, c.id == inquiry_id))).first()
    return row_json(dict(row._mapping), now) if row else None


async def visible_ids(connection: AsyncConnection, staff: StaffMember, ids: set[str]) -> list[str]:
    """Those of ``ids`` that ``staff`` may read."""
    rows = await connection.execute(sa.select(c.id).where(visible_to(staff), c.id.in_(ids)))
    return sorted(rows.scalars())


def row_json(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The shape of an inquiry in the lists of the API (docs/api.md)."""
    due_at = row["reply_due_at"]
    return {
        "id": row["id"],
        "number": row["number"],
        "status": row["status"],
        "outcome": row["outcome"],
        "area": row["area"],
        "subject": row["subject"],
        "company": row["company"],
        "contact_name": row["contact_name"],
        "channel": row["channel"],
        "language": row["language"],
        "waiting_since": _iso(row["waiting_since"]),
        "reply_due_at": _iso(due_at),
        "overdue": due_at is not None and due_at < now,
        "urgent": row["urgent"],
        "owner": _person(row, "owner"),
        "acting": _person(row, "acting"),
        "department": row["department_id"],
        "last_message_at": _iso(row["last_message_at"]),
        "needs_reply": row["waiting_since"] is not None,
        "rev": row["rev"],
    }


_OWNER, _ACTING = t.staff.alias("owner"), t.staff.alias("acting")
_WITH_NAMES = (
    sa.select(t.inquiry, _OWNER.c.name.label("owner_name"), _ACTING.c.name.label("acting_name"))
    .outerjoin(_OWNER, (_OWNER.c.municipality == c.municipality) & (_OWNER.c.id == c.owner_id))
    .outerjoin(_ACTING, (_ACTING.c.municipality == c.municipality) & (_ACTING.c.id == c.acting_id))
)


def _in_list(staff: StaffMember, name: str) -> sa.ColumnElement[bool]:
    if name == "mine":
        return c.status.in_(_WITH_PEOPLE) & sa.or_(c.owner_id == staff.id, c.acting_id == staff.id)
    if name == "department":
        own = sa.or_(c.department_id == staff.department_id, c.department_id.is_(None) & c.area.in_(staff.areas))
        return c.status.in_(_WITH_PEOPLE) & own
    if name == "waiting":
        return c.status == Status.WAITING
    if name == "nobody":
        return c.status.in_(_WITH_PEOPLE) & is_nobodys()
    # Nothing was asked yet on a page that was only opened, after a greeting, or in a group that the bot was added to.
    asked = sa.exists().where(
        t.message.c.municipality == c.municipality, t.message.c.inquiry_id == c.id, t.message.c.author == "inquirer"
    )
    return (c.status == Status.WITH_BOT) & asked if name == "bot" else asked


def _filtered(chosen: Filter) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if chosen.area:
        where.append(c.area == chosen.area)
    if chosen.status:
        where.append(c.status == chosen.status)
    if chosen.q:
        found = [c.searched.contains(part, autoescape=True) for part in wanted(chosen.q)]
        where += [sa.or_(*found)] if found else []
    return where


def _cursor(row: dict[str, Any]) -> str:
    since = row["since"] if row["since"].tzinfo else row["since"].replace(tzinfo=UTC)
    raw = json.dumps([row["rank"], since.isoformat(), row["id"]])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _after(cursor: str, rank: sa.ColumnElement[int], since: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    try:
        place, at, inquiry_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.fromisoformat(at).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadInput("after is a cursor that this list gave") from error
    if place not in _RANKS or not isinstance(place, int) or not isinstance(inquiry_id, str) or not inquiry_id.isalnum():
        raise BadInput("after is a cursor that this list gave")
    later = since < moment if place == 2 else since > moment
    return sa.or_(rank > place, (rank == place) & sa.or_(later, (since == moment) & (c.id > inquiry_id)))


def _person(row: dict[str, Any], which: str) -> dict[str, str] | None:
    return {"id": row[f"{which}_id"], "name": row[f"{which}_name"] or ""} if row[f"{which}_id"] else None


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
