"""What ``hotline evaluate`` counts, with a small file whose figures can be counted by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.knowledge.files import ArticleFileErrors
from bot.turn import Button, Hit, Say, TurnRequest, TurnResult, Understanding
from bot.understanding.evaluation import (
    Outcome,
    ask,
    bins,
    calibration_error,
    measure,
    prediction,
    read_lines,
    risk_coverage,
)
from bot.understanding.evaluation_report import report

AREAS = ["building", "waste", "licences"]


class Parrot:
    """Takes turns by rote: a text stands for what is decided."""

    def __init__(self, said: dict[str, TurnResult]):
        self.said = said
        self.requests: list[TurnRequest] = []

    async def turn(self, request: TurnRequest, timeout_s: float) -> TurnResult:
        self.requests.append(request)
        return self.said[request.text or ""]


def said(
    decision: Any,
    area: str = "building",
    sure: float = 0.8,
    articles: list[Hit] | None = None,
    answered: list[str] | None = None,
) -> TurnResult:
    others = [name for name in AREAS if name != area]
    areas = [Hit(area, sure), Hit(others[0], 0.1), Hit(others[1], 0.05)]
    return TurnResult(
        decision, understanding=Understanding(areas=areas, articles=articles or []), answered=answered or []
    )


FEE, PERMIT, BINS_OUT, BAR = (
    Hit("building/fee", 0.9),
    Hit("building/permit", 0.3),
    Hit("waste/bins", 0.7),
    Hit("licences/bar", 0.6),
)
LINES: list[tuple[dict[str, Any], TurnResult]] = [
    (
        {"text": "right", "lang": "da", "area": "building", "articles": ["building/fee"]},
        said("Answer", articles=[FEE], answered=["building/fee"]),
    ),
    (
        {"text": "wrong article", "lang": "da", "area": "building", "articles": ["building/permit"]},
        said("Answer", articles=[FEE, PERMIT], answered=["building/fee"]),
    ),
    (
        {"text": "other area", "lang": "en", "area": "waste", "articles": ["waste/bins"], "multi_area": ["building"]},
        said("Clarify", articles=[BAR, BINS_OUT]),
    ),
    (
        {"text": "none fits", "lang": "en", "area": "licences", "articles": []},
        said("Clarify", "waste", 0.4, [BINS_OUT]),
    ),
    (
        {"text": "called outside", "lang": "da", "area": "waste", "articles": ["waste/bins"]},
        said("OutOfScope", "waste", 0.5, [BINS_OUT]),
    ),
    ({"text": "pass and taxes", "lang": "da", "area": "out_of_scope"}, said("OutOfScope")),
    (
        {"text": "answered outside", "lang": "da", "area": "out_of_scope"},
        said("Answer", articles=[FEE], answered=["building/fee"]),
    ),
    ({"text": "a person please", "lang": "da", "area": "human", "must_escalate": True}, said("Escalate")),
    ({"text": "my case", "lang": "da", "area": "building", "must_escalate": True}, said("Clarify", "building", 0.2)),
]


async def outcomes(tmp_path: Path) -> list[Outcome]:
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(json.dumps(line) for line, _ in LINES), encoding="utf-8")
    parrot = Parrot({line["text"]: result for line, result in LINES})
    return await ask(parrot, read_lines(file, AREAS), "0000")


async def test_every_figure_counts_what_it_says(tmp_path: Path) -> None:
    figures = measure(await outcomes(tmp_path))
    assert figures["n"] == 9
    assert figures["area_top1"] == pytest.approx(
        5 / 6, abs=1e-4
    )  # only "none fits" misses: building also counts for "other area"
    assert figures["area_top3"] == 1
    assert figures["out_of_scope_recall"] == 0.5
    assert figures["in_scope_kept"] == pytest.approx(5 / 6, abs=1e-4)
    assert figures["answered"] == pytest.approx(2 / 6, abs=1e-4)
    assert figures["answered_right_area"] == 1
    assert figures["answered_right_article"] == 0.5
    assert figures["wrong_answers"] == pytest.approx(
        2 / 7, abs=1e-4
    )  # of five with known articles and two out of scope
    assert figures["article_top1"] == 0.5 and figures["article_top3"] == 1
    assert figures["human_recall"] == 1
    assert figures["must_escalate_recall"] == 0.5
    assert figures["by_area"]["waste"]["n"] == 2 and figures["by_area"]["waste"]["area_top1"] == 1
    assert figures["by_lang"]["en"]["n"] == 2
    assert figures["p50_ms"] is not None and figures["p99_ms"] >= figures["p50_ms"]


def test_calibration_error_is_the_mean_distance_of_confidence_and_truth() -> None:
    # Four at 0.95 of which three are right (0.2 off), one at 0.15 that is right (0.85 off).
    pairs = [(0.95, True), (0.95, True), (0.95, True), (0.95, False), (0.15, True)]
    assert calibration_error(pairs) == pytest.approx((4 * 0.2 + 1 * 0.85) / 5)
    assert [n for n, _, _ in bins([*pairs, (1.0, True)])] == [1, 5]
    assert calibration_error([]) is None


async def test_a_choice_that_names_an_authority_counts_as_recalled(tmp_path: Path) -> None:
    (tmp_path / "line.jsonl").write_text('{"text": "moms", "lang": "da", "area": "out_of_scope"}', encoding="utf-8")
    for button, recall in (("outside:out_of_scope/tax_authority", 1), ("article:building/fee", 0)):
        result = replace(said("Clarify"), says=[Say(text="clarify_mixed", buttons=[Button(button)])])
        asked = await ask(Parrot({"moms": result}), read_lines(tmp_path / "line.jsonl", AREAS), "0000")
        assert measure(asked)["out_of_scope_recall"] == recall


async def test_risk_rises_as_more_is_answered(tmp_path: Path) -> None:
    curve = risk_coverage(await outcomes(tmp_path))
    assert curve[-1][0] == 1 and curve[0][0] == pytest.approx(1 / 6)
    assert curve[-1][1] == pytest.approx(4 / 6)


async def test_a_share_that_no_line_speaks_for_is_null(tmp_path: Path) -> None:
    only = [outcome for outcome in await outcomes(tmp_path) if outcome.line.area == "human"]
    figures = measure(only)
    assert figures["area_top1"] is None and figures["out_of_scope_recall"] is None and figures["by_area"] == {}
    assert json.loads(json.dumps(figures))["answered"] is None


async def test_a_prediction_is_masked_keeps_unknown_fields_and_the_order(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text(
        '{"text": "mit cpr er 010190-1234", "id": "h1", "note": "cpr 010190-1234"}\n\n{"text": "to"}\n',
        encoding="utf-8",
    )
    masked = "mit cpr er [CPR-nummer fjernet]"
    result = said("Answer", articles=[FEE, PERMIT], answered=["building/fee"])
    parrot = Parrot({masked: result, "to": result})
    first, second = [
        prediction(outcome) for outcome in await ask(parrot, read_lines(file, AREAS), "0000", ["waste/own"])
    ]
    assert first["text"] == masked and first["id"] == "h1" and "010190" not in json.dumps(first)
    assert second["text"] == "to"
    assert (
        first["decision"] == "Answer"
        and first["article"] == "building/fee"
        and first["answered_articles"] == ["building/fee"]
    )
    assert first["areas"][0] == {"area": "building", "confidence": 0.8}
    assert first["articles"] == [
        {"id": "building/fee", "confidence": 0.9},
        {"id": "building/permit", "confidence": 0.3},
    ]
    assert first["language"] == "da" and first["entities"] == []
    assert parrot.requests[0].municipality == "0000" and parrot.requests[0].unavailable == ["waste/own"]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("{", "questions.jsonl:2"),
        ('["text"]', "questions.jsonl:2"),
        ('{"text": ""}', "questions.jsonl:2: text"),
        ('{"text": "x", "area": "roads"}', "questions.jsonl:2: area"),
        ('{"text": "x", "lang": "xx"}', "questions.jsonl:2: lang"),
        ('{"text": "x", "articles": "building/fee"}', "questions.jsonl:2: articles"),
        ('{"text": "x", "multi_area": ["roads"]}', "questions.jsonl:2: multi_area"),
        ('{"text": "x", "must_escalate": "yes"}', "questions.jsonl:2: must_escalate"),
    ],
)
def test_a_malformed_line_is_refused_with_its_place(tmp_path: Path, line: str, place: str) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(f'{{"text": "fine"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(ArticleFileErrors, match=place.replace(".", r"\.")):
        read_lines(file, AREAS)


def test_a_file_without_questions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n\n")
    with pytest.raises(ArticleFileErrors, match="no questions"):
        read_lines(tmp_path / "empty.jsonl", AREAS)


async def test_the_report_shows_every_drawing_and_escapes_what_was_typed(tmp_path: Path) -> None:
    found = await outcomes(tmp_path)
    bad = TurnResult(
        "Answer", understanding=Understanding(areas=[Hit("building", 0.9)], articles=[FEE]), answered=["building/fee"]
    )
    file = tmp_path / "evil.jsonl"
    file.write_text(json.dumps({"text": "<script>alert(1)</script>", "area": "waste", "articles": []}))
    found += await ask(Parrot({"<script>alert(1)</script>": bad}), read_lines(file, AREAS), "0000")
    page = report(measure(found), found, "model <1>")
    assert page.count("<svg") == 2 and "Confusion" in page and "Worst misses" in page
    assert "<script" not in page and "&lt;script&gt;alert(1)" in page and "model &lt;1&gt;" in page
