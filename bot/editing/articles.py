"""The articles as their editor sees them: what stands where, in which state, and who was given what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.calendar import ZONE
from bot.conversation.rights import StaffMember
from bot.conversation.service import Services
from bot.editing.additions import left_out_article
from bot.errors import BadInput, Forbidden, NotFound
from bot.knowledge.content import FACETS, Article
from bot.knowledge.files import REVIEW_AFTER
from bot.knowledge.own import texts_of, to_body
from bot.knowledge.service import MunicipalKnowledge, text_version
from bot.store import tables as t
from bot.text_input import short

STATES = (
    "common",
    "own_text",
    "own",
    "withdrawn",
    "value_missing",
    "review_due",
    "base_changed",
    "reported",
    "left_out",
)
LONGEST_Q = 100
a = t.article_text.c


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """``q``: words that all stand in id, title or answer."""

    area: str | None = None
    state: str | None = None
    q: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database holds of one article in one municipality."""

    version: int = 0
    body: dict[str, Any] | None = None
    base_version: str | None = None
    withdrawn: bool = False
    changed_by: str | None = None
    changed_at: datetime | None = None
    left_out: dict[str, Any] | None = None  # why its examples are not trained on, while they are as they were


def check_editor(staff: StaffMember) -> None:
    """Raises Forbidden unless ``staff`` may change the knowledge base."""
    if not staff.has("editor", "administrator"):
        raise Forbidden


def read_article_filter(query: Any) -> ArticleFilter:
    """The filter of a query string; raises BadInput for a state that does not exist."""
    state = query.get("state") or None
    if state is not None and state not in STATES:
        raise BadInput("state is one of " + ", ".join(STATES))
    return ArticleFilter(query.get("area") or None, state, short(query.get("q"), LONGEST_Q))


async def read_articles(
    services: Services, staff: StaffMember, chosen: ArticleFilter, language: str
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The rows that fit, by area and title, and how many of the municipality's articles are in each state."""
    check_editor(staff)
    async with services.database.read() as connection:
        here = await services.knowledge.of(connection, staff.municipality)
        stored = await _stored(connection, staff.municipality)
        reported = await _reported(connection, staff.municipality)
    today = services.now().astimezone(ZONE).date()
    rows = [
        _row(here, article, stored.get(article.id, Stored()), reported[article.id], today, language)
        for article in here.articles()
    ]
    counts = Counter(state for row in rows for state in row["states"])
    found = [row for row in rows if _fits(here, row, chosen)]
    order = list(services.knowledge.common.areas)
    found.sort(key=lambda row: (order.index(row["area"]) if row["area"] in order else 99, row["title"].casefold()))
    return found, {state: counts[state] for state in STATES} | {"all": len(rows)}


async def read_article(services: Services, staff: StaffMember, article_id: str, language: str) -> dict[str, Any]:
    """All of one article: the common text beside the municipality's own, values with their definitions, versions given.

    Raises NotFound, Forbidden."""
    check_editor(staff)
    async with services.database.read() as connection:
        here = await services.knowledge.of(connection, staff.municipality)
        stored = (await _stored(connection, staff.municipality, article_id)).get(article_id, Stored())
        reported = await _reported(connection, staff.municipality)
        given = await _given(connection, staff.municipality, article_id)
        by = await _name(connection, staff.municipality, stored.changed_by)
    article = here.find(article_id)
    if article is None or article.municipality not in (None, staff.municipality):
        raise NotFound
    common = services.knowledge.common.articles.get(article_id)
    today = services.now().astimezone(ZONE).date()
    current = here.version_of(article)
    return {
        **_row(here, article, stored, reported[article_id], today, language),
        "version": stored.version,
        "changed_by": by,
        "changed_at": stored.changed_at.isoformat() if stored.changed_at else None,
        "common": texts_of(common) if common else None,
        "own": texts_of(article) if stored.body else None,
        "sources": [{"title": source.title, "url": source.url} for source in article.sources],
        "law": list(article.law),
        "kle": list(article.kle),
        "owner": article.owner,
        "reviewed": article.reviewed.isoformat(),
        "facets": sorted({*(common.follow_ups if common else FACETS), *article.follow_ups}, key=FACETS.index),
        "examples": to_body(article)["examples"] if article.municipality else None,
        "values": _values(here, common or article),
        "shown": {tongue: here.article(article_id, tongue).text for tongue in ("da", "en")},
        "shown_version": current,
        "given": [row | {"current": row["version"] == current and not stored.withdrawn} for row in given],
    }


async def read_values(services: Services, staff: StaffMember) -> list[dict[str, Any]]:
    """Every local value of every article, those without which an answer is worthless first, then unfilled ones."""
    check_editor(staff)
    async with services.database.read() as connection:
        here = await services.knowledge.of(connection, staff.municipality)
    found = [value | {"article": article.id} for article in here.articles() for value in _values(here, article)]
    return sorted(found, key=lambda value: (value["value"] is not None, not value["core"], value["article"]))


async def find_stored(connection: AsyncConnection, municipality: str, article_id: str) -> Stored:
    return (await _stored(connection, municipality, article_id)).get(article_id, Stored())


async def _stored(connection: AsyncConnection, municipality: str, article_id: str | None = None) -> dict[str, Stored]:
    query = sa.select(t.article_text).where(a.municipality == municipality)
    if article_id:
        query = query.where(a.article == article_id)
    return {
        row.article: Stored(
            row.version,
            row.body,
            row.base_version,
            row.withdrawn,
            row.changed_by,
            row.changed_at,
            left_out_article(row.article, row.body, row.left_out),
        )
        for row in await connection.execute(query)
    }


async def _reported(connection: AsyncConnection, municipality: str) -> Counter[str]:
    """How often staff said of each article that it is wrong."""
    w = t.wrong_answer.c
    rows = await connection.execute(
        sa.select(w.article, sa.func.count()).where(w.municipality == municipality).group_by(w.article)
    )
    return Counter({article: number for article, number in rows})


async def _given(connection: AsyncConnection, municipality: str, article_id: str) -> list[dict[str, Any]]:
    """The versions that inquirers were given, newest first, each with how many inquiries got it and how many were told."""
    m, w = t.message.c, t.wrong_answer.c
    rows = await connection.execute(
        sa.select(
            m.article_version,
            sa.func.count(sa.distinct(m.inquiry_id)).label("inquiries"),
            sa.func.max(m.at).label("last_at"),
        )
        .where(m.municipality == municipality, m.article == article_id, m.author != "inquirer")
        .group_by(m.article_version)
        .order_by(sa.desc("last_at"))
    )
    reports = await connection.execute(
        sa.select(w.version, sa.func.count())
        .where(w.municipality == municipality, w.article == article_id)
        .group_by(w.version)
    )
    said = {version: number for version, number in reports}
    return [
        {
            "version": row.article_version,
            "inquiries": row.inquiries,
            "last_at": row.last_at.isoformat(),
            "reports": said.get(row.article_version, 0),
        }
        for row in rows
    ]


async def _name(connection: AsyncConnection, municipality: str, staff_id: str | None) -> str | None:
    c = t.staff.c
    return await connection.scalar(sa.select(c.name).where(c.municipality == municipality, c.id == staff_id))


def _row(
    here: MunicipalKnowledge, article: Article, stored: Stored, reports: int, today: date, language: str
) -> dict[str, Any]:
    """The shape of an article in the list of the API (docs/api.md)."""
    common = here.service.common.articles.get(article.id)
    missing = [value for value in article.local if (article.id, value.name) not in here.values]
    states = {
        "own": common is None,
        "own_text": common is not None and stored.body is not None,
        "common": common is not None and stored.body is None,
        "withdrawn": stored.withdrawn,
        "left_out": stored.left_out is not None,
        "value_missing": bool(missing),
        "review_due": article.reviewed + REVIEW_AFTER < today,
        "base_changed": bool(common and stored.body and stored.base_version != text_version(common)),
        "reported": reports > 0,
    }
    return {
        "id": article.id,
        "area": article.area,
        "title": article.title.get(language) or article.title.get("da") or article.id,
        "states": [state for state in STATES if states[state]],
        "values_missing": len(missing),
        "core_missing": any(value.core for value in missing),
        "reports": reports,
        "changed_at": stored.changed_at.isoformat() if stored.changed_at else None,
    }


def _values(here: MunicipalKnowledge, article: Article) -> list[dict[str, Any]]:
    return [
        {
            "name": value.name,
            "label": dict(value.label),
            "example": dict(value.example),
            "core": value.core,
            "value": here.values.get((article.id, value.name)),
        }
        for value in article.local
    ]


def _fits(here: MunicipalKnowledge, row: dict[str, Any], chosen: ArticleFilter) -> bool:
    if chosen.area and row["area"] != chosen.area:
        return False
    if chosen.state and chosen.state not in row["states"]:
        return False
    article = here.find(row["id"])
    assert article is not None
    text = " ".join([article.id, *article.title.values(), *article.answer.values()]).casefold()
    return all(word in text for word in chosen.q.casefold().split())
