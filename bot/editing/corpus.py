"""What a training learns from: the common base, and beside it what the municipalities added: own articles, confirmed questions."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from bot.editing.additions import Addition, read_additions, without_left_out
from bot.knowledge.content import Knowledge
from bot.knowledge.files import folded
from bot.knowledge.own import dump, from_body, to_entry
from bot.models import training_fingerprint, what_it_learnt
from bot.settings import PROJECT_DIR
from bot.store import tables as t
from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class Corpus:
    """``folder`` is laid out like ``nlu_data``; ``own`` are the ids of the municipalities' own articles in it, ``additions`` all
    that they added."""

    folder: Path
    fingerprint: str
    own: tuple[str, ...]
    additions: tuple[Addition, ...] = ()


async def write_corpus(database: Database, common: Knowledge, nlu_data: Path, target: Path) -> Corpus:
    """The knowledge base in ``target`` with all additions but those that are left out; without any, ``nlu_data`` itself."""
    async with database.read() as connection:
        additions = await read_additions(connection, common)
    chosen = without_left_out(additions, await what_it_learnt(database))
    return await write_additions(chosen, common, nlu_data, target)


async def write_additions(additions: Sequence[Addition], common: Knowledge, nlu_data: Path, target: Path) -> Corpus:
    """The knowledge base with ``additions`` in ``target``."""
    return await asyncio.to_thread(_write, common, list(additions), nlu_data, target)


async def own_articles(database: Database, common: Knowledge) -> list[str]:
    """The ids of every municipality's own articles."""
    a = t.article_text.c
    async with database.read() as connection:
        ids = await connection.execute(sa.select(a.article).where(a.body.is_not(None)).order_by(a.article))
    return [article for article in ids.scalars() if article not in common.articles]


def _write(common: Knowledge, additions: list[Addition], nlu_data: Path, target: Path) -> Corpus:
    if not additions:
        return Corpus(nlu_data, training_fingerprint(nlu_data, PROJECT_DIR), ())
    shutil.copytree(nlu_data, target, dirs_exist_ok=True)
    # The common base may have taken up a municipality's example since: it keeps it.
    taken = {folded(text) for _, _, text in common.examples()}
    own = [addition for addition in additions if addition.kind == "article"]
    for addition in own:
        article = from_body(addition.key, addition.municipality, addition.body or {})
        examples = {
            language: tuple(text for text in texts if folded(text) not in taken)
            for language, texts in article.examples.items()
        }
        file = target / "articles" / f"{article.id}.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dump(to_entry(replace(article, examples=examples))), encoding="utf-8")
    # Two municipalities may ask the same of their own articles, but a confirmed question teaches one label only.
    taken |= {folded(text) for addition in own for texts in addition.examples.values() for text in texts}
    by_label: dict[str, list[Addition]] = {}
    for addition in additions:
        if addition.kind == "example":
            by_label.setdefault(addition.label, []).append(addition)
    for label, questions in by_label.items():
        _add_examples(target, label, questions, taken)
    ids = tuple(addition.key for addition in own)
    return Corpus(target, training_fingerprint(target, PROJECT_DIR), ids, tuple(additions))


def _add_examples(target: Path, label: str, questions: list[Addition], taken: set[str]) -> None:
    """The confirmed questions stand among their label's examples, unless they are examples already or the label is gone."""
    area, _, name = label.partition("/")
    place = "dialogue/out_of_scope.yml" if area == "out_of_scope" else f"other/{area}.yml" if name == "other" else ""
    file = target / (place or f"articles/{label}.yml")
    if not file.is_file():
        return
    content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    entry = next((one for one in content if one["label"] == label), None) if isinstance(content, list) else content
    if entry is None:
        return
    for question in questions:
        for language, texts in question.examples.items():
            fresh = [text for text in texts if folded(text) not in taken]
            taken.update(map(folded, fresh))
            entry.setdefault("examples", {}).setdefault(language, []).extend(fresh)
    file.write_text(dump(content), encoding="utf-8")
