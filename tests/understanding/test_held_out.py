"""The exam questions in ``nlu_data/held_out``: well formed, and none of them also in what the model learns from."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.knowledge.files import load_knowledge

FOLDER = Path(__file__).parents[2] / "nlu_data"
HELD_OUT = FOLDER / "held_out" / "questions.jsonl"
DEVELOPMENT = FOLDER / "development" / "development.jsonl"
ARTICLES = {
    path.relative_to(FOLDER / "articles").with_suffix("").as_posix() for path in FOLDER.glob("articles/*/*.yml")
}
AREAS = {
    "building",
    "environment",
    "waste",
    "employment",
    "procurement",
    "planning",
    "land_premises",
    "licences",
    "public_space",
    "startup",
    "taxes_fees",
    "contact_case",
}
OUTSIDE = {"out_of_scope": 175, "human": 30, "smalltalk": 20, "abuse": 10}  # with the least number of lines of each
FIELDS = {"id", "text", "lang", "area", "articles", "multi_area", "must_escalate"}
CPR_NUMBER = re.compile(r"\b\d{6}[- ]?\d{4}\b")


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def normalised(text: str) -> str:
    """Lower case, without punctuation, white space folded; what has no letter or digit stays as it is."""
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split()) or text.strip()


LINES = read(HELD_OUT)
IN_SCOPE = [line for line in LINES if line["area"] in AREAS]


def collisions(texts: Iterator[str]) -> list[tuple[str, str]]:
    known = {normalised(text) for text in texts}
    return [(line["id"], line["text"]) for line in LINES if normalised(line["text"]) in known]


def test_no_line_is_a_training_example() -> None:
    assert collisions(text for _, _, text in load_knowledge(FOLDER).examples()) == []


def test_no_line_is_in_the_development_set() -> None:
    if not DEVELOPMENT.exists():
        pytest.skip("there is no development set")
    assert collisions(line["text"] for line in read(DEVELOPMENT)) == []


def test_every_line_is_well_formed() -> None:
    for line in LINES:
        expect_well_formed(line)


def expect_well_formed(line: dict[str, Any]) -> None:
    assert set(line) == FIELDS, line
    assert re.fullmatch(r"h\d{4}", line["id"])
    assert isinstance(line["text"], str) and line["text"] == line["text"].strip() != ""
    assert line["lang"] in {"da", "en"}
    assert line["area"] in AREAS | set(OUTSIDE)
    assert isinstance(line["must_escalate"], bool)
    assert set(line["articles"]) <= ARTICLES
    assert set(line["multi_area"]) <= AREAS - {line["area"]}
    for values in (line["articles"], line["multi_area"]):
        assert isinstance(values, list) and len(values) == len(set(values))
    right_areas = {line["area"], *line["multi_area"]}
    assert {article.split("/")[0] for article in line["articles"]} <= right_areas
    assert line["area"] != "human" or line["must_escalate"]
    assert not CPR_NUMBER.search(line["text"])


def test_ids_and_texts_are_unique() -> None:
    for values in ([line["id"] for line in LINES], [normalised(line["text"]) for line in LINES]):
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_there_are_enough_lines_of_each_kind() -> None:
    counts = Counter(line["area"] for line in LINES)
    assert len(LINES) >= 700
    assert {area: counts[area] for area in sorted(AREAS) if counts[area] < 35} == {}
    assert {area: counts[area] for area, least in OUTSIDE.items() if counts[area] < least} == {}
    assert counts["out_of_scope"] >= len(LINES) / 4
    assert sum(bool(line["multi_area"]) for line in LINES) >= 60
    assert sum(line["must_escalate"] for line in IN_SCOPE) >= 40


def test_shares() -> None:
    english = sum(line["lang"] == "en" for line in LINES) / len(LINES)
    unanswered = sum(not line["articles"] for line in IN_SCOPE) / len(IN_SCOPE)
    assert 0.3 <= english <= 0.37
    assert 0.13 <= unanswered <= 0.17
