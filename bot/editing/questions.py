"""The questions that the bot did not answer, or answered badly, as an editor sees them: cleaned, and grouped by likeness."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.reading import is_form_reply
from bot.conversation.rights import StaffMember
from bot.conversation.service import Services
from bot.editing.articles import check_editor
from bot.editing.candidates import language_of
from bot.editing.cleaning import Known, clean
from bot.editing.drafts import Key, confirm_questions
from bot.editing.known import read_known
from bot.editing.labels import check_label, label_json
from bot.editing.likeness import group
from bot.errors import BadInput
from bot.knowledge.service import MunicipalKnowledge
from bot.store import tables as t

LOOKED_BACK = timedelta(days=90)
MOST = 2000  # questions looked at, the newest
MOST_GROUPS = 100
MOST_MARKED = 500  # at once
REASONS = ("clarified", "handed_over", "unhelpful", "wrong")
_GAVE_UP = ("low_confidence", "other")
_CHOSE_ARTICLE = "article:"
i, m, u, c, w = t.inquiry.c, t.message.c, t.turn.c, t.candidate.c, t.wrong_answer.c


@dataclass(frozen=True, slots=True)
class _Question:
    """As it was typed, with what became of it; leaves this module only cleaned."""

    key: Key
    text: str
    at: datetime
    reasons: tuple[str, ...]
    decision: str | None
    answered: tuple[str, ...]
    thought_of: dict[str, float]  # articles, with confidence
    language: str


async def read_unanswered(services: Services, staff: StaffMember, language: str) -> dict[str, Any]:
    """Groups of questions of the last 90 days that were clarified without a choice, handed over because there was no answer, or got one
    that did not help or was wrong; the largest group first. What an editor or staff judged already is not among them. Raises Forbidden."""
    check_editor(staff)
    async with services.database.read() as connection:
        here = await services.knowledge.of(connection, staff.municipality)
        found = await _read(connection, staff.municipality, services.now() - LOOKED_BACK)
        known = await read_known(connection, staff.municipality, {question.key[0] for question in found})
    groups, total = await asyncio.to_thread(_grouped, found, known)
    return {
        "total": total,
        "groups": [_group_json(here, members, language) for members in groups[:MOST_GROUPS]],
        "more": max(0, len(groups) - MOST_GROUPS),
    }


async def mark_all(services: Services, staff: StaffMember, keys: Sequence[Key], label: str | None) -> int:
    """``label`` was right for all these questions, which are confirmed; without one they are set aside, and no more listed. Returns for
    how many. Raises Forbidden, BadInput, NotFound, NoQuestion; then none is marked."""
    check_editor(staff)
    if not 0 < len(keys) <= MOST_MARKED:
        raise BadInput(f"questions: 1 to {MOST_MARKED}")
    async with services.database.write() as connection:
        if label is not None:
            check_label(await services.knowledge.of(connection, staff.municipality), label)
        state = "refused" if label is None else "confirmed"
        number = await confirm_questions(connection, services, staff, keys, label or "", state)
    if label is not None and number:
        services.taught.set()
    return number


async def _read(connection: AsyncConnection, municipality: str, since: datetime) -> list[_Question]:
    """The newest first, each once with all its reasons."""
    reasons: dict[Key, set[str]] = {}
    for reason, query in _sources(municipality, since):
        for inquiry_id, message_id in (await connection.execute(query.limit(MOST))).all():
            reasons.setdefault((inquiry_id, message_id), set()).add(reason)
    wanted = sa.tuple_(m.inquiry_id, m.id).in_(list(reasons)) if reasons else sa.false()
    rows = await connection.execute(
        sa.select(m.inquiry_id, m.id, m.text, m.at, u.decision, u.answered, u.understanding, i.language)
        .join(t.inquiry, (i.municipality == m.municipality) & (i.id == m.inquiry_id))
        .outerjoin(t.turn, _turn_of_message())
        .outerjoin(
            t.candidate, (c.municipality == m.municipality) & (c.inquiry_id == m.inquiry_id) & (c.message_id == m.id)
        )
        .where(m.municipality == municipality, wanted, c.state.is_(None), ~is_form_reply(t.message, t.turn))
        .order_by(m.at.desc(), m.inquiry_id, m.id)
        .limit(MOST)
    )
    return [
        _Question(
            (row.inquiry_id, row.id),
            row.text,
            row.at,
            tuple(sorted(reasons[row.inquiry_id, row.id], key=REASONS.index)),
            row.decision,
            tuple(row.answered or ()),
            {hit["id"]: hit["confidence"] for hit in (row.understanding or {}).get("articles", ())},
            language_of(row.understanding, row.language),
        )
        for row in rows
    ]


def _sources(municipality: str, since: datetime) -> list[tuple[str, sa.Select[Any]]]:
    """Per reason the (inquiry, message) of the questions, newest first."""
    after = t.message.alias()
    chosen_next = (
        sa.select(after.c.body["choice"].as_string())
        .where(
            after.c.municipality == m.municipality,
            after.c.inquiry_id == m.inquiry_id,
            after.c.author == "inquirer",
            after.c.id > m.id,
        )
        .order_by(after.c.id)
        .limit(1)
        .correlate(t.message)
        .scalar_subquery()
    )
    asked = (
        sa.select(m.inquiry_id, m.id)
        .join(t.turn, _turn_of_message())
        .join(t.inquiry, (i.municipality == m.municipality) & (i.id == m.inquiry_id))
        .where(m.municipality == municipality, m.at > since, m.author == "inquirer", u.choice.is_(None))
        .order_by(m.at.desc())
    )
    clarified = asked.where(
        u.decision == "Clarify", ~sa.func.coalesce(chosen_next, "").startswith(_CHOSE_ARTICLE, autoescape=True)
    )
    # An answer that lacks a local value is handed over too; it was found.
    nothing = sa.cast(u.answered, sa.String).in_(("[]", "null")) | u.answered.is_(None)
    handed_over = asked.where(u.decision == "Escalate", i.escalation_reason.in_(_GAVE_UP), nothing)
    unhelpful = _asked_before(m.helped.is_(False), municipality, since)
    wrong = _asked_before(
        sa.exists().where(w.municipality == m.municipality, w.inquiry_id == m.inquiry_id, w.message_id == m.id),
        municipality,
        since,
    )
    return list(zip(REASONS, (clarified, handed_over, unhelpful, wrong), strict=True))


def _asked_before(bad: sa.ColumnElement[bool], municipality: str, since: datetime) -> sa.Select[Any]:
    """The question that was typed last before each answer that is ``bad``."""
    before = t.message.alias()
    question = (
        sa.select(sa.func.max(before.c.id))
        .where(
            before.c.municipality == m.municipality,
            before.c.inquiry_id == m.inquiry_id,
            before.c.id < m.id,
            before.c.author == "inquirer",
            before.c.body["choice"].as_string().is_(None),
        )
        .correlate(t.message)
        .scalar_subquery()
    )
    return (
        sa.select(m.inquiry_id, question)
        .where(m.municipality == municipality, m.at > since, m.author != "inquirer", bad, question.is_not(None))
        .order_by(m.at.desc())
    )


def _turn_of_message() -> sa.ColumnElement[bool]:
    return (u.municipality == m.municipality) & (u.inquiry_id == m.inquiry_id) & (u.message_id == m.id)


def _grouped(
    questions: Sequence[_Question], known: Mapping[str, Known]
) -> tuple[list[list[tuple[_Question, str]]], int]:
    """Groups of questions with their cleaned texts, and how many there are in all. Runs in a thread."""
    cleaned = [(question, clean(question.text, known[question.key[0]])) for question in questions]
    said = [(question, text) for question, text in cleaned if text]
    places = group([text for _, text in said], [question.thought_of for question, _ in said])
    return [[said[place] for place in members] for members in places], len(said)


def _group_json(here: MunicipalKnowledge, members: Sequence[tuple[_Question, str]], language: str) -> dict[str, Any]:
    likely: Counter[str] = Counter()
    for question, _ in members:
        for article, share in question.thought_of.items():
            if here.find(article) and article not in here.unavailable:
                likely[article] += share  # type: ignore[assignment]
    best = sorted(likely, key=lambda article: (-likely[article], article))[:3]
    return {
        "size": len(members),
        "reasons": {reason: sum(reason in question.reasons for question, _ in members) for reason in REASONS},
        "likely": [label_json(here, article, language) for article in best],
        "questions": [
            {
                "inquiry": question.key[0],
                "message": question.key[1],
                "text": text,
                "language": question.language,
                "at": question.at.isoformat(),
                "reasons": list(question.reasons),
                "decision": question.decision,
                "answered": [label_json(here, article, language) for article in question.answered],
            }
            for question, text in members
        ],
    }
