"""What a municipality's editor is told of additions that a training left out because the model answered worse with them."""

from __future__ import annotations

from typing import Any

from bot.conversation.service import Services
from bot.editing.additions import Addition, question_key, read_additions
from bot.editing.learning import confirmed_questions


async def read_left_out(services: Services, municipality: str) -> list[dict[str, Any]]:
    """The municipality's additions that are left out as they stand now, with why and which questions they spoilt.

    Of other municipalities' questions only the number is told; of its own those that still exist."""
    async with services.database.read() as connection:
        additions = await read_additions(connection, services.knowledge.common)
    left = [one for one in additions if one.municipality == municipality and one.left_out]
    if not left:
        return []
    own = {
        question_key(question.text): question.text
        for question in await confirmed_questions(services.database)
        if question.municipality == municipality
    }
    return [_told(one, one.left_out or {}, own) for one in left]


def _told(addition: Addition, mark: dict[str, Any], own: dict[str, str]) -> dict[str, Any]:
    return {
        "kind": addition.kind,
        "article": addition.label,  # an own article's id, or the label of a confirmed question
        "text": next(iter(next(iter(addition.examples.values()), [])), None) if addition.kind == "example" else None,
        "why": mark["why"],
        "spoilt": mark["spoilt"],
        "questions": [*mark["questions"], *(own[key] for key in mark["confirmed"] if key in own)],
        "elsewhere": mark["elsewhere"],
        "model": mark["model"],
        "at": mark["at"],
    }
