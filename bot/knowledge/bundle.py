"""The knowledge base as JSON lines, one per part: how it travels inside a trained model. Examples stay behind."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from bot.knowledge.content import (
    Area,
    Article,
    Authority,
    DialogueEntry,
    Knowledge,
    LocalValue,
    Package,
    Source,
    Step,
)


def to_lines(knowledge: Knowledge) -> Iterator[str]:
    """One JSON line per area, article, dialogue entry, text and package."""
    for kind in ("areas", "articles", "dialogue", "packages"):
        for value in getattr(knowledge, kind).values():
            fields = asdict(value) | ({} if kind == "areas" else {"examples": {}})
            yield _line(kind, fields)
    for key, texts in knowledge.texts.items():
        yield _line("texts", {"key": key, "texts": dict(texts)})


def from_lines(lines: Iterable[str]) -> Knowledge:
    """The knowledge base that :func:`to_lines` wrote, without examples."""
    parts: dict[str, dict[str, Any]] = {"areas": {}, "articles": {}, "dialogue": {}, "packages": {}, "texts": {}}
    for line in lines:
        kind, value = json.loads(line)
        if kind == "areas":
            parts[kind][value["key"]] = Area(**value | {"kle": tuple(value["kle"])})
        elif kind == "articles":
            parts[kind][value["id"]] = article_from(value)
        elif kind == "dialogue":
            authority = value["authority"]
            parts[kind][value["label"]] = DialogueEntry(
                **value | {"authority": Authority(**authority) if authority else None}
            )
        elif kind == "packages":
            steps = tuple(Step(**step) for step in value["steps"])
            parts[kind][value["id"]] = Package(
                **value | {"steps": steps, "reviewed": date.fromisoformat(value["reviewed"])}
            )
        else:
            parts[kind][value["key"]] = value["texts"]
    return Knowledge(**parts)  # type: ignore[arg-type]  # a part is read by its name


def article_from(value: dict[str, Any]) -> Article:
    """The article that ``dataclasses.asdict`` and JSON made ``value`` of."""
    return Article(
        **value
        | {
            "kle": tuple(value["kle"]),
            "law": tuple(value["law"]),
            "examples": {language: tuple(texts) for language, texts in value["examples"].items()},
            "reviewed": date.fromisoformat(value["reviewed"]),
            "sources": tuple(Source(**source) for source in value["sources"]),
            "local": tuple(LocalValue(**local) for local in value["local"]),
        }
    )


def _line(kind: str, value: dict[str, Any]) -> str:
    return json.dumps([kind, value], ensure_ascii=False, default=str, sort_keys=True)
