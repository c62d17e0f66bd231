"""Measures padding: examples of one label that differ in hardly a word teach the model nothing new. Too much of it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, groupby
from operator import ne

from bot.knowledge.content import Knowledge

NEAR = 0.75  # share of character trigrams in common: "pris på carport" / "prisen på en carport" is 0.6
TEMPLATE_WORDS = 4  # sentences of so many words or more that differ in one of them were made from a template
MOST_PADDED = (
    0.1  # share of a label's examples in one language that may be near another one; hand-written ones have 0 to 0.06
)
FEWEST = 10  # examples, below which a share says nothing
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Pair:
    label: str
    language: str
    similarity: float
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Padding:
    """Of the examples of ``label`` in ``language``: the ``share`` (0..1) that is near another one, and the pairs."""

    label: str
    language: str
    share: float
    pairs: tuple[Pair, ...]

    @property
    def refused(self) -> bool:
        return self.share > MOST_PADDED


def padding(knowledge: Knowledge, least: float = NEAR) -> list[Padding]:
    """Of every label and language that has any, most first."""
    found = []
    for (label, language), group in groupby(knowledge.examples(), key=lambda example: example[:2]):
        texts = [text for _, _, text in group if _WORD.search(text)]
        pairs = tuple(Pair(label, language, *pair) for pair in _near(texts, least))
        if pairs and len(texts) >= FEWEST:
            near = {text for pair in pairs for text in (pair.first, pair.second)}
            found.append(Padding(label, language, len(near) / len(texts), pairs))
    return sorted(found, key=lambda padding: -padding.share)


def _near(texts: list[str], least: float) -> Iterator[tuple[float, str, str]]:
    shapes = [(text, _trigrams(text), _WORD.findall(text.casefold())) for text in texts]
    for (first, a, words), (second, b, others) in combinations(shapes, 2):
        if len(words) == len(others) >= TEMPLATE_WORDS and sum(map(ne, words, others)) == 1:
            yield (len(words) - 1) / len(words), first, second
        elif min(len(a), len(b)) >= least * max(len(a), len(b)):  # else they cannot reach it: most pairs end here
            similarity = len(a & b) / len(a | b) if a | b else 1.0
            if similarity >= least:
                yield similarity, first, second


def _trigrams(text: str) -> frozenset[str]:
    line = f"  {' '.join(_WORD.findall(text.casefold()))}  "
    return frozenset(line[i : i + 3] for i in range(len(line) - 2))
