"""What readers get: an inquiry's messages after a ``seq`` or since a ``rev``, as the inquirer or as staff may see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.delivering import read_deliveries
from bot.conversation.effects import local
from bot.conversation.service import Services
from bot.knowledge.markdown import to_html
from bot.store import tables as t

LIMIT = 500
_NO_REPLY = ("Answer", "Clarify", "OutOfScope")  # the bot took a question in place of the form's reply


async def read_messages(
    connection: AsyncConnection,
    services: Services,
    inquiry: dict[str, Any],
    *,
    after: int = 0,
    rev: int | None = None,
    internal: bool = False,
) -> list[dict[str, Any]]:
    """Messages with ``seq`` above ``after``, or all that changed since ``rev``, oldest first; at most LIMIT, then there is more.

    ``internal`` is for staff: notes too, and no secret link.
    """
    m = t.message.c
    query = _of(inquiry).where(m.rev > rev if rev is not None else m.seq > after)
    if not internal:
        query = query.where(m.seq.is_not(None))
    # In the order of the changes, so that a reader who gets the first LIMIT of them can go on after the last.
    found = (await connection.execute(query.order_by(m.rev if rev is not None else m.id).limit(LIMIT))).all()
    return await _shown(connection, services, inquiry, found, internal)


async def read_newest(
    connection: AsyncConnection, services: Services, inquiry: dict[str, Any], before: int | None = None
) -> tuple[list[dict[str, Any]], bool]:
    """The last LIMIT messages as staff see them, or the last of those whose id is below ``before``, oldest first; and whether
    there are earlier ones."""
    m = t.message.c
    query = _of(inquiry).where(m.id < before) if before is not None else _of(inquiry)
    found = (await connection.execute(query.order_by(m.id.desc()).limit(LIMIT + 1))).all()
    return await _shown(connection, services, inquiry, found[:LIMIT], True), len(found) > LIMIT


def _of(inquiry: dict[str, Any]) -> sa.Select[Any]:
    m = t.message.c
    return sa.select(t.message).where(m.municipality == inquiry["municipality"], m.inquiry_id == inquiry["id"])


async def _shown(
    connection: AsyncConnection, services: Services, inquiry: dict[str, Any], found: Sequence[Any], internal: bool
) -> list[dict[str, Any]]:
    names = await _names(connection, inquiry) if inquiry["owner_id"] or internal else {}
    link = None if internal else services.link_of(inquiry)
    shown = [message_json(dict(row._mapping), names, link) for row in sorted(found, key=lambda row: row.id)]
    if internal:
        deliveries = await read_deliveries(connection, inquiry)
        shown = [message | {"delivery": deliveries.get(message["id"])} for message in shown]
    return shown


def message_json(row: dict[str, Any], names: dict[str, str] | None = None, link: str | None = None) -> dict[str, Any]:
    """The shape of a message in the API (docs/api.md)."""
    body = row["body"] or {}
    text = row["text"]
    if body.get("receipt"):
        text = text.replace("{link}", link or "…")
    return {
        "seq": row["seq"],
        "id": row["id"],
        "rev": row["rev"],
        "author": row["author"],
        "name": (names or {}).get(row["staff_id"] or "") or None,
        "internal": row["internal"],
        "text": text,
        # An article that a person sends is Markdown as well; what people type is shown as they typed it.
        "html": to_html(text) if row["author"] in ("bot", "system") or row["article"] else None,
        "kind": body.get("kind"),
        "decision": body.get("decision"),
        "buttons": body.get("buttons", []),
        "choice": body.get("choice"),
        "sources": body.get("sources", []),
        "article": row["article"],
        "article_version": row["article_version"],
        "feedback": bool(body.get("feedback")),
        "helped": row["helped"],
        "masked": body.get("masked", 0),
        "due_at": body.get("due_at"),
        "client_id": _shown_id(row["client_id"]),
        "at": row["at"].isoformat(),
    }


def _shown_id(client_id: str | None) -> str | None:
    """None for the message that opened the inquiry: its id is made of the secret that opens it again."""
    return None if client_id is None or client_id.endswith(":first") else client_id


def is_form_reply(message: sa.FromClause, turn: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether the inquirer's ``message``, with its ``turn``, was written after a question of the contact form: a name, not a question."""
    last = t.message.alias()
    asked = (
        sa.select(last.c.body["kind"].as_string())
        .where(
            last.c.municipality == message.c.municipality,
            last.c.inquiry_id == message.c.inquiry_id,
            last.c.seq < message.c.seq,
            last.c.author.in_(("bot", "staff")),
        )
        .order_by(last.c.seq.desc())
        .limit(1)
        .correlate(message)
        .scalar_subquery()
    )
    took_question = sa.func.coalesce(turn.c.decision.in_(_NO_REPLY), sa.false())
    return sa.func.coalesce(asked, "").startswith("form_", autoescape=True) & ~took_question


async def read_contact(connection: AsyncConnection, inquiry: dict[str, Any], language: str) -> dict[str, Any] | None:
    """Name, title and department of the acting contact, as the inquirer may know them; None for one who left."""
    if not inquiry["acting_id"]:
        return None
    c, d = t.staff.c, t.department.c
    found = (
        await connection.execute(
            sa.select(c.name, c.title, c.seen_at, d.name.label("department"))
            .join(t.department, (d.municipality == c.municipality) & (d.id == c.department_id))
            .where(c.municipality == inquiry["municipality"], c.id == inquiry["acting_id"], c.active)
        )
    ).first()
    if found is None:
        return None
    return {
        "name": found.name,
        "title": local(found.title, language),
        "department": local(found.department, language),
        "seen_at": found.seen_at,
    }


async def _names(connection: AsyncConnection, inquiry: dict[str, Any]) -> dict[str, str]:
    c = t.staff.c
    rows = await connection.execute(sa.select(c.id, c.name).where(c.municipality == inquiry["municipality"]))
    return {row.id: row.name for row in rows}
