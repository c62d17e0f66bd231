"""An answer was wrong: staff say so, and whoever was given it is told the right one, once each."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.rights import StaffMember, access_inquiry, may_act
from bot.conversation.service import Services
from bot.conversation.thread import Thread
from bot.editing.articles import check_editor
from bot.editing.service import audit
from bot.errors import AnswerUnchanged, Forbidden, NotFound
from bot.store import tables as t
from bot.text_input import short

_GIVEN_BY = ("bot", "staff", "system")


async def report_wrong(services: Services, staff: StaffMember, inquiry_id: str, message_id: int) -> str:
    """The editors see that ``staff``, who may work in the inquiry, found the answer in this message wrong; returns the article's id.

    Raises NotFound (also for a message without an article), Forbidden."""
    m = t.message.c
    async with services.database.write() as connection:
        if not may_act(staff, await access_inquiry(connection, staff, inquiry_id)):
            raise Forbidden
        found = (
            await connection.execute(
                sa.select(m.article, m.article_version).where(
                    m.municipality == staff.municipality,
                    m.inquiry_id == inquiry_id,
                    m.id == message_id,
                    m.article.is_not(None),
                    m.article.not_like("package/%"),
                )
            )
        ).first()
        if found is None:
            raise NotFound
        insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
        row = {
            "municipality": staff.municipality,
            "inquiry_id": inquiry_id,
            "message_id": message_id,
            "article": found.article,
            "version": found.article_version,
            "said_by": staff.id,
            "at": services.now(),
        }
        stored = await connection.execute(insert(t.wrong_answer).values(row).on_conflict_do_nothing())
        if stored.rowcount:
            await audit(
                connection, services, staff, "answer_wrong", article=found.article, version=found.article_version
            )
    return str(found.article)


async def correct(services: Services, staff: StaffMember, article_id: str, version: str) -> int:
    """Every inquiry that was given this ``version`` of the article has the right answer as a system message; returns how
    many were told now. Raises AnswerUnchanged while the wrong version is still what the bot says."""
    check_editor(staff)
    async with services.database.read() as connection:
        here = await services.knowledge.of(connection, staff.municipality)
        article = here.find(article_id)
        if article is None or article.municipality not in (None, staff.municipality):
            raise NotFound
        withdrawn = article_id in here.withdrawn
        if not withdrawn and here.version_of(article) == version:
            raise AnswerUnchanged
        inquiries = await _given_to(connection, staff.municipality, article_id, version)
    told = 0
    for inquiry_id in inquiries:
        told += await _tell(services, staff, inquiry_id, article_id, version, withdrawn)
    async with services.database.write() as connection:
        await audit(
            connection, services, staff, "correction", article=article_id, version=short(version, 16), inquiries=told
        )
    return told


async def _given_to(connection: AsyncConnection, municipality: str, article_id: str, version: str) -> list[str]:
    """Those that were given it and not told yet."""
    m, told = t.message.c, t.message.alias()
    query = sa.select(m.inquiry_id).distinct()
    return list(
        (
            await connection.execute(
                query.where(
                    m.municipality == municipality,
                    m.article == article_id,
                    m.article_version == version,
                    m.author.in_(_GIVEN_BY),
                    ~sa.exists().where(
                        told.c.municipality == municipality,
                        told.c.inquiry_id == m.inquiry_id,
                        told.c.client_id == _once(article_id, version),
                    ),
                )
            )
        ).scalars()
    )


async def _tell(
    services: Services, staff: StaffMember, inquiry_id: str, article_id: str, version: str, withdrawn: bool
) -> bool:
    """One inquiry is told; False when it was already. A transaction of its own: what was told stays told."""
    knowledge = services.knowledge
    try:
        async with services.database.write() as connection:
            thread = await Thread.load(connection, staff.municipality, inquiry_id, services.now())
            here = await knowledge.of(connection, staff.municipality)
            language = thread["language"]
            shown = here.article(article_id, language)
            title = here.title(article_id, language) or ""
            key = "correction_withdrawn" if withdrawn else "correction"
            text = knowledge.text(key, language, title=title, answer=shown.text)
            text += "\n\n" + knowledge.text("correction_check", language)
            thread.add(
                "system",
                text,
                body={"kind": "correction", "sources": shown.sources},
                article=shown.article,
                article_version=shown.version,
                client_id=_once(article_id, version),
            )
            await thread.save()
    except IntegrityError:
        return False
    services.announce(thread)
    return True


def _once(article_id: str, version: str) -> str:
    return "correction:" + hashlib.sha256(f"{article_id} {version}".encode()).hexdigest()[:24]
