"""One inquiry as staff see it: thread with notes, who asks and how to reach them, what the bot understood, what may be done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.effects import local
from bot.conversation.noting import DAY, note
from bot.conversation.reading import LIMIT, is_form_reply, read_messages, read_newest
from bot.conversation.rights import StaffMember, access_inquiry, allowed, is_foreign
from bot.conversation.service import Services
from bot.editing.candidates import read_marks
from bot.knowledge.markdown import to_html
from bot.routing import PRESENT_FOR
from bot.staff.lists import row_json
from bot.store import tables as t
from bot.text_input import short

TURNS_READ = 20
TURNS_SHOWN = 3
SUGGESTIONS = 3
LONGEST_REASON = 200


async def open_inquiry(
    services: Services, staff: StaffMember, inquiry_id: str, reason: str | None = None
) -> dict[str, Any]:
    """The inquiry's row. Another department's is read by coordinators and data officers only, and that is logged with
    its reason, each once a day. Raises NotFound, Forbidden."""
    async with services.database.read() as connection:
        inquiry = await access_inquiry(connection, staff, inquiry_id)
        if not is_foreign(staff, inquiry):
            return inquiry
    role = "coordination" if staff.has("coordinator") else "data_protection"
    given = short(reason, LONGEST_REASON) or role
    await note(services, staff.municipality, staff.id, "read", once_in=DAY, inquiry_id=inquiry_id, reason=given)
    return inquiry


async def read_detail(
    services: Services,
    staff: StaffMember,
    inquiry_id: str,
    language: str,
    *,
    rev: int | None = None,
    before: int | None = None,
) -> dict[str, Any]:
    """All of it, with the newest messages and whether there are ``earlier`` ones: those are read with ``before``, an id. With
    ``rev`` the messages that changed since, and whether there are ``more``: go on with the ``rev`` of the answer.

    Raises NotFound, Forbidden."""
    now = services.now()
    async with services.database.read() as connection:
        # The row first, so that its rev never runs ahead of the messages.
        inquiry = await access_inquiry(connection, staff, inquiry_id)
        names, present = await _people(connection, staff.municipality, now)
        earlier = False
        if rev is None:
            messages, earlier = await read_newest(connection, services, inquiry, before)
        else:
            messages = await read_messages(connection, services, inquiry, rev=rev, internal=True)
        more = rev is not None and len(messages) == LIMIT
        turns = await _turns(connection, services, inquiry, language)
        return {
            "inquiry": {
                **row_json(
                    inquiry
                    | {"owner_name": names.get(inquiry["owner_id"]), "acting_name": names.get(inquiry["acting_id"])},
                    now,
                ),
                "area_name": services.knowledge.area_name(inquiry["area"] or "", language) or None,
                "contact": {
                    "name": inquiry["contact_name"],
                    "email": inquiry["contact_email"],
                    "phone": inquiry["contact_phone"],
                    "company": inquiry["company"],
                    "cvr": inquiry["cvr"],
                    "cvr_checked": inquiry["cvr_checked"],
                    "page_only": is_on_page_only(inquiry),
                },
                "escalation_reason": inquiry["escalation_reason"],
                "read_seq": inquiry["read_seq"],
                "last_seq": inquiry["last_seq"],
                "acting_present": inquiry["acting_id"] in present,
                "foreign": is_foreign(staff, inquiry),
                "previous": inquiry["previous_id"],
                **{
                    name: inquiry[name].isoformat() if inquiry[name] else None
                    for name in ("created_at", "escalated_at", "taken_at", "resolved_at")
                },
            },
            "deadlines": await _deadlines(connection, inquiry, now),
            "messages": messages,
            "marks": await read_marks(connection, services, inquiry, language),
            "questions": await _questions(connection, inquiry),
            "turns": turns,
            "suggestions": await _suggestions(connection, services, inquiry, turns),
            "may": allowed(staff, inquiry),
            "earlier": earlier,
            "more": more,
            # The row was read first: what was written meanwhile comes once more with the next news, and nothing is lost.
            "rev": max(m["rev"] for m in messages) if more else inquiry["rev"],
        }


def is_on_page_only(inquiry: dict[str, Any]) -> bool:
    """No contact data and no channel that can be sent to: a reply is read only if the inquirer opens the page again."""
    return not (inquiry["contact_email"] or inquiry["contact_phone"] or inquiry["channel"] in ("telegram", "email"))


async def read_colleagues(connection: AsyncConnection, staff: StaffMember, now: datetime, language: str) -> list[Any]:
    """Everyone who can take an inquiry, present ones first, then the fewest open inquiries."""
    c, d, i, ab = t.staff.c, t.department.c, t.inquiry.c, t.absence.c
    load = (
        sa.select(sa.func.count())
        .select_from(t.inquiry)
        .where(i.municipality == c.municipality, i.owner_id == c.id, i.status.in_(("waiting", "with_contact")))
        .scalar_subquery()
    )
    absent_until = (
        sa.select(sa.func.max(ab.until_at))
        .where(ab.municipality == c.municipality, ab.staff_id == c.id, ab.from_at <= now, ab.until_at >= now)
        .scalar_subquery()
    )
    rows = await connection.execute(
        sa.select(t.staff, d.name.label("department"), load.label("open"), absent_until.label("absent_until"))
        .join(t.department, (d.municipality == c.municipality) & (d.id == c.department_id))
        .where(c.municipality == staff.municipality, c.active)
    )
    people = [
        {
            "id": row.id,
            "name": row.name,
            "title": local(row.title, language),
            "department": {"id": row.department_id, "name": local(row.department, language)},
            "present": row.seen_at is not None and now - row.seen_at < PRESENT_FOR,
            "seen_at": row.seen_at.isoformat() if row.seen_at else None,
            "absent_until": row.absent_until.isoformat() if row.absent_until else None,
            "open": row.open,
            "capacity": row.capacity,
        }
        for row in rows
        if {"contact", "coordinator"} & set(row.roles)
    ]
    return sorted(
        people, key=lambda p: (p["department"]["id"] != staff.department_id, not p["present"], p["open"], p["id"])
    )


async def _people(
    connection: AsyncConnection, municipality: str, now: datetime
) -> tuple[dict[str, str], frozenset[str]]:
    """Names of the municipality's staff by id, and who of them is present."""
    c = t.staff.c
    rows = (await connection.execute(sa.select(c.id, c.name, c.seen_at).where(c.municipality == municipality))).all()
    present = frozenset(row.id for row in rows if row.seen_at is not None and now - row.seen_at < PRESENT_FOR)
    return {row.id: row.name for row in rows}, present


async def _deadlines(connection: AsyncConnection, inquiry: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    c = t.deadline.c
    rows = await connection.execute(
        sa.select(t.deadline)
        .where(c.municipality == inquiry["municipality"], c.inquiry_id == inquiry["id"])
        .order_by(c.id)
    )
    return [
        {
            "kind": row.kind,
            "due_at": row.due_at.isoformat(),
            "met_at": row.met_at.isoformat() if row.met_at else None,
            "overdue": (row.met_at or now) > row.due_at,
        }
        for row in rows
    ]


async def _turns(
    connection: AsyncConnection, services: Services, inquiry: dict[str, Any], language: str
) -> list[dict[str, Any]]:
    """What the bot understood of the last questions, newest first. Replies to its contact form hold nothing to understand."""
    c, m = t.turn.c, t.message.c
    rows = await connection.execute(
        sa.select(t.turn, m.seq)
        .outerjoin(
            t.message, (m.municipality == c.municipality) & (m.inquiry_id == c.inquiry_id) & (m.id == c.message_id)
        )
        .where(
            c.municipality == inquiry["municipality"],
            c.inquiry_id == inquiry["id"],
            c.status == "done",
            c.understanding.is_not(None),
            ~is_form_reply(t.message, t.turn),
        )
        .order_by(c.id.desc())
        .limit(TURNS_READ)
    )
    questions = [row for row in rows if row.understanding["areas"] or row.understanding["articles"]][:TURNS_SHOWN]
    knowledge = services.knowledge
    here = await knowledge.of(connection, inquiry["municipality"])
    return [
        {
            "seq": row.seq,
            "at": row.at.isoformat(),
            "decision": row.decision,
            "model": row.model,
            "language": row.understanding["language"],
            "kind": row.understanding["kind"],
            "label": row.understanding["label"],
            "areas": [
                {**hit, "name": knowledge.area_name(hit["id"], language)} for hit in row.understanding["areas"][:3]
            ],
            "articles": [
                {**hit, "title": here.title(hit["id"], language)} for hit in row.understanding["articles"][:3]
            ],
        }
        for row in questions
    ]


async def _questions(connection: AsyncConnection, inquiry: dict[str, Any]) -> list[int]:
    """The messages of which staff may say what the right answer was: typed by the inquirer, and no reply to the contact form."""
    m, u = t.message.c, t.turn.c
    rows = await connection.execute(
        sa.select(m.id)
        .outerjoin(t.turn, (u.municipality == m.municipality) & (u.inquiry_id == m.inquiry_id) & (u.message_id == m.id))
        .where(
            m.municipality == inquiry["municipality"],
            m.inquiry_id == inquiry["id"],
            m.author == "inquirer",
            m.body["choice"].as_string().is_(None),
            ~is_form_reply(t.message, t.turn),
        )
        .order_by(m.id)
    )
    return list(rows.scalars())


async def _suggestions(
    connection: AsyncConnection, services: Services, inquiry: dict[str, Any], turns: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The likeliest answers to the last question, rendered as they would be sent, in the inquirer's language."""
    hits: list[dict[str, Any]] = next((turn["articles"] for turn in turns if turn["articles"]), [])
    here = await services.knowledge.of(connection, inquiry["municipality"])
    m = t.message.c
    shown = set(
        (
            await connection.execute(
                sa.select(m.article).where(
                    m.municipality == inquiry["municipality"], m.inquiry_id == inquiry["id"], m.article.is_not(None)
                )
            )
        ).scalars()
    )
    suggestions = []
    for hit in hits:
        title = here.title(hit["id"], inquiry["language"])
        if title is None or hit["id"] in here.unavailable:
            continue
        answer = here.article(hit["id"], inquiry["language"])
        suggestions.append(
            {
                "article": hit["id"],
                "title": title,
                "text": answer.text,
                "html": to_html(answer.text),
                "sources": answer.sources,
                "version": answer.version,
                "confidence": hit["confidence"],
                "shown": hit["id"] in shown,
            }
        )
    return suggestions[:SUGGESTIONS]
