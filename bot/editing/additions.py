"""What the municipalities added to the common base and a training learns from: own articles, and confirmed questions as examples.

An addition that made a model worse is left out: its row says why, and for which content. Once that content changes it is tried again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.editing.learning import is_for_gate
from bot.knowledge.content import Knowledge
from bot.knowledge.own import from_body
from bot.store import tables as t

CONFIRMED = "confirmed"
Learnt = dict[str, Any]  # what a model learnt, as stored beside it: {"articles": {id: examples}, "examples": [digest]}


@dataclass(frozen=True, slots=True)
class Addition:
    """An own article (``key``: its id) or a confirmed question (``key``: "inquiry/message"), whose examples belong to ``label``."""

    municipality: str
    kind: Literal["article", "example"]
    key: str
    label: str
    digest: str  # of what is trained on
    examples: dict[str, list[str]] = field(compare=False)  # by language
    body: dict[str, Any] | None = field(default=None, compare=False)  # of an own article
    left_out: dict[str, Any] | None = field(default=None, compare=False)  # the mark, while it holds

    @property
    def area(self) -> str:
        return self.label.partition("/")[0]

    def is_learnt(self, learnt: Learnt) -> bool:
        """Whether a model that learnt ``learnt`` knows the addition as it stands now."""
        if self.kind == "example":
            return self.digest in learnt.get("examples", ())
        known = learnt.get("articles", {}).get(self.key)
        return known is not None and _digest(self.label, known) == self.digest


async def read_additions(connection: AsyncConnection, common: Knowledge) -> list[Addition]:
    """Every addition, in a fixed order; ``left_out`` is the mark of those that are left out as they stand now. Confirmed questions that
    the gate asks are none."""
    a, c = t.article_text.c, t.candidate.c
    articles = await connection.execute(
        sa.select(a.municipality, a.article, a.body, a.left_out).where(a.body.is_not(None)).order_by(a.article)
    )
    found = []
    for row in articles:
        if row.article not in common.articles:
            examples = {language: list(texts) for language, texts in (row.body.get("examples") or {}).items()}
            made = _addition(row.municipality, "article", row.article, row.article, examples, row.left_out)
            found.append(_with_body(made, row.body))
    questions = await connection.execute(
        sa.select(c.municipality, c.inquiry_id, c.message_id, c.label, c.language, c.text, c.left_out)
        .where(c.state == CONFIRMED)
        .order_by(c.municipality, c.inquiry_id, c.message_id)
    )
    for row in questions:
        if is_for_gate(row.text):
            continue
        key = f"{row.inquiry_id}/{row.message_id}"
        examples = {"en" if row.language == "en" else "da": [row.text]}
        found.append(_addition(row.municipality, "example", key, row.label, examples, row.left_out))
    return found


def learnt_of(additions: Sequence[Addition]) -> Learnt:
    """What a model that was trained with ``additions`` learnt, to be stored beside it: examples of an own article as they are, so
    that it can be trained again as it was; of inquiries' questions a digest only."""
    return {
        "articles": {a.key: a.examples for a in additions if a.kind == "article"},
        "examples": sorted(a.digest for a in additions if a.kind == "example"),
    }


def as_learnt(addition: Addition, learnt: Learnt) -> Addition | None:
    """The addition as a model that learnt ``learnt`` knows it; None when it does not."""
    if addition.is_learnt(learnt):
        return addition
    known = learnt.get("articles", {}).get(addition.key) if addition.kind == "article" else None
    if known is None:
        return None
    old = _addition(addition.municipality, "article", addition.key, addition.label, known, None)
    return _with_body(old, {**(addition.body or {}), "examples": known})


def without_left_out(additions: Sequence[Addition], learnt: Learnt) -> list[Addition]:
    """What a training takes: of what is left out only the form in which a model that learnt ``learnt`` knows it."""
    chosen = [as_learnt(one, learnt) if one.left_out else one for one in additions]
    return [one for one in chosen if one]


async def mark_left_out(connection: AsyncConnection, additions: Sequence[tuple[Addition, dict[str, Any]]]) -> None:
    """Each addition is left out, for the reason beside it, until its content changes."""
    for addition, why in additions:
        mark = {**why, "digest": addition.digest}
        await connection.execute(sa.update(_table(addition)).where(*_row(addition)).values(left_out=mark))


async def take_in_again(connection: AsyncConnection, additions: Collection[Addition]) -> None:
    """None of ``additions`` is left out any more."""
    for addition in additions:
        await connection.execute(sa.update(_table(addition)).where(*_row(addition)).values(left_out=None))


def question_key(text: str) -> str:
    """Names a confirmed question in a mark without saying it, so that nothing of it stays when its inquiry is erased."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def left_out_article(
    article_id: str, body: dict[str, Any] | None, mark: dict[str, Any] | None
) -> dict[str, Any] | None:
    """``mark`` of an own article's row, while it holds for ``body``."""
    if not mark or not body:
        return None
    return mark if mark.get("digest") == _digest(article_id, body.get("examples") or {}) else None


def _addition(
    municipality: str,
    kind: Literal["article", "example"],
    key: str,
    label: str,
    examples: dict[str, list[str]],
    mark: dict[str, Any] | None,
) -> Addition:
    digest = _digest(label, examples)
    return Addition(
        municipality, kind, key, label, digest, examples, None, mark if mark and mark.get("digest") == digest else None
    )


def _with_body(addition: Addition, body: dict[str, Any]) -> Addition:
    from_body(addition.key, addition.municipality, body)  # a damaged row is an error here, not in the training
    return replace(addition, body=body)


def _digest(label: str, examples: dict[str, Any]) -> str:
    content = json.dumps([label, {language: list(texts) for language, texts in examples.items()}], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:24]


def _table(addition: Addition) -> sa.Table:
    return t.article_text if addition.kind == "article" else t.candidate


def _row(addition: Addition) -> list[sa.ColumnElement[bool]]:
    a, c = t.article_text.c, t.candidate.c
    if addition.kind == "article":
        return [a.municipality == addition.municipality, a.article == addition.key]
    inquiry, _, message = addition.key.partition("/")
    return [c.municipality == addition.municipality, c.inquiry_id == inquiry, c.message_id == int(message)]
