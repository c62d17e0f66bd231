"""Whether a new model may go live: ``python -m bot.understanding.worker.gate NEW RUNNING QUESTIONS`` writes the verdict as JSON.

Both models are asked the same questions, whose right answers are known. The new one passes when it loses nothing: no significant loss
over all (McNemar's exact test, one-sided), no area that loses three lines or more net, and no more wrong answers than are allowed.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SIGNIFICANT = 0.05
AREA_LOSS = 3  # lines, net
WRONG_ANSWERS = 0.03  # share of all questions; the running model's own share where that is higher
MUNICIPALITY = "0000"


@dataclass(frozen=True, slots=True)
class Mark:
    """How a model did on one question; ``area`` is None out of scope."""

    area: str | None
    right: bool
    wrong_answer: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    passed: bool
    reasons: list[str]
    questions: int
    gained: int
    lost: int
    p: float
    wrong_before: float
    wrong_now: float
    by_area: dict[str, int]  # lines won, net


def judge(running: Sequence[Mark], new: Sequence[Mark]) -> Verdict:
    """The verdict on two models' marks for the same questions."""
    gained = sum(not before.right and now.right for before, now in zip(running, new, strict=True))
    lost = sum(before.right and not now.right for before, now in zip(running, new, strict=True))
    by_area: Counter[str] = Counter()
    for before, now in zip(running, new, strict=True):
        by_area[now.area or "out_of_scope"] += now.right - before.right
    p = loss_probability(gained, lost)
    wrong_before, wrong_now = _wrong_share(running), _wrong_share(new)
    reasons = []
    if lost > gained and p < SIGNIFICANT:
        reasons.append(f"loses {lost} questions and gains {gained} (p = {p:.3f})")
    for area, net in sorted(by_area.items()):
        if net <= -AREA_LOSS:
            reasons.append(f"loses {-net} questions net in {area}")
    if wrong_now > max(WRONG_ANSWERS, wrong_before):
        reasons.append(
            f"answers {wrong_now:.1%} of the questions wrongly; {max(WRONG_ANSWERS, wrong_before):.1%} are allowed"
        )
    return Verdict(not reasons, reasons, len(new), gained, lost, round(p, 4), wrong_before, wrong_now, dict(by_area))


def loss_probability(gained: int, lost: int) -> float:
    """How likely so many losses are among the questions that changed, if gain and loss were equally likely."""
    changed = gained + lost
    return sum(math.comb(changed, k) for k in range(lost, changed + 1)) / 2**changed


def mark(question: dict[str, Any], result: dict[str, Any]) -> Mark:
    """``result`` is a TurnResult as JSON. Right is the area, or that it is nobody's here; a wrong answer is never right."""
    areas, accepted = question["areas"], question["articles"]
    answered = result["decision"] == "Answer"
    wrong = answered and accepted is not None and not (result["answered"] and set(result["answered"]) <= set(accepted))
    top = result["understanding"]["areas"]
    if areas:
        right = bool(top) and top[0]["id"] in areas and result["decision"] != "OutOfScope"
    else:
        right = result["decision"] in ("OutOfScope", "Smalltalk", "Escalate")
    return Mark(areas[0] if areas else None, right and not wrong, wrong)


def _wrong_share(marks: Sequence[Mark]) -> float:
    return round(sum(mark.wrong_answer for mark in marks) / len(marks), 4) if marks else 0.0


async def _ask(model: Path, questions: list[dict[str, Any]]) -> list[Mark]:
    from bot.turn import TurnRequest
    from bot.understanding.worker.process import load_turns

    turns = load_turns(model)
    found = []
    for question in questions:
        request = TurnRequest(MUNICIPALITY, text=question["text"], unavailable=list(question["unavailable"]))
        found.append(mark(question, await turns.take(request.to_json())))
    return found


def compare(new: Path, running: Path, file: Path) -> Verdict:
    """The verdict on the models at ``new`` and ``running`` by the questions in ``file``; without questions the new one passes."""
    questions = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    if not questions:
        return judge([], [])
    return judge(asyncio.run(_ask(running, questions)), asyncio.run(_ask(new, questions)))


if __name__ == "__main__":
    verdict = compare(*map(Path, sys.argv[1:4]))
    sys.stdout.write(json.dumps(asdict(verdict)) + "\n")
