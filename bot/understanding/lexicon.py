"""Hand-written words that the examples lack: concepts (words that mean nearly the same) and phrases per label.

``nlu_data/lexicon/concepts.yml``: ``concept: [word, two words, …]``; ``nlu_data/lexicon/labels/*.yml``: ``label: [phrase, …]``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bot.knowledge.content import Problem
from bot.knowledge.files import ArticleFileErrors
from bot.words import compound_parts, known_form, tokens

# Shorter words are taken only as they stand: "vi", "is" and "bi" begin and end half the language.
_SHORTEST_WITH_ENDINGS = 4


@dataclass(frozen=True, slots=True)
class Lexicon:
    """``concepts``: name → words or phrases; ``phrases``: (label, phrase)."""

    concepts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    phrases: Sequence[tuple[str, str]] = ()


class Concepts:
    """Finds the concepts in a message."""

    def __init__(self, concepts: Mapping[str, Sequence[str]]):
        self.source = {name: list(words) for name, words in concepts.items()}
        self._words: dict[str, tuple[str, ...]] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name, words in self.source.items():
            for word in words:
                parts = tuple(tokens(word))
                if len(parts) == 1:
                    self._words[parts[0]] = (*self._words.get(parts[0], ()), name)
                elif parts:
                    self._phrases.setdefault(parts[0], []).append((parts, name))
        self._long = frozenset(word for word in self._words if len(word) >= _SHORTEST_WITH_ENDINGS)
        self._known: dict[str, tuple[str, ...]] = {}

    def find(self, words: Sequence[str]) -> list[str]:
        """The features "@concept" of folded words; a concept "a.b" also gives "@a"."""
        found: list[str] = []
        for place, word in enumerate(words):
            found += self._of_word(word)
            for phrase, name in self._phrases.get(word, ()):
                if tuple(words[place : place + len(phrase)]) == phrase:
                    found.append(name)
        parents = [name.partition(".")[0] for name in found if "." in name]
        return ["@" + name for name in (*found, *parents)]

    def _of_word(self, word: str) -> tuple[str, ...]:
        if word in self._words:
            return self._words[word]
        known = self._known.get(word)
        if known is None:
            form = known_form(word, self._long)
            parts = (form,) if form else compound_parts(word, self._long)
            known = tuple(name for part in parts for name in self._words[part])
            if len(self._known) < 50_000:  # a stream of nonsense must not fill the memory
                self._known[word] = known
        return known


def load_lexicon(folder: Path, labels: Collection[str]) -> Lexicon:
    """The lexicon in ``folder``/lexicon; empty when there is none. Raises :class:`ArticleFileErrors` naming what is wrong.

    Labels that are not in ``labels`` are left out: a lexicon of the common base may name articles that a smaller one lacks.
    """
    home, problems = folder / "lexicon", list[Problem]()
    concepts = {name: words for name, words in _entries(home / "concepts.yml", folder, problems)}
    phrases: list[tuple[str, str]] = []
    for path in sorted((home / "labels").glob("*.yml")):
        for label, words in _entries(path, folder, problems):
            phrases += [(label, word) for word in words if label in labels]
    if problems:
        raise ArticleFileErrors(problems)
    return Lexicon(concepts, tuple(dict.fromkeys(phrases)))


def _entries(path: Path, folder: Path, problems: list[Problem]) -> Iterator[tuple[str, list[str]]]:
    if not path.is_file():
        return
    name = path.relative_to(folder).as_posix()
    text = path.read_text(encoding="utf-8")
    try:
        content = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problems.append(Problem(name, mark.line + 1 if mark else 1, "", "is no YAML"))
        return
    if not isinstance(content, dict):
        problems.append(Problem(name, 1, "", "must be a mapping of name: [words]"))
        return
    for key, words in content.items():
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            line = next((i for i, line in enumerate(text.splitlines(), 1) if line.startswith(f"{key}:")), 1)
            problems.append(Problem(name, line, str(key), "must be a list of words or phrases; quote a number"))
            continue
        yield str(key), words
