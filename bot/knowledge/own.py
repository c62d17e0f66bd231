"""A municipality's own articles: how the database and files keep them. Pure.

Their ids end with the municipality's code, so that two municipalities' articles never meet in the one model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

import yaml

from bot.knowledge.bundle import article_from
from bot.knowledge.content import LANGUAGES, Article, Problem
from bot.knowledge.parts import read_article_fields
from bot.knowledge.reading import Reader

_TEXTS = ("title", "answer", "follow_ups")


def own_id(name: str, municipality: str) -> str:
    """``area/name`` as the id of the municipality's own article."""
    return f"{name}_{municipality}"


def bare_name(article_id: str, municipality: str) -> str:
    """``area/name`` of an own article, as another municipality may use it."""
    return article_id.removesuffix(f"_{municipality}")


def to_body(article: Article) -> dict[str, Any]:
    """The article as JSON, for the database."""
    body: dict[str, Any] = json.loads(json.dumps(asdict(article), default=str))
    return {key: value for key, value in body.items() if key not in ("id", "municipality")}


def from_body(article_id: str, municipality: str, body: Mapping[str, Any]) -> Article:
    """The article that :func:`to_body` made ``body`` of."""
    return article_from({**body, "id": article_id, "municipality": municipality})


def texts_of(article: Article) -> dict[str, Any]:
    """What a municipality may write differently in an article of the common base."""
    return {name: to_body(article)[name] for name in _TEXTS}


def to_entry(article: Article) -> dict[str, Any]:
    """The article as it stands in a file of the knowledge base."""
    entry = {"id": article.id, **to_body(article), "reviewed": article.reviewed}
    order = ("id", "kle", "owner", "law", "reviewed", "title", "answer", "sources", "local", "follow_ups", "examples")
    found = {key: entry[key] for key in order if entry[key] or key in ("kle", "sources", "examples")}
    return found | ({"municipality": article.municipality} if article.municipality else {})


def dump(content: Any) -> str:
    """YAML that people read: texts in full, in the order given."""
    return yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000)


def read_entry(entry: Mapping[str, Any]) -> tuple[Article, list[Problem]]:
    """The article of an entry that was not read from a file, and all that is wrong with it."""
    reader = Reader.of("entry.yml", dict(entry))
    return read_article_fields(reader, (0, 0)), reader.problems


def entry_of(article: Article, changes: Mapping[str, Any]) -> dict[str, Any]:
    """``article`` with ``changes`` as an entry; local values that its texts no longer name are left out."""
    entry = to_entry(article) | {key: value for key, value in changes.items() if value is not None}
    texts = json.dumps([entry.get("answer"), entry.get("follow_ups")], ensure_ascii=False)
    local = entry.get("local", [])
    if not isinstance(local, list):
        return entry
    return entry | {"local": [value for value in local if _is_kept(value, texts)]}


def _is_kept(value: Any, texts: str) -> bool:
    """Whether the texts name the local value; what is none is kept, so that it is complained of."""
    name = value.get("name") if isinstance(value, Mapping) else None
    return not isinstance(name, str) or f"{{{name}}}" in texts


def new_article(name: str, municipality: str, today: date) -> Article:
    """An empty own article, to be filled in."""
    empty = dict.fromkeys(LANGUAGES, "")
    return Article(
        own_id(name, municipality),
        name.partition("/")[0],
        (),
        (),
        today,
        empty,
        empty,
        (),
        (),
        {},
        {language: () for language in LANGUAGES},
        municipality,
    )


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)
