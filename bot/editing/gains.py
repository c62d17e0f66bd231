"""What each round of learning gained: how the questions came out that were asked of each model, beside those asked of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.reading import is_form_reply
from bot.conversation.rights import StaffMember
from bot.conversation.service import Services
from bot.editing.articles import check_editor
from bot.editing.learning import is_for_gate
from bot.store import tables as t

MOST_ROUNDS = 20
OUTCOMES = {"Answer": "answered", "Clarify": "clarified", "Escalate": "handed_over", "OutOfScope": "out_of_scope"}
SHARES = (*OUTCOMES.values(), "unhelpful", "wrong")
m, u, w, c = t.message.c, t.turn.c, t.wrong_answer.c, t.candidate.c


@dataclass(slots=True)
class _Round:
    model: str
    since: datetime
    until: datetime
    counts: dict[str, int]

    @property
    def questions(self) -> int:
        return sum(self.counts[outcome] for outcome in OUTCOMES.values())

    def share(self, name: str) -> float | None:
        """Of the questions, 0..1; of what was unhelpful or wrong, of the answers. None where there is nothing to take a share of."""
        of = self.counts["answers"] if name in ("unhelpful", "wrong") else self.questions
        return round(self.counts[name] / of, 4) if of else None


async def read_gains(services: Services, staff: StaffMember) -> list[dict[str, Any]]:
    """The municipality's rounds, newest first: per model that answered here the questions asked of it, the share of each outcome, and how
    much that is more or less than in the round before; how many of its confirmed questions were new to it. Raises Forbidden."""
    check_editor(staff)
    async with services.database.read() as connection:
        rounds = await _read_rounds(connection, staff.municipality)
        confirmed = (
            await connection.execute(
                sa.select(c.text, c.judged_at)
                .where(c.municipality == staff.municipality, c.state == "confirmed")
                .order_by(c.judged_at)
            )
        ).all()
        live = await connection.scalar(sa.select(t.model.c.id).where(t.model.c.live))
    learnt = [row.judged_at for row in confirmed if not is_for_gate(row.text)]
    before = [None, *rounds]
    return [_round_json(now, last, learnt, live) for last, now in zip(before, rounds, strict=False)][::-1][:MOST_ROUNDS]


async def _read_rounds(connection: AsyncConnection, municipality: str) -> list[_Round]:
    """One per model, in the order in which they began to answer."""
    rows = await connection.execute(
        sa.select(u.model, u.decision, sa.func.count(), sa.func.min(u.at), sa.func.max(u.at))
        .join(t.message, (m.municipality == u.municipality) & (m.inquiry_id == u.inquiry_id) & (m.id == u.message_id))
        .where(
            u.municipality == municipality,
            u.choice.is_(None),
            u.model.is_not(None),
            u.model != "",
            u.decision.in_(OUTCOMES),
            ~is_form_reply(t.message, t.turn),
        )
        .group_by(u.model, u.decision)
    )
    rounds: dict[str, _Round] = {}
    for model, decision, number, first, last in rows:
        known = rounds.setdefault(model, _Round(model, first, last, dict.fromkeys((*SHARES, "answers"), 0)))
        known.since, known.until = min(known.since, first), max(known.until, last)
        known.counts[OUTCOMES[decision]] = number
    for name, number in (await _read_answers(connection, municipality)).items():
        if name[0] in rounds:
            rounds[name[0]].counts[name[1]] = number
    return sorted(rounds.values(), key=lambda one: (one.since, one.model))


async def _read_answers(connection: AsyncConnection, municipality: str) -> dict[tuple[str, str], int]:
    """By (model, "answers" | "unhelpful" | "wrong") how many articles it gave, and how many of them did not help or were wrong."""
    model = (
        sa.select(u.model)
        .where(u.municipality == m.municipality, u.inquiry_id == m.inquiry_id, u.id < m.id, u.model.is_not(None))
        .order_by(u.id.desc())
        .limit(1)
        .correlate(t.message)
        .scalar_subquery()
    )
    marked = sa.exists().where(w.municipality == m.municipality, w.inquiry_id == m.inquiry_id, w.message_id == m.id)
    answers = (
        sa.select(model.label("model"), m.helped, marked.label("wrong"))
        .where(m.municipality == municipality, m.author == "bot", m.article.is_not(None))
        .subquery()
    )
    a = answers.c
    one = lambda condition: sa.func.sum(sa.case((condition, 1), else_=0))  # noqa: E731
    rows = await connection.execute(
        sa.select(a.model, sa.func.count(), one(a.helped.is_(False)), one(a.wrong)).group_by(a.model)
    )
    return {
        (row[0], name): row[place] for row in rows for place, name in enumerate(("answers", "unhelpful", "wrong"), 1)
    }


def _round_json(now: _Round, last: _Round | None, learnt: Sequence[datetime], live: str | None) -> dict[str, Any]:
    shares = {name: now.share(name) for name in SHARES}
    changes: dict[str, float | None] = {}
    for name, share in shares.items():
        before = last.share(name) if last else None
        changes[name] = None if share is None or before is None else round(share - before, 4)
    return {
        "model": now.model,
        "live": now.model == live,
        "since": now.since.isoformat(),
        "until": now.until.isoformat(),
        "questions": now.questions,
        "answers": now.counts["answers"],
        "learnt": sum((last is None or last.since <= at) and at < now.since for at in learnt),
        "shares": shares,
        "changes": changes,
    }
