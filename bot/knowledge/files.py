"""Loads and checks the files under ``nlu_data``: articles, areas' other questions, dialogue, texts and packages.

All errors of all files are collected before :class:`ArticleFileErrors` is raised, so that an author sees them at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from bot.errors import ArticleFileError
from bot.knowledge.content import (
    Area,
    Article,
    DialogueEntry,
    Examples,
    Knowledge,
    Package,
    Problem,
    Texts,
)
from bot.knowledge.parts import (
    parse_article,
    read_areas,
    read_authority,
    read_checked_texts,
    read_fixed_texts,
    read_package,
)
from bot.knowledge.reading import NAME, FieldPath, Reader

MINIMUM_EXAMPLES = (15, 15)  # Danish, English: what an article needs to be told from its siblings
REVIEW_AFTER = timedelta(days=365)
TEXTS_FILE = "dialogue/texts.yml"


class ArticleFileErrors(ArticleFileError):
    """``problems`` names every error with file, line and field."""

    def __init__(self, problems: list[Problem]):
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def load_knowledge(
    folder: Path, *, minimum_examples: tuple[int, int] = MINIMUM_EXAMPLES, today: date | None = None
) -> Knowledge:
    """Everything in ``folder``, checked; parts that are not there are empty. Raises :class:`ArticleFileErrors`.

    ``today`` is the day against which review dates are warned about; without it none are.
    """
    return _Load(folder, minimum_examples, today).run()


def read_article(path: Path, folder: Path, minimum_examples: tuple[int, int] = MINIMUM_EXAMPLES) -> Article:
    """The one article in ``path``; its owner and its place among the others are not checked."""
    reader = Reader(path, path.relative_to(folder).as_posix())
    article = parse_article(reader, minimum_examples) if reader.parsed else None
    if article is None or reader.problems:
        raise ArticleFileErrors(reader.problems)
    return article


class _Load:
    def __init__(self, folder: Path, minimum: tuple[int, int], today: date | None):
        self.folder, self.minimum, self.today = folder, minimum, today
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.places: dict[str, Reader] = {}  # where a label stands
        self.areas: dict[str, Area] = {}
        self.articles: dict[str, Article] = {}
        self.other: dict[str, Examples] = {}
        self.dialogue: dict[str, DialogueEntry] = {}
        self.texts: dict[str, Texts] = {}
        self.packages: dict[str, Package] = {}

    def run(self) -> Knowledge:
        if not self.folder.is_dir():
            raise ArticleFileErrors([Problem(str(self.folder), 1, "", "is not a folder")])
        for reader in self._files("areas.yml"):
            self.areas = {area.key: area for area in read_areas(reader)}
        for reader in self._files("articles/*/*.yml"):
            self._add_article(reader)
        for reader in self._files("other/*.yml"):
            self._add_other(reader)
        for reader in self._files("dialogue/*.yml"):
            if reader.name == TEXTS_FILE:
                self.texts = read_fixed_texts(reader)
            else:
                self._add_dialogue(reader)
        for reader in self._files("packages/*.yml"):
            self._add_package(reader)
        knowledge = Knowledge(self.areas, self.articles, self.other, self.dialogue, self.texts, self.packages)
        self._check_doubles(knowledge)
        if self.problems:
            raise ArticleFileErrors(sorted(self.problems, key=lambda p: (p.file, p.line)))
        return replace(knowledge, warnings=tuple(self.warnings))

    def _files(self, pattern: str) -> Iterator[Reader]:
        for path in sorted(self.folder.glob(pattern)):
            reader = Reader(path, path.relative_to(self.folder).as_posix())
            if reader.parsed:
                yield reader
            self.problems += reader.problems
            self.warnings += reader.warnings

    def _add_article(self, reader: Reader) -> None:
        article = parse_article(reader, self.minimum)
        self._check_area(reader, ("owner",), article.owner)
        self._check_area(reader, ("id",), article.area)
        if self.today and article.reviewed != date.min and article.reviewed + REVIEW_AFTER < self.today:
            reader.warn(("reviewed",), f"was to be reviewed again by {article.reviewed + REVIEW_AFTER}")
        self.articles[article.id] = article
        self.places[article.id] = reader

    def _add_other(self, reader: Reader) -> None:
        reader.only((), ("area", "examples"))
        area = reader.name_of(("area",))
        if area != reader.path.stem:
            reader.complain(("area",), f"must be {reader.path.stem!r}, as the file is named")
        self._check_area(reader, ("area",), area)
        self.other[area] = reader.examples()
        self.places[f"{area}/other"] = reader

    def _add_dialogue(self, reader: Reader) -> None:
        for i in reader.items(()):
            reader.only((i,), ("label", "authority", "text", "examples"))
            label = reader.string((i, "label"))
            if not re.fullmatch(rf"{NAME.pattern}/{NAME.pattern}", label) or label.partition("/")[0] in self.areas:
                reader.complain((i, "label"), "must be group/name, and the group no area")
            if label in self.dialogue:
                reader.complain((i, "label"), f"{label!r} is also in {self.places[label].name}")
            self.dialogue[label] = DialogueEntry(
                label=label,
                examples=reader.examples((i, "examples")),
                text=reader.optional((i, "text"), lambda at: read_checked_texts(reader, at)),
                authority=reader.optional((i, "authority"), lambda at: read_authority(reader, at)),
            )
            self.places[label] = reader

    def _add_package(self, reader: Reader) -> None:
        package = read_package(reader)
        for i, step in enumerate(package.steps):
            if step.article is not None and step.article not in self.articles:
                reader.complain(("steps", i, "article"), f"there is no article {step.article!r}")
            self._check_area(reader, ("steps", i, "area"), step.area, also=("out_of_scope",))
        self.packages[package.id] = package
        self.places[f"package/{package.id}"] = reader

    def _check_area(self, reader: Reader, at: FieldPath, area: str, also: tuple[str, ...] = ()) -> None:
        if area and area not in self.areas and area not in also:
            reader.complain(at, f"{area!r} is not an area of areas.yml")

    def _check_doubles(self, knowledge: Knowledge) -> None:
        """The same words under two labels teach the model nothing; the same words twice count twice.

        Two municipalities may ask the same of their own articles: each is masked where the other answers."""
        first: dict[str, str] = {}
        for label, _language, text in knowledge.examples():
            key = folded(text)
            if key in first and not self._apart(first[key], label):
                reader = self.places[label]
                at = next((p for p in _paths_of(reader.root, text) if p), ())
                message = f"the example {text!r} is also in {first[key]}"
                before = len(reader.problems)
                reader.complain(at, message)
                self.problems += reader.problems[before:]
            else:
                first.setdefault(key, label)

    def _apart(self, *labels: str) -> bool:
        owners = {self.articles[label].municipality if label in self.articles else None for label in labels}
        return len(owners) > 1 and None not in owners


def folded(text: str) -> str:
    """Examples that are equal in this form are the same."""
    return " ".join(text.casefold().split())


def _paths_of(value: object, text: str, at: FieldPath = ()) -> Iterator[FieldPath]:
    """Every place of ``text``, last first: the second of two is the double."""
    if isinstance(value, dict):
        for key in reversed(value):
            yield from _paths_of(value[key], text, (*at, key))
    elif isinstance(value, list):
        for index in reversed(range(len(value))):
            yield from _paths_of(value[index], text, (*at, index))
    elif isinstance(value, str) and value.strip() == text:
        yield at
