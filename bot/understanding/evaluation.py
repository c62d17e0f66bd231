"""How well a model does on questions whose answers are known: reads them, asks the worker as a turn would, and measures.

Shares are None where no line speaks for them. What each figure counts stands in docs/understanding.md.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bot.knowledge.content import Problem
from bot.knowledge.files import ArticleFileErrors
from bot.masking import mask, mask_json
from bot.turn import Hit, TurnRequest, TurnResult, offers_outside

OUTSIDE = ("out_of_scope", "human", "smalltalk", "abuse")
BINS = 10
TURN_TIMEOUT_S = 30.0
KNOWN = frozenset(["text", "lang", "area", "articles", "multi_area", "must_escalate"])


class TurnTaker(Protocol):
    async def turn(self, request: TurnRequest, timeout_s: float) -> TurnResult: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One question: ``area`` and ``articles`` are None where they are not known; ``articles`` is () when answering is wrong."""

    text: str
    lang: str | None
    area: str | None
    right_areas: frozenset[str]
    articles: tuple[str, ...] | None
    must_escalate: bool
    passed_through: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    line: Line
    result: TurnResult
    ms: float

    @property
    def in_scope(self) -> bool:
        return self.line.area is not None and self.line.area not in OUTSIDE

    @property
    def areas(self) -> list[Hit]:
        return self.result.understanding.areas

    @property
    def articles(self) -> list[Hit]:
        return self.result.understanding.articles

    @property
    def answered(self) -> bool:
        return self.result.decision == "Answer"

    @property
    def is_referred(self) -> bool:
        """Others are named as those who deal with it: outright, or among the choices."""
        return self.result.decision == "OutOfScope" or offers_outside(self.result.says)

    @property
    def area_is_right(self) -> bool:
        return bool(self.areas) and self.areas[0].id in self.line.right_areas

    @property
    def answer_is_right(self) -> bool:
        """Every article that was given is one of those that answer the question."""
        return bool(self.result.answered) and set(self.result.answered) <= set(self.line.articles or ())

    @property
    def answered_in_right_area(self) -> bool:
        given = [id for id in self.result.answered if not id.startswith("package/")]
        return all(id.partition("/")[0] in self.line.right_areas for id in given) if given else self.area_is_right


def read_lines(file: Path, areas: Sequence[str]) -> list[Line]:
    """Every line of ``file``. Raises ArticleFileErrors, naming file and line of all that is wrong."""
    lines, problems = [], []
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not text.strip():
            continue
        try:
            value = json.loads(text)
        except ValueError:
            problems.append(Problem(file.name, number, "", "is no JSON"))
            continue
        found = _complaints(value, areas)
        problems += [Problem(file.name, number, field, message) for field, message in found]
        if not found:
            lines.append(_line(value))
    if not lines and not problems:
        problems.append(Problem(file.name, 1, "", "holds no questions"))
    if problems:
        raise ArticleFileErrors(problems)
    return lines


def _complaints(value: Any, areas: Sequence[str]) -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        return [("", "must be an object")]
    found = []
    if not isinstance(value.get("text"), str) or not value["text"].strip():
        found.append(("text", "must be a text"))
    if value.get("area") not in (None, *areas, *OUTSIDE):
        found.append(("area", f"must be one of the areas, {', '.join(OUTSIDE)}"))
    if value.get("lang") not in (None, "da", "en", "other"):
        found.append(("lang", "must be da, en or other"))
    if value.get("must_escalate") not in (None, True, False):
        found.append(("must_escalate", "must be true or false"))
    for field in ("articles", "multi_area"):
        given = value.get(field)
        if given is not None and not (isinstance(given, list) and all(isinstance(item, str) for item in given)):
            found.append((field, "must be a list of ids"))
        elif field == "multi_area":
            found += [(field, f"{item!r} is no area") for item in given or () if item not in areas]
    return found


def _line(value: dict[str, Any]) -> Line:
    area, articles = value.get("area"), value.get("articles")
    return Line(
        text=value["text"],
        lang=value.get("lang"),
        area=area,
        right_areas=frozenset(() if area is None or area in OUTSIDE else (area, *(value.get("multi_area") or ()))),
        articles=None if articles is None else tuple(articles),
        must_escalate=bool(value.get("must_escalate")),
        passed_through={key: item for key, item in value.items() if key not in KNOWN},
    )


async def ask(
    pool: TurnTaker,
    lines: Sequence[Line],
    municipality: str,
    unavailable: Sequence[str] = (),
    incomplete: Sequence[str] = (),
    progress: Callable[[float], None] = lambda share: None,
) -> list[Outcome]:
    """Each line as the first message of a new inquiry, in order."""
    outcomes = []
    for number, line in enumerate(lines, 1):
        request = TurnRequest(
            municipality, text=mask(line.text).text, unavailable=list(unavailable), incomplete=list(incomplete)
        )
        began = time.perf_counter()
        result = await pool.turn(request, TURN_TIMEOUT_S)
        outcomes.append(Outcome(line, result, (time.perf_counter() - began) * 1000))
        progress(number / len(lines))
    return outcomes


def prediction(outcome: Outcome) -> dict[str, Any]:
    """What the model made of a line; fields that mean nothing here are passed through."""
    understood, answered = outcome.result.understanding, outcome.result.answered
    return {
        **mask_json(dict(outcome.line.passed_through)),
        "text": mask(outcome.line.text).text,
        "decision": outcome.result.decision,
        "article": answered[0] if answered else None,
        "answered_articles": list(answered),
        "areas": [{"area": hit.id, "confidence": hit.confidence} for hit in understood.areas],
        "articles": [{"id": hit.id, "confidence": hit.confidence} for hit in understood.articles],
        "language": understood.language,
        "entities": understood.entities,
    }


def measure(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """All figures, and the main ones by area and by language."""
    times = sorted(outcome.ms for outcome in outcomes)
    areas = sorted({outcome.line.area for outcome in outcomes if outcome.in_scope and outcome.line.area})
    languages = sorted({outcome.line.lang for outcome in outcomes if outcome.line.lang})
    return {
        "n": len(outcomes),
        **_figures(outcomes),
        "p50_ms": _quantile(times, 0.5),
        "p99_ms": _quantile(times, 0.99),
        "by_area": {area: _part([o for o in outcomes if o.in_scope and o.line.area == area]) for area in areas},
        "by_lang": {lang: _part([o for o in outcomes if o.line.lang == lang]) for lang in languages},
    }


def _part(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {"n": len(outcomes), **_figures(outcomes)}


def _figures(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    inside = [o for o in outcomes if o.in_scope]
    answered = [o for o in inside if o.answered]
    judged = [o for o in inside if o.line.articles]
    known = [o for o in inside if o.line.articles is not None]
    outside = [o for o in outcomes if o.line.area == "out_of_scope"]
    wrong = [o.answered and not o.answer_is_right for o in (*known, *outside)]
    return {
        "area_top1": _share([o.area_is_right for o in inside]),
        "area_top3": _share([any(hit.id in o.line.right_areas for hit in o.areas[:3]) for o in inside]),
        "out_of_scope_recall": _share([o.is_referred for o in outside]),
        "in_scope_kept": _share([o.result.decision != "OutOfScope" for o in inside]),
        "answered": _share([o.answered for o in inside]),
        "answered_right_area": _share([o.answered_in_right_area for o in answered]),
        "answered_right_article": _share([o.answer_is_right for o in answered if o.line.articles is not None]),
        "wrong_answers": _share(wrong),
        "article_top1": _share([_found(o, 1) for o in judged]),
        "article_top3": _share([_found(o, 3) for o in judged]),
        "human_recall": _share([o.result.decision == "Escalate" for o in outcomes if o.line.area == "human"]),
        "must_escalate_recall": _share([o.result.decision == "Escalate" for o in outcomes if o.line.must_escalate]),
        "calibration_error": calibration_error([(o.areas[0].confidence, o.area_is_right) for o in inside if o.areas]),
        "article_calibration_error": calibration_error(
            [(o.articles[0].confidence, o.articles[0].id in (o.line.articles or ())) for o in known if o.articles]
        ),
    }


def _found(outcome: Outcome, among: int) -> bool:
    return any(hit.id in (outcome.line.articles or ()) for hit in outcome.articles[:among])


def bins(pairs: Sequence[tuple[float, bool]]) -> list[tuple[int, float, float]]:
    """Ten equal steps of confidence as (number, mean confidence, share right), empty ones left out."""
    found = []
    for step in range(BINS):
        inside = [(c, right) for c, right in pairs if min(int(c * BINS), BINS - 1) == step]
        if inside:
            found.append(
                (len(inside), sum(c for c, _ in inside) / len(inside), sum(r for _, r in inside) / len(inside))
            )
    return found


def calibration_error(pairs: Sequence[tuple[float, bool]]) -> float | None:
    """The expected calibration error over ten bins."""
    if not pairs:
        return None
    return round(sum(n * abs(confidence - right) for n, confidence, right in bins(pairs)) / len(pairs), 4)


def risk_coverage(outcomes: Sequence[Outcome]) -> list[tuple[float, float]]:
    """Answering the surest first: (share of all answered, share of those wrong), in scope and out of it, where articles are known."""
    known = [
        o
        for o in outcomes
        if o.articles and (o.line.area == "out_of_scope" or (o.in_scope and o.line.articles is not None))
    ]
    ranked = sorted(known, key=lambda o: -o.articles[0].confidence)
    curve, wrong = [], 0
    for number, outcome in enumerate(ranked, 1):
        wrong += outcome.articles[0].id not in (outcome.line.articles or ())
        curve.append((number / len(ranked), wrong / number))
    return curve


def _share(claims: Sequence[bool]) -> float | None:
    return round(sum(claims) / len(claims), 4) if claims else None


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 2) if ordered else None
