"""What the knowledge base holds, as frozen values. Texts are ``{"da": …, "en": …}``; ids are ``area/name`` or ``group/name``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

LANGUAGES = ("da", "en")
FACETS = ("price", "duration", "apply", "deadline", "documents", "appeal")

Texts = Mapping[str, str]
Examples = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Area:
    """One of the twelve municipal fields; ``kle`` are codes with their titles."""

    key: str
    name: Texts
    covers: Texts
    excludes: Texts
    kle: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class LocalValue:
    """A value that each municipality fills in; ``core``: the answer is worthless without it."""

    name: str
    label: Texts
    example: Texts
    core: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """One checked answer. ``municipality`` is None in the common base, else the code of the only one it answers in."""

    id: str
    owner: str
    kle: tuple[str, ...]
    law: tuple[str, ...]
    reviewed: date
    title: Texts
    answer: Texts
    sources: tuple[Source, ...]
    local: tuple[LocalValue, ...]
    follow_ups: Mapping[str, Texts]
    examples: Examples
    municipality: str | None = None

    @property
    def area(self) -> str:
        return self.id.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Authority:
    name: Texts
    url: str


@dataclass(frozen=True, slots=True)
class DialogueEntry:
    """What the bot understands that is no article, and what it says; ``text`` is None where the decision has to speak."""

    label: str
    examples: Examples
    text: Texts | None = None
    authority: Authority | None = None


@dataclass(frozen=True, slots=True)
class Step:
    area: str
    what: Texts
    where: Texts | None = None
    time: Texts | None = None
    article: str | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A starter package: every step of an undertaking, in the order to take them."""

    id: str
    title: Texts
    intro: Texts
    reviewed: date
    steps: tuple[Step, ...]
    examples: Examples


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one file; ``line`` counts from 1, ``field`` is a path like ``sources[0].url``."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return f"{where}: {self.field}: {self.message}" if self.field else f"{where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that the files hold; ``other`` are an area's questions without an article."""

    areas: Mapping[str, Area] = field(default_factory=dict)
    articles: Mapping[str, Article] = field(default_factory=dict)
    other: Mapping[str, Examples] = field(default_factory=dict)
    dialogue: Mapping[str, DialogueEntry] = field(default_factory=dict)
    texts: Mapping[str, Texts] = field(default_factory=dict)
    packages: Mapping[str, Package] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()

    def outside_title(self, label: str) -> Texts | None:
        """What a choice is called that others than the municipality deal with; None for what is nobody's."""
        entry = self.dialogue.get(label)
        return entry.authority.name if entry and entry.authority else self.texts.get(label.replace("/", "_"))

    def examples(self) -> Iterator[tuple[str, str, str]]:
        """Every training example as (label, language, text), always in the same order."""
        for label, examples in self._labelled():
            for language in LANGUAGES:
                for text in examples.get(language, ()):
                    yield label, language, text

    def _labelled(self) -> Iterator[tuple[str, Examples]]:
        for article in self.articles.values():
            yield article.id, article.examples
        for area, examples in self.other.items():
            yield f"{area}/other", examples
        for entry in self.dialogue.values():
            yield entry.label, entry.examples
        for package in self.packages.values():
            yield f"package/{package.id}", package.examples
