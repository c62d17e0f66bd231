"""The development set: questions whose area and acceptable articles are known. For weights, thresholds and the gate; never for examples.

``development.jsonl`` holds the messages with ``area``, ``multi_area`` and ``need``; ``needs.yml`` maps needs to article ids that answer
them (``[]``: none does), ``exceptions.yml`` single messages that differ from their need.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = "development"


@dataclass(frozen=True, slots=True)
class Question:
    """``areas``: all that are right, none when out of scope; ``articles``: all that answer it, or None where nobody has judged."""

    text: str
    language: str
    need: str
    areas: tuple[str, ...]
    articles: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Development:
    questions: tuple[Question, ...]

    def to_lines(self) -> list[str]:
        return [json.dumps(asdict(question), ensure_ascii=False) for question in self.questions]

    @classmethod
    def from_lines(cls, lines: list[str]) -> Development | None:
        """None when there are none."""
        values = [json.loads(line) for line in lines]
        questions = [
            Question(
                **value
                | {
                    "areas": tuple(value["areas"]),
                    "articles": None if value["articles"] is None else tuple(value["articles"]),
                }
            )
            for value in values
        ]
        return cls(tuple(questions)) if questions else None


def load_development(folder: Path) -> Development | None:
    """The development set of a knowledge base in ``folder``; None when it has none."""
    home = folder / FOLDER
    file = home / "development.jsonl"
    if not file.is_file():
        return None
    needs, exceptions = _mapping(home / "needs.yml"), _mapping(home / "exceptions.yml")
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return Development(tuple(_question(line, needs, exceptions) for line in lines))


def _question(line: dict[str, Any], needs: dict[str, Any], exceptions: dict[str, Any]) -> Question:
    inside = line["area"] != "out_of_scope"
    need = line.get("need") or line["text"]
    articles = exceptions.get(str(line.get("id")), needs.get(need)) if inside else []
    return Question(
        text=line["text"],
        language=line.get("lang", "da"),
        need=need,
        areas=tuple(dict.fromkeys([line["area"], *line.get("multi_area", ())])) if inside else (),
        articles=None if articles is None else tuple(articles),
    )


def _mapping(file: Path) -> dict[str, Any]:
    return (yaml.safe_load(file.read_text(encoding="utf-8")) or {}) if file.is_file() else {}
