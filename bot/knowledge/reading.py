"""Reads one YAML file into checked values; every complaint knows its file, line and field."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.knowledge.content import LANGUAGES, Problem

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
NAME = re.compile(r"[a-z][a-z0-9_]*")
FieldPath = tuple[str | int, ...]


class Loader(yaml.CSafeLoader):
    """PyYAML keeps the last of two equal keys without a word; an author who wrote two must hear of it."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        value = super().construct_mapping(node, deep=deep)
        if len(value) != len(node.value):
            seen: set[str] = set()
            for key, _ in node.value:
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"{key.value!r} stands here twice", key.start_mark
                    )
                seen.add(key.value)
        return value


class Reader:
    """Values of one file by path; wrong ones are collected in ``problems`` and read as empty, so that all are found at once."""

    def __init__(self, path: Path, name: str):
        self._start(path, name)
        self.root: Any = None
        try:
            self._source = path.read_text(encoding="utf-8")
            self.root = yaml.load(self._source, Loader)
        except UnicodeDecodeError as error:
            self.problems.append(Problem(name, 1, "", f"is not UTF-8 (byte {error.start})"))
        except (yaml.YAMLError, ValueError) as error:
            self.problems.append(Problem(name, *what_is_wrong(error)))

    @classmethod
    def of(cls, name: str, value: Any, lines: dict[FieldPath, int] | None = None) -> Reader:
        """A reader of ``value``, which lies in no file; ``lines`` says in which line, from 0, what stands."""
        reader = cls.__new__(cls)
        reader._start(Path(name), name)
        reader.root, reader._lines = value, lines or {}
        return reader

    def _start(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        self._inside: FieldPath = ()
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._lines: dict[FieldPath, int] | None = None

    @property
    def parsed(self) -> bool:
        return not self.problems

    def part(self, at: FieldPath) -> Reader:
        """Reads what lies under ``at``; complains in this reader's name."""
        part = copy.copy(self)
        part._inside = (*self._inside, *at)
        return part

    def complain(self, at: FieldPath, message: str) -> None:
        self.problems.append(self._problem(at, message))

    def warn(self, at: FieldPath, message: str) -> None:
        self.warnings.append(self._problem(at, message))

    def _problem(self, at: FieldPath, message: str) -> Problem:
        whole = (*self._inside, *at)
        return Problem(self.name, self._line(whole), _shown(whole), message)

    def get(self, at: FieldPath) -> Any:
        value = self.root
        for key in (*self._inside, *at):
            if isinstance(value, dict):
                value = value.get(key)
            elif isinstance(value, list) and isinstance(key, int) and key < len(value):
                value = value[key]
            else:
                return None
        return value

    def string(self, at: FieldPath, *, required: bool = True) -> str:
        value = self.get(at)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if value is not None or required:
            self.complain(at, "a text is missing" if value is None or value == "" else "must be a text")
        return ""

    def name_of(self, at: FieldPath) -> str:
        value = self.string(at)
        if value and not NAME.fullmatch(value):
            self.complain(at, f"{value!r} must be lower case letters, digits and _")
        return value

    def day(self, at: FieldPath) -> date:
        value = self.get(at)
        if isinstance(value, date):
            return value
        self.complain(at, "a date like 2026-11-25 is missing")
        return date.min

    def items(self, at: FieldPath, *, required: bool = True) -> range:
        """The indices of the list at ``at``."""
        value = self.get(at)
        if isinstance(value, list):
            return range(len(value))
        if value is not None or required:
            self.complain(at, "a list is missing" if value is None else "must be a list")
        return range(0)

    def strings(self, at: FieldPath, *, required: bool = True) -> tuple[str, ...]:
        return tuple(s for i in self.items(at, required=required) if (s := self.string((*at, i))))

    def texts(self, at: FieldPath, *, both_from_one: bool = False) -> dict[str, str]:
        """The text in both languages; ``both_from_one`` takes a plain text as the same in both."""
        value = self.get(at)
        if both_from_one and isinstance(value, str):
            return dict.fromkeys(LANGUAGES, value.strip())
        if not isinstance(value, dict):
            self.complain(at, "a text in Danish and English (da, en) is missing")
            return dict.fromkeys(LANGUAGES, "")
        self.only(at, LANGUAGES)
        return {language: self.string((*at, language)) for language in LANGUAGES}

    def examples(
        self, at: FieldPath = ("examples",), *, minimum: tuple[int, int] = (0, 0)
    ) -> dict[str, tuple[str, ...]]:
        """The examples per language; ``minimum`` is how many Danish and English ones there must be."""
        if not isinstance(self.get(at), dict):
            self.complain(at, "examples in Danish and English (da, en) are missing")
            return {language: () for language in LANGUAGES}
        self.only(at, LANGUAGES)
        found = {}
        for language, least in zip(LANGUAGES, minimum, strict=True):
            found[language] = self.strings((*at, language), required=least > 0)
            if self.get((*at, language)) is not None and len(found[language]) < least:
                self.complain((*at, language), f"{len(found[language])} examples, at least {least} are needed")
        return found

    def only(self, at: FieldPath, allowed: tuple[str, ...] | frozenset[str]) -> None:
        value = self.get(at)
        if not isinstance(value, dict):
            self.complain(at, "must be a mapping")
            return
        for key in value:
            if key not in allowed:
                self.complain((*at, key), f"unknown field; known are {', '.join(sorted(allowed))}")

    def optional(self, at: FieldPath, read: Callable[[FieldPath], Any]) -> Any:
        return None if self.get(at) is None else read(at)

    def _line(self, at: FieldPath) -> int:
        """The line of the field, or of the nearest thing around it. Lines are looked up only when something is wrong."""
        if self._lines is None:
            self._lines = lines_of(yaml.compose(self._source, yaml.CSafeLoader))
        while at and at not in self._lines:
            at = at[:-1]
        return self._lines.get(at, 0) + 1


def what_is_wrong(error: Exception) -> tuple[int, str, str]:
    """Line, field and sentence of what the YAML reader complained of; a ValueError is a number or date that cannot be one."""
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or "is not YAML"
    return mark.line + 1 if mark else 1, "", what


def lines_of(node: yaml.Node | None) -> dict[FieldPath, int]:
    """The line, from 0, of everything in a document."""
    lines: dict[FieldPath, int] = {}
    if node is not None:
        _note_lines(node, (), lines)
    return lines


def _note_lines(node: yaml.Node, at: FieldPath, lines: dict[FieldPath, int]) -> None:
    lines.setdefault(at, node.start_mark.line)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines[(*at, key.value)] = key.start_mark.line
            _note_lines(value, (*at, key.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, (*at, index), lines)


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def has_stray_brace(text: str) -> bool:
    return bool(re.search(r"[{}]", PLACEHOLDER.sub("", text)))


def _shown(at: FieldPath) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in at).lstrip(".")
