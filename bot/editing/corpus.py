"""What a training learns from: the common base, and every municipality's own articles beside it."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from bot.knowledge.content import Article, Knowledge
from bot.knowledge.files import folded
from bot.knowledge.own import dump, from_body, to_entry
from bot.models import training_fingerprint
from bot.settings import PROJECT_DIR
from bot.store import tables as t
from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class Corpus:
    """``folder`` is laid out like ``nlu_data``; ``own`` are the ids of the municipalities' own articles in it."""

    folder: Path
    fingerprint: str
    own: tuple[str, ...]


async def write_corpus(database: Database, common: Knowledge, nlu_data: Path, target: Path) -> Corpus:
    """The knowledge base with all own articles in ``target``; where there are none, ``nlu_data`` itself."""
    own = await _own(database, common)
    return await asyncio.to_thread(_write, common, own, nlu_data, target)


async def own_articles(database: Database, common: Knowledge) -> list[str]:
    """The ids of every municipality's own articles."""
    return [article.id for article in await _own(database, common)]


async def _own(database: Database, common: Knowledge) -> list[Article]:
    a = t.article_text.c
    query = sa.select(a.article, a.municipality, a.body).where(a.body.is_not(None)).order_by(a.article)
    async with database.read() as connection:
        rows = await connection.execute(query)
        return [
            from_body(row.article, row.municipality, row.body) for row in rows if row.article not in common.articles
        ]


def _write(common: Knowledge, own: list[Article], nlu_data: Path, target: Path) -> Corpus:
    if not own:
        return Corpus(nlu_data, training_fingerprint(nlu_data, PROJECT_DIR), ())
    shutil.copytree(nlu_data, target, dirs_exist_ok=True)
    # The common base may have taken up a municipality's example since: it keeps it.
    taken = {folded(text) for _, _, text in common.examples()}
    for article in own:
        examples = {
            language: tuple(text for text in texts if folded(text) not in taken)
            for language, texts in article.examples.items()
        }
        file = target / "articles" / f"{article.id}.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dump(to_entry(replace(article, examples=examples))), encoding="utf-8")
    return Corpus(target, training_fingerprint(target, PROJECT_DIR), tuple(article.id for article in own))


def write_questions(corpus: Corpus, file: Path) -> int:
    """The development set, as the gate asks it: where no own article may answer. Returns how many questions there are."""
    from bot.understanding.development import load_development

    development = load_development(corpus.folder)
    lines = [
        json.dumps(
            {
                "text": question.text,
                "areas": question.areas,
                "articles": question.articles,
                "unavailable": corpus.own,
            },
            ensure_ascii=False,
        )
        for question in (development.questions if development else ())
    ]
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return len(lines)
