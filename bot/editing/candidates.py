"""Questions of inquiries whose right answer staff marked. An editor, who sees no thread, confirms or refuses each; what is confirmed is
learnt (learning.py). Nothing of a candidate outlives its inquiry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.reading import is_form_reply
from bot.conversation.rights import StaffMember, may_act
from bot.conversation.service import Services
from bot.conversation.thread import Thread
from bot.editing.articles import check_editor
from bot.editing.cleaning import clean
from bot.editing.known import known_of
from bot.editing.labels import check_label, label_json
from bot.editing.learning import is_for_gate
from bot.editing.service import audit
from bot.errors import AlreadyJudged, BadInput, Forbidden, NoQuestion, NotFound, TextTooLong
from bot.knowledge.content import LANGUAGES
from bot.knowledge.service import MunicipalKnowledge
from bot.store import tables as t
from bot.text_input import MAX_CHARACTERS

STATES = ("proposed", "confirmed", "refused")
MOST_LISTED = 200
c, m, u = t.candidate.c, t.message.c, t.turn.c


@dataclass(frozen=True, slots=True)
class Asked:
    """An inquirer's message that is a question, as nobody outside the thread may read it, and the language it is in."""

    message_id: int
    text: str
    language: str


async def mark(services: Services, staff: StaffMember, inquiry_id: str, message_id: int, label: str) -> dict[str, Any]:
    """The editors are told that ``label`` was right for this message of the inquirer; returns the candidate.

    Raises NotFound, Forbidden, NoQuestion (a button, a reply to the contact form, nothing but a name), BadInput for a label that cannot
    be right here, AlreadyJudged."""
    async with services.database.write() as connection:
        thread = await Thread.load(connection, staff.municipality, inquiry_id, services.now())
        if not may_act(staff, thread.row):
            raise Forbidden
        here = await services.knowledge.of(connection, staff.municipality)
        check_label(here, label)
        question = await find_question(connection, thread.row, message_id)
        await store_candidate(connection, services, staff, inquiry_id, question, label)
        # The console shows the mark at the message, also to colleagues who have the thread open.
        where = (m.municipality == staff.municipality) & (m.inquiry_id == inquiry_id) & (m.id == message_id)
        await connection.execute(sa.update(t.message).where(where).values(rev=thread.next_rev()))
        await thread.save()
    services.announce(thread)
    return label_json(here, label, thread["language"]) | {
        "message": message_id,
        "text": question.text,
        "state": "proposed",
    }


async def store_candidate(
    connection: AsyncConnection,
    services: Services,
    staff: StaffMember,
    inquiry_id: str,
    question: Asked,
    label: str,
    *,
    state: str = "proposed",
) -> None:
    """The candidate is stored; one that was proposed before has this label now. Raises AlreadyJudged."""
    now = services.now()
    values: dict[str, Any] = {"text": question.text, "language": question.language, "label": label, "state": state}
    values |= {"proposed_by": staff.id, "proposed_at": now}
    if state != "proposed":
        values |= {"judged_by": staff.id, "judged_at": now}
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    row = insert(t.candidate).values(
        municipality=staff.municipality, inquiry_id=inquiry_id, message_id=question.message_id, **values
    )
    keys = ["municipality", "inquiry_id", "message_id"]
    stored = await connection.execute(
        row.on_conflict_do_update(index_elements=keys, set_=values, where=c.state == "proposed")
    )
    if not stored.rowcount:
        raise AlreadyJudged
    action = {"proposed": "question_marked", "confirmed": "question_confirmed", "refused": "question_refused"}[state]
    await audit(connection, services, staff, action, inquiry_id=inquiry_id, message=question.message_id, label=label)


async def find_question(connection: AsyncConnection, inquiry: Mapping[str, Any], message_id: int) -> Asked:
    """The inquirer's message, cleaned. Raises NotFound, and NoQuestion for a button or a reply to the contact form."""
    found = (
        await connection.execute(
            sa.select(
                m.text, m.author, m.body, u.understanding, is_form_reply(t.message, t.turn).label("is_form_reply")
            )
            .outerjoin(
                t.turn, (u.municipality == m.municipality) & (u.inquiry_id == m.inquiry_id) & (u.message_id == m.id)
            )
            .where(m.municipality == inquiry["municipality"], m.inquiry_id == inquiry["id"], m.id == message_id)
        )
    ).first()
    if found is None:
        raise NotFound
    if found.author != "inquirer" or (found.body or {}).get("choice") or found.is_form_reply:
        raise NoQuestion
    text = clean(found.text, await known_of(connection, inquiry["municipality"], inquiry["id"]))
    if not text:
        raise NoQuestion
    return Asked(message_id, text, language_of(found.understanding, inquiry["language"]))


def language_of(understanding: Mapping[str, Any] | None, spoken: str) -> str:
    """The language that the model saw in a message, or the one spoken in its inquiry."""
    seen = (understanding or {}).get("language")
    return seen if seen in LANGUAGES else spoken


async def likely_labels(
    services: Services, municipality: str, inquiry_id: str, message_id: int, language: str
) -> list[dict[str, Any]]:
    """The articles that the model thought of at this message and that the municipality has, likeliest first."""
    where = (u.municipality == municipality) & (u.inquiry_id == inquiry_id) & (u.message_id == message_id)
    async with services.database.read() as connection:
        here = await services.knowledge.of(connection, municipality)
        understanding = await connection.scalar(sa.select(u.understanding).where(where))
    hits = [hit["id"] for hit in (understanding or {}).get("articles", ())]
    return [label_json(here, article, language) for article in hits if here.find(article)]


async def read_marks(
    connection: AsyncConnection, services: Services, inquiry: Mapping[str, Any], language: str
) -> list[dict[str, Any]]:
    """What was marked in the inquiry: for those who read its thread."""
    here = await services.knowledge.of(connection, inquiry["municipality"])
    rows = await connection.execute(
        sa.select(c.message_id, c.label, c.state).where(
            c.municipality == inquiry["municipality"], c.inquiry_id == inquiry["id"], c.label != ""
        )
    )
    return [{"message": row.message_id, "state": row.state} | label_json(here, row.label, language) for row in rows]


async def read_candidates(
    services: Services, staff: StaffMember, state: str, language: str, offset: int = 0
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Candidates in ``state`` from the ``offset``-th on, at most MOST_LISTED, and how many are in each state: oldest first while
    they wait and newest first once judged.

    Each with what the bot did: its decision and the answers it gave. Raises Forbidden, BadInput."""
    check_editor(staff)
    if state not in STATES:
        raise BadInput("state is one of " + ", ".join(STATES))
    order = c.proposed_at if state == "proposed" else c.judged_at.desc()
    query = _listed(staff.municipality).where(c.state == state).order_by(order, c.inquiry_id, c.message_id)
    async with services.database.read() as connection:
        here = await services.knowledge.of(connection, staff.municipality)
        rows = (await connection.execute(query.offset(offset).limit(MOST_LISTED))).all()
        counted = await connection.execute(
            sa.select(c.state, sa.func.count())
            .where(c.municipality == staff.municipality, c.label != "")
            .group_by(c.state)
        )
        counts = dict.fromkeys(STATES, 0) | {name: number for name, number in counted}
    return [_candidate_json(here, row, language) for row in rows], counts


async def read_candidate(services: Services, staff: StaffMember, key: tuple[str, int], language: str) -> dict[str, Any]:
    """One candidate as in the list. Raises Forbidden, NotFound."""
    check_editor(staff)
    query = _listed(staff.municipality).where(c.inquiry_id == key[0], c.message_id == key[1])
    async with services.database.read() as connection:
        here = await services.knowledge.of(connection, staff.municipality)
        row = (await connection.execute(query)).first()
    if row is None:
        raise NotFound
    return _candidate_json(here, row, language)


def _listed(municipality: str) -> sa.Select[Any]:
    """Candidates with the turn that took their message; what was set aside without a label is none."""
    turn_of = (u.municipality == c.municipality) & (u.inquiry_id == c.inquiry_id) & (u.message_id == c.message_id)
    s = t.staff.c
    return (
        sa.select(t.candidate, u.decision, u.answered, s.name.label("by"))
        .outerjoin(t.turn, turn_of)
        .outerjoin(t.staff, (s.municipality == c.municipality) & (s.id == c.proposed_by))
        .where(c.municipality == municipality, c.label != "")
    )


def _candidate_json(here: MunicipalKnowledge, row: Any, language: str) -> dict[str, Any]:
    return {
        "inquiry": row.inquiry_id,
        "message": row.message_id,
        "text": row.text,
        "language": row.language,
        **label_json(here, row.label, language),
        "state": row.state,
        "use": ("gate" if is_for_gate(row.text) else "training") if row.state == "confirmed" else None,
        "decision": row.decision,
        "answered": [label_json(here, article, language) for article in row.answered or ()],
        "proposed_by": row.by,
        "proposed_at": row.proposed_at.isoformat(),
        "judged_at": row.judged_at.isoformat() if row.judged_at else None,
    }


async def judge(
    services: Services,
    staff: StaffMember,
    inquiry_id: str,
    message_id: int,
    state: str,
    *,
    text: str | None = None,
    label: str | None = None,
) -> None:
    """The editor confirms or refuses a candidate, with another text or label if given; what they write is cleaned again. The next
    training knows it. Raises Forbidden, NotFound, BadInput, NoQuestion when nothing is left of the text."""
    check_editor(staff)
    if state not in ("confirmed", "refused"):
        raise BadInput("state is confirmed or refused")
    if text is not None and len(text) > MAX_CHARACTERS:
        raise TextTooLong
    where = (c.municipality == staff.municipality) & (c.inquiry_id == inquiry_id) & (c.message_id == message_id)
    async with services.database.write() as connection:
        before = (await connection.execute(sa.select(t.candidate).where(where, c.label != ""))).first()
        if before is None:
            raise NotFound
        changes: dict[str, Any] = {"state": state, "judged_by": staff.id, "judged_at": services.now()}
        if text is not None and text.strip() != before.text:
            changes["text"] = clean(text, await known_of(connection, staff.municipality, inquiry_id))
            if not changes["text"]:
                raise NoQuestion
        if label is not None and label != before.label:
            changes["label"] = check_label(await services.knowledge.of(connection, staff.municipality), label)
        await connection.execute(sa.update(t.candidate).where(where).values(**changes))
        action = "question_confirmed" if state == "confirmed" else "question_refused"
        told = {"message": message_id, "label": changes.get("label", before.label)}
        await audit(connection, services, staff, action, inquiry_id=inquiry_id, **told)
    if "confirmed" in (state, before.state):
        services.taught.set()
