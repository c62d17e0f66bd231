"""Asks a model questions whose right answers are known: ``python -m bot.understanding.worker.asking MODEL QUESTIONS`` writes the marks.

A line of QUESTIONS is ``{"text", "municipality", "areas", "articles", "unavailable"}``. The last line of the output is the list of
marks; lines before it tell how far it is.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.understanding.training import MARK
from bot.understanding.worker.gate import Mark, mark

NOWHERE = "0000"  # where the development set is asked
TELL_EVERY = 50  # questions


async def ask(model: Path, questions: list[dict[str, Any]]) -> list[Mark]:
    """The marks of the model at ``model`` for the questions, in their order."""
    from bot.turn import TurnRequest
    from bot.understanding.worker.process import load_turns

    turns = load_turns(model)
    found = []
    for place, question in enumerate(questions):
        if place % TELL_EVERY == 0:
            sys.stdout.write(f"{MARK}\t{place / len(questions):.3f}\n")
            sys.stdout.flush()
        here = question["municipality"] or NOWHERE
        request = TurnRequest(here, text=question["text"], unavailable=list(question["unavailable"]))
        found.append(mark(question, await turns.take(request.to_json())))
    return found


if __name__ == "__main__":
    lines = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
    marks = asyncio.run(ask(Path(sys.argv[1]), [json.loads(line) for line in lines]))
    sys.stdout.write(json.dumps([asdict(one) for one in marks]) + "\n")
