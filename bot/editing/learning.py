"""What the hotline learns from its own inquiries: questions whose right answer an editor confirmed.

Four of five become examples. The fifth is never trained on but asked by the gate, so that a municipality's own questions are a test that
the model has not seen. Which, says the question's text: the same question asked in two inquiries is never example and test at once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import sqlalchemy as sa

from bot.knowledge.files import folded
from bot.store import tables as t
from bot.store.database import Database

EVERY = 5


@dataclass(frozen=True, slots=True)
class ConfirmedQuestion:
    """A question of ``municipality`` with names and numbers removed, the areas it belongs to and the articles that answer it.

    Out of scope it has neither; where only the area's people know the answer, no article."""

    municipality: str
    text: str
    language: str
    areas: tuple[str, ...]
    articles: tuple[str, ...]


def is_for_gate(text: str) -> bool:
    """Whether the confirmed question ``text`` is asked by the gate and never trained on."""
    return int.from_bytes(hashlib.sha256(folded(text).encode()).digest()[:8]) % EVERY == 0


async def confirmed_questions(database: Database) -> list[ConfirmedQuestion]:
    """Every municipality's confirmed questions that the gate asks, in a fixed order."""
    c = t.candidate.c
    query = (
        sa.select(c.municipality, c.text, c.language, c.label)
        .where(c.state == "confirmed")
        .order_by(c.municipality, c.inquiry_id, c.message_id)
    )
    async with database.read() as connection:
        rows = (await connection.execute(query)).all()
    return [_question(row) for row in rows if is_for_gate(row.text)]


def _question(row: sa.Row[tuple[str, str, str, str]]) -> ConfirmedQuestion:
    municipality, text, language, label = row
    area, _, name = label.partition("/")
    if area == "out_of_scope":
        return ConfirmedQuestion(municipality, text, language, (), ())
    return ConfirmedQuestion(municipality, text, language, (area,), () if name == "other" else (label,))
