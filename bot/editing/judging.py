"""Asks a new model and the running one the same questions, in processes of their own, and finds which additions spoilt what."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bot.editing.additions import Addition, question_key
from bot.editing.corpus import Corpus
from bot.editing.learning import confirmed_questions
from bot.errors import ModelUnavailable
from bot.knowledge.content import Knowledge
from bot.knowledge.service import KnowledgeService
from bot.settings import PROJECT_DIR
from bot.store.database import Database
from bot.understanding.training import MARK
from bot.understanding.worker.gate import Mark

MOST_NAMED = 20  # questions named to an editor


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the gate: of the development set, or one that ``municipality`` confirmed. ``articles`` None: nobody judged."""

    text: str
    municipality: str | None
    areas: tuple[str, ...]
    articles: tuple[str, ...] | None
    unavailable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blame:
    addition: Addition
    why: str  # "label": it is what the questions were taken for; "area": its area is; "all": nothing is that narrow
    questions: tuple[Asked, ...]

    def to_json(self) -> dict[str, Any]:
        """As stored with the addition: common questions in words, the municipality's own by key, of others' only how many."""
        home = self.addition.municipality
        return {
            "why": self.why,
            "spoilt": len(self.questions),
            "questions": [q.text for q in self.questions if q.municipality is None][:MOST_NAMED],
            "confirmed": [question_key(q.text) for q in self.questions if q.municipality == home][:MOST_NAMED],
            "elsewhere": sum(q.municipality not in (None, home) for q in self.questions),
        }


async def questions_of(database: Database, common: Knowledge, corpus: Corpus) -> list[Asked]:
    """The development set, asked where no own article may answer; then every municipality's confirmed questions, asked as there."""
    from bot.understanding.development import load_development

    development = await asyncio.to_thread(load_development, corpus.folder)
    found = [
        Asked(question.text, None, question.areas, question.articles, corpus.own)
        for question in (development.questions if development else ())
    ]
    confirmed = await confirmed_questions(database)
    service, unavailable = KnowledgeService(common), {}
    async with database.read() as connection:
        for code in sorted({question.municipality for question in confirmed}):
            unavailable[code] = tuple((await service.of(connection, code)).unavailable)
    found += [Asked(q.text, q.municipality, q.areas, q.articles, unavailable[q.municipality]) for q in confirmed]
    return found


async def ask(
    model: Path, questions: Sequence[Asked], room: Path, tell: Callable[[float], None], *, low_priority: bool
) -> list[Mark]:
    """The marks of the model at ``model``. Raises ModelUnavailable when it cannot be loaded or fails."""
    file = room / f"questions-{model.stem}.jsonl"
    lines = "".join(json.dumps(asdict(question), ensure_ascii=False) + "\n" for question in questions)
    await asyncio.to_thread(file.write_text, lines, encoding="utf-8")
    behind = ["nice", "-n", "15"] if low_priority and os.name == "posix" else []
    path = await asyncio.to_thread(lambda: str(model.absolute()))
    process = await asyncio.create_subprocess_exec(
        *behind, sys.executable, "-W", "ignore", "-m", "bot.understanding.worker.asking", path, str(file),
        cwd=PROJECT_DIR,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=1 << 26,  # all marks are one line
    )  # fmt: skip
    last = ""
    try:
        assert process.stdout is not None
        async for raw in process.stdout:
            line = raw.decode(errors="replace")
            mark, _, share = line.partition("\t")
            if mark == MARK:
                tell(float(share))
            else:
                last = line
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise ModelUnavailable(f"the model {model.name} cannot be asked")
    return [Mark.from_json(value) for value in json.loads(last)]


def unmasked(questions: Iterable[Asked], own: Sequence[str]) -> list[Asked]:
    """The questions where every own article may answer, so that one that takes a question is seen doing it."""
    return [replace(q, unavailable=tuple(id for id in q.unavailable if id not in own)) for q in questions]


def blame(spoilt: Sequence[tuple[Asked, Mark, Mark]], suspects: Sequence[Addition]) -> list[Blame]:
    """Which of ``suspects`` spoilt the questions, each given with its mark as asked and its mark where own articles may answer.

    To blame is an addition whose label took a question; where no label did, one whose area did; where none did, every suspect."""
    everything = tuple(question for question, _, _ in spoilt)
    taken = [(question, {*masked.taken_by, *open_.taken_by}) for question, masked, open_ in spoilt]
    by_label = [
        Blame(addition, "label", tuple(question for question, labels in taken if addition.label in labels))
        for addition in suspects
    ]
    if found := [one for one in by_label if one.questions]:
        return found
    in_area = [(question, {label.partition("/")[0] for label in labels}) for question, labels in taken]
    by_area = [
        Blame(addition, "area", tuple(question for question, areas in in_area if addition.area in areas))
        for addition in suspects
    ]
    return [one for one in by_area if one.questions] or [Blame(addition, "all", everything) for addition in suspects]
