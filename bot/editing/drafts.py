"""A reply that would help others too becomes an article: staff propose it from the thread, an editor, who sees no thread, finishes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.noting import DAY, note
from bot.conversation.rights import StaffMember, may_act
from bot.conversation.service import Services
from bot.conversation.thread import Thread
from bot.editing.articles import check_editor
from bot.editing.candidates import find_question, store_candidate
from bot.editing.cleaning import clean_answer
from bot.editing.known import known_of
from bot.editing.service import Editing, audit
from bot.errors import AlreadyJudged, BadInput, Forbidden, NoQuestion, NotFound
from bot.store import tables as t

MOST_QUESTIONS = 50  # of inquiries, that become examples of a new article at once
Key = tuple[str, int]  # inquiry id and message id
d, m = t.draft.c, t.message.c


def read_key(text: str) -> Key:
    """ "<inquiry>.<message>" as a key; raises NotFound."""
    inquiry_id, _, message_id = text.partition(".")
    if not (0 < len(inquiry_id) <= 16 and message_id.isascii() and message_id.isdecimal() and len(message_id) < 10):
        raise NotFound
    return inquiry_id, int(message_id)


def read_keys(given: Any) -> list[Key]:
    """A list of "<inquiry>.<message>", each once; none for None. Raises BadInput for anything else."""
    if given is not None and not (isinstance(given, list) and all(isinstance(item, str) for item in given)):
        raise BadInput("questions: a list of inquiry.message")
    return list(dict.fromkeys(read_key(item) for item in given or ()))


async def propose_draft(services: Services, staff: StaffMember, inquiry_id: str, message_id: int) -> dict[str, Any]:
    """The editors have a draft of an article: this reply as the answer, the question before it as an example, both cleaned.

    Raises NotFound (also for what no person wrote), Forbidden, NoQuestion when no question came before it."""
    async with services.database.write() as connection:
        thread = await Thread.load(connection, staff.municipality, inquiry_id, services.now())
        if not may_act(staff, thread.row):
            raise Forbidden
        where = [m.municipality == staff.municipality, m.inquiry_id == inquiry_id]
        reply = (await connection.execute(sa.select(t.message).where(*where, m.id == message_id))).first()
        if reply is None or reply.author != "staff" or reply.internal or reply.article:
            raise NotFound
        question = await _question_before(connection, thread.row, message_id)
        known = await known_of(connection, staff.municipality, inquiry_id)
        values = {
            "question_id": question.message_id,
            "question": question.text,
            "answer": clean_answer(reply.text, known),
            "language": question.language,
            "area": thread["area"],
            "proposed_by": staff.id,
            "proposed_at": services.now(),
        }
        insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
        row = insert(t.draft).values(
            municipality=staff.municipality, inquiry_id=inquiry_id, message_id=message_id, **values
        )
        keys = ["municipality", "inquiry_id", "message_id"]
        await connection.execute(row.on_conflict_do_update(index_elements=keys, set_=values))
        await audit(connection, services, staff, "draft_proposed", inquiry_id=inquiry_id, message=message_id)
    return {"inquiry": inquiry_id, "message": message_id} | {
        name: values[name] for name in ("question", "answer", "area")
    }


async def read_drafts(services: Services, staff: StaffMember, key: Key | None = None) -> list[dict[str, Any]]:
    """The drafts that wait for an editor, oldest first; with ``key`` that one, or none."""
    check_editor(staff)
    query = (
        sa.select(t.draft, t.staff.c.name.label("by"))
        .outerjoin(t.staff, (t.staff.c.municipality == d.municipality) & (t.staff.c.id == d.proposed_by))
        .where(d.municipality == staff.municipality)
        .order_by(d.proposed_at, d.inquiry_id, d.message_id)
    )
    if key:
        query = query.where(d.inquiry_id == key[0], d.message_id == key[1])
    async with services.database.read() as connection:
        rows = (await connection.execute(query)).all()
    return [
        {
            "inquiry": row.inquiry_id,
            "message": row.message_id,
            "question_message": row.question_id,
            "question": row.question,
            "answer": row.answer,
            "language": row.language,
            "area": row.area,
            "proposed_by": row.by,
            "proposed_at": row.proposed_at.isoformat(),
        }
        for row in rows
    ]


async def drop_draft(services: Services, staff: StaffMember, key: Key) -> None:
    """The draft is gone; raises NotFound."""
    check_editor(staff)
    async with services.database.write() as connection:
        await _drop(connection, services, staff, key)


async def create_from_questions(
    editing: Editing,
    staff: StaffMember,
    name: str,
    fields: Mapping[str, Any],
    questions: Sequence[Key],
    draft: Key | None = None,
) -> str:
    """A new own article, of which ``questions`` of inquiries are confirmed examples, and ``draft``, if given, is done with.

    They stay questions of their inquiries, without which they are not kept, and are in no package for others. Raises as
    Editing.create and find_question."""
    check_editor(staff)
    if len(questions) > MOST_QUESTIONS:
        raise BadInput(f"questions: at most {MOST_QUESTIONS}")
    services = editing.services
    await read_questions(services, staff, questions)  # what cannot be one is found before anything is stored
    article_id = await editing.create(staff, name, fields)
    async with services.database.write() as connection:
        await confirm_questions(connection, services, staff, questions, article_id)
        if draft is not None:
            await _drop(connection, services, staff, draft)
    services.taught.set()
    return article_id


async def read_questions(services: Services, staff: StaffMember, keys: Sequence[Key]) -> list[dict[str, Any]]:
    """The inquirers' messages ``keys``, cleaned; the audit log says whose. Raises Forbidden, NotFound, NoQuestion."""
    check_editor(staff)
    async with services.database.read() as connection:
        found = [await _find(connection, staff, key) for key in keys]
    for inquiry_id in dict.fromkeys(inquiry_id for inquiry_id, _ in keys):
        await note(services, staff.municipality, staff.id, "question_read", once_in=DAY, inquiry_id=inquiry_id)
    return [
        {"inquiry": key[0], "message": key[1], "text": question.text, "language": question.language}
        for key, question in zip(keys, found, strict=True)
    ]


async def confirm_questions(
    connection: AsyncConnection,
    services: Services,
    staff: StaffMember,
    keys: Sequence[Key],
    label: str,
    state: str = "confirmed",
) -> int:
    """Each message is a candidate with ``label`` that the editor judged; returns how many were not judged before."""
    number = 0
    for key in keys:
        question = await _find(connection, staff, key)
        try:
            await store_candidate(connection, services, staff, key[0], question, label, state=state)
        except AlreadyJudged:
            continue
        number += 1
    return number


async def _find(connection: AsyncConnection, staff: StaffMember, key: Key) -> Any:
    inquiry = await connection.execute(
        sa.select(t.inquiry).where(t.inquiry.c.municipality == staff.municipality, t.inquiry.c.id == key[0])
    )
    row = inquiry.first()
    if row is None:
        raise NotFound
    return await find_question(connection, dict(row._mapping), key[1])


async def _question_before(connection: AsyncConnection, inquiry: Mapping[str, Any], message_id: int) -> Any:
    """The last question that the inquirer typed before a message."""
    earlier = await connection.execute(
        sa.select(m.id)
        .where(
            m.municipality == inquiry["municipality"],
            m.inquiry_id == inquiry["id"],
            m.author == "inquirer",
            m.id < message_id,
        )
        .order_by(m.id.desc())
        .limit(20)
    )
    for earlier_id in earlier.scalars().all():
        try:
            return await find_question(connection, inquiry, earlier_id)
        except NoQuestion:
            continue
    raise NoQuestion


async def _drop(connection: AsyncConnection, services: Services, staff: StaffMember, key: Key) -> None:
    where = (d.municipality == staff.municipality) & (d.inquiry_id == key[0]) & (d.message_id == key[1])
    gone = await connection.execute(sa.delete(t.draft).where(where))
    if not gone.rowcount:
        raise NotFound
    await audit(connection, services, staff, "draft_dropped", inquiry_id=key[0], message=key[1])
