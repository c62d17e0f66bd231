"""Whether a new model may go live, by how it and the running one did on the same questions, whose right answers are known.

The new one passes when it loses nothing: on the development set no significant loss (McNemar's exact test, one-sided), no area that
loses three lines or more net, no more wrong answers than are allowed; and on no municipality's own confirmed questions a significant
loss, or one of three questions net. Each of these is judged by itself: a gain on questions that were just learnt hides no loss elsewhere.

Any new example moves a few questions in a thousand that stand on the edge, one way or the other. In a set of more than a hundred lines
three of these may fall to the same side by chance: there a loss must be significant too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

SIGNIFICANT = 0.05
LOSS = 3  # questions, net: in an area of the development set, or of a municipality …
LARGE = 100  # … and where there are more questions than this, only if it is significant
OUTSIDE = "out_of_scope"
WRONG_ANSWERS = 0.03  # share of the development set; the running model's own share where that is higher


@dataclass(frozen=True, slots=True)
class Mark:
    """How a model did on one question; ``area`` is None out of scope, ``municipality`` of the development set.

    ``taken_by``: the labels that the model saw in the question, likeliest first, or answered with."""

    area: str | None
    right: bool
    wrong_answer: bool
    municipality: str | None = None
    taken_by: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Mark:
        return cls(**{**value, "taken_by": tuple(value["taken_by"])})


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reasons`` against the new model: ``{"kind": "loss"}`` with lost, gained and p, ``"area"`` with area and lost,
    ``"municipality"`` with municipality, lost and gained, ``"wrong"`` with share and allowed."""

    passed: bool
    reasons: list[dict[str, Any]]
    questions: int
    gained: int  # of the development set, as lost, p and by_area
    lost: int
    p: float
    wrong_before: float
    wrong_now: float
    by_area: dict[str, int]  # lines won, net
    by_municipality: dict[str, dict[str, int]] = field(default_factory=dict)  # {code: {"questions", "gained", "lost"}}


def judge(running: Sequence[Mark], new: Sequence[Mark]) -> Verdict:
    """The verdict on two models' marks for the same questions."""
    pairs = list(zip(running, new, strict=True))
    development = [pair for pair in pairs if pair[1].municipality is None]
    gained, lost = _changes(development)
    p = loss_probability(gained, lost)
    reasons: list[dict[str, Any]] = []
    if p < SIGNIFICANT:
        reasons.append({"kind": "loss", "lost": lost, "gained": gained, "p": round(p, 4)})
    by_area = {}
    for area in sorted({now.area or OUTSIDE for _, now in development}):
        here = [pair for pair in development if (pair[1].area or OUTSIDE) == area]
        won, missed = _changes(here)
        by_area[area] = won - missed
        if _is_loss(won, missed, len(here)):
            reasons.append({"kind": "area", "area": area, "lost": missed - won})
    wrong_before, wrong_now = (_wrong_share([pair[which] for pair in development]) for which in (0, 1))
    allowed = max(WRONG_ANSWERS, wrong_before)
    if wrong_now > allowed:
        reasons.append({"kind": "wrong", "share": wrong_now, "allowed": allowed})
    by_municipality = {}
    for code in sorted({now.municipality for _, now in pairs if now.municipality}):
        here = [pair for pair in pairs if pair[1].municipality == code]
        won, missed = _changes(here)
        by_municipality[code] = {"questions": len(here), "gained": won, "lost": missed}
        if _is_loss(won, missed, len(here)):
            reasons.append({"kind": "municipality", "municipality": code, "lost": missed, "gained": won})
    return Verdict(
        not reasons,
        reasons,
        len(pairs),
        gained,
        lost,
        round(p, 4),
        wrong_before,
        wrong_now,
        by_area,
        by_municipality,
    )


def spoilt(running: Sequence[Mark], new: Sequence[Mark]) -> list[int]:
    """The places of the questions that the new model does worse: right no more, or answered wrongly where the running one was not."""
    return [
        place
        for place, (before, now) in enumerate(zip(running, new, strict=True))
        if (before.right and not now.right) or (now.wrong_answer and not before.wrong_answer)
    ]


def loss_probability(gained: int, lost: int) -> float:
    """How likely so many losses are among the questions that changed, if gain and loss were equally likely."""
    changed = gained + lost
    return sum(math.comb(changed, k) for k in range(lost, changed + 1)) / 2**changed


def mark(question: dict[str, Any], result: dict[str, Any]) -> Mark:
    """``result`` is a TurnResult as JSON. Right is the area, or that it is nobody's here; a wrong answer is never right."""
    areas, accepted = question["areas"], question["articles"]
    understood = result["understanding"]
    answered = result["decision"] == "Answer"
    wrong = answered and accepted is not None and not (result["answered"] and set(result["answered"]) <= set(accepted))
    top = understood["areas"]
    if areas:
        right = bool(top) and top[0]["id"] in areas and result["decision"] != "OutOfScope"
    else:
        buttons = [button["id"] for say in result["says"] for button in say["buttons"]]
        offered = any(id.startswith("outside:") for id in buttons)
        right = offered or result["decision"] in ("OutOfScope", "Smalltalk", "Escalate")
    return Mark(
        areas[0] if areas else None, right and not wrong, wrong, question.get("municipality"), _taken_by(result)
    )


def _taken_by(result: dict[str, Any]) -> tuple[str, ...]:
    understood = result["understanding"]
    kind, label = understood.get("kind", "article"), understood.get("label")
    first = [hit["id"] for hit in understood.get("articles", [])[:1]] if kind == "article" else [label] if label else []
    return tuple(dict.fromkeys([*first, *result["answered"]]))


def _is_loss(gained: int, lost: int, questions: int) -> bool:
    net = lost - gained
    return loss_probability(gained, lost) < SIGNIFICANT or (net >= LOSS and questions <= LARGE)


def _changes(pairs: Sequence[tuple[Mark, Mark]]) -> tuple[int, int]:
    gained = sum(not before.right and now.right for before, now in pairs)
    return gained, sum(before.right and not now.right for before, now in pairs)


def _wrong_share(marks: Sequence[Mark]) -> float:
    return round(sum(mark.wrong_answer for mark in marks) / len(marks), 4) if marks else 0.0
