"""Measures padding: examples of one label that differ in hardly a word teach the model nothing new."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, groupby

from bot.knowledge.content import Knowledge

NEAR = 0.75  # share of character trigrams in common: "pris på carport" / "prisen på en carport" is 0.6
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Pair:
    label: str
    language: str
    similarity: float
    first: str
    second: str


def near_identical(knowledge: Knowledge, least: float = NEAR) -> Iterator[Pair]:
    """Pairs of examples of the same label and language that are at least so similar (0..1)."""
    for (label, language), group in groupby(knowledge.examples(), key=lambda example: example[:2]):
        shapes = [(text, _trigrams(text)) for _, _, text in group]
        for (first, a), (second, b) in combinations(shapes, 2):
            if min(len(a), len(b)) < least * max(len(a), len(b)):
                continue  # cannot reach it: most pairs end here
            similarity = len(a & b) / len(a | b) if a | b else 1.0
            if similarity >= least:
                yield Pair(label, language, similarity, first, second)


def padded_share(knowledge: Knowledge, least: float = NEAR) -> float:
    """The share of examples that are near another one of their label; 0 is best."""
    near = {(pair.label, text) for pair in near_identical(knowledge, least) for text in (pair.first, pair.second)}
    total = sum(1 for _ in knowledge.examples())
    return len(near) / total if total else 0.0


def _trigrams(text: str) -> frozenset[str]:
    line = f"  {' '.join(_WORD.findall(text.casefold()))}  "
    return frozenset(line[i : i + 3] for i in range(len(line) - 2))
