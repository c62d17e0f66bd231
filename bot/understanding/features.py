"""Texts as rows of numbers: words and pairs of words, characters within words, concepts of the lexicon; TF-IDF, each kind of length 1.

Where a dense model is set, its numbers stand in further columns; only the SVMs look at them, since the rest is made of counts.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import scipy.sparse as sp

from bot.understanding.dense import DenseVectors
from bot.understanding.lexicon import Concepts
from bot.words import tokens

CHARACTERS = (2, 5)  # 3–6 and 2–6 were no better on the development set
CONCEPT_WEIGHT = 0.6  # of 0.5, 0.8 and 1.0 about the same; alone they know little
LEAST_SEEN = 2  # texts that hold a feature: half of all features stand in one text only, and cost memory for nothing
FEW_TEXTS = 2_000
DENSE_WEIGHT = 1.0  # as much as the words; no Danish vectors were at hand to choose it with
BLOCK_WEIGHTS = (1.0, 1.0, CONCEPT_WEIGHT)
LONGEST = 2_000  # characters of a message that are read: the rest of a novel changes nothing but the time it takes

Block = tuple[list[str], sp.csr_matrix]  # features, and how often each stands in each text (texts × features)


class Vectorizer:
    """Knows the vocabulary and weighs it; ``row`` turns one text into numbers."""

    def __init__(
        self, vocabulary: dict[str, int], idf: np.ndarray, concepts: Concepts, dense: DenseVectors | None = None
    ):
        self.vocabulary, self.idf, self.concepts = vocabulary, idf.astype(np.float32), concepts
        self.dense = dense
        self.width = len(vocabulary) + (dense.width if dense else 0)

    @classmethod
    def fit(
        cls, texts: Sequence[str], concepts: Mapping[str, Sequence[str]], dense: DenseVectors | None = None
    ) -> tuple[Vectorizer, sp.csr_matrix]:
        """A vectorizer that knows every feature of ``texts``, and their matrix."""
        finder = Concepts(concepts)
        blocks = _count_all(texts, finder)
        least = LEAST_SEEN if len(texts) > FEW_TEXTS else 1
        seen: dict[str, int] = {}
        for names, counts in blocks:
            times = np.bincount(counts.indices, minlength=len(names)).tolist()
            seen |= {name: n for name, n in zip(names, times, strict=True) if n >= least}
        features = sorted(seen)
        idf = np.array([math.log((1 + len(texts)) / (1 + seen[feature])) + 1 for feature in features], dtype=np.float32)
        fitted = cls({feature: i for i, feature in enumerate(features)}, idf, finder, dense)
        return fitted, fitted._matrix(blocks, texts)

    def row(self, text: str) -> sp.csr_matrix:
        """One text, 1 × features: the same as ``rows`` of it alone, quicker."""
        columns: list[int] = []
        values: list[np.ndarray] = []
        for block, weight in zip(_blocks(text, self.concepts), BLOCK_WEIGHTS, strict=True):
            known = {self.vocabulary[name]: n for name, n in Counter(block).items() if name in self.vocabulary}
            if known:
                at, counts = list(known), list(known.values())
                weights = (1 + np.log(np.array(counts, dtype=np.float32))) * self.idf[at]
                values.append(weights * np.float32(weight / math.sqrt(weights @ weights)))
                columns += at
        if self.dense:
            columns += range(len(self.vocabulary), self.width)
            values.append(DENSE_WEIGHT * self.dense.rows([text])[0])
        data = np.concatenate(values) if values else np.zeros(0, dtype=np.float32)
        indices = np.array(columns, dtype=np.int32)
        return sp.csr_matrix((data, indices, np.array([0, len(indices)])), shape=(1, self.width))

    def rows(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Texts × features."""
        return self._matrix(_count_all(texts, self.concepts), texts)

    def _matrix(self, blocks: Sequence[Block], texts: Sequence[str]) -> sp.csr_matrix:
        total = sp.csr_matrix((blocks[0][1].shape[0], len(self.vocabulary)), dtype=np.float32)
        for (names, counts), weight in zip(blocks, BLOCK_WEIGHTS, strict=True):
            at = np.array([self.vocabulary.get(name, -1) for name in names], dtype=np.int64)
            known = np.flatnonzero(at >= 0)
            place = sp.csr_matrix(
                (np.ones(len(known), np.float32), (known, at[known])), shape=(len(names), len(self.vocabulary))
            )
            values = (counts @ place).tocsr()
            values.data = (1 + np.log(values.data)) * self.idf[values.indices]
            of = np.repeat(np.arange(values.shape[0]), np.diff(values.indptr))
            squares = np.bincount(of, values.data**2, values.shape[0])
            values.data *= (weight / np.sqrt(np.maximum(squares, 1e-12))).astype(np.float32)[of]
            total = total + values
        if self.dense:
            meaning = sp.csr_matrix(np.float32(DENSE_WEIGHT) * self.dense.rows(texts))
            total = sp.hstack([total, meaning], format="csr")
        total.sort_indices()
        return total


def _count_all(texts: Sequence[str], concepts: Concepts) -> list[Block]:
    """Of each block the features, and how often each stands in each text.

    The pieces of a word are counted once per word, not once per text: texts by words times words by pieces.
    """
    documents = [tokens(text[:LONGEST]) for text in texts]
    words, of_text = _count(documents)
    pieces, of_word = _count([_pieces(word) for word in words])
    return [
        _count([words + _pairs(words) for words in documents]),
        (pieces, (of_text @ of_word).tocsr()),
        _count([concepts.find(words) for words in documents]),
    ]


def _count(documents: Sequence[Sequence[str]]) -> Block:
    number: dict[str, int] = {}
    at = [number.setdefault(feature, len(number)) for document in documents for feature in document]
    begins = np.cumsum([0, *map(len, documents)])
    counts = sp.csr_matrix((np.ones(len(at), np.float32), at, begins), shape=(len(documents), len(number)))
    counts.sum_duplicates()
    return list(number), counts


def _blocks(text: str, concepts: Concepts) -> tuple[list[str], list[str], list[str]]:
    words = tokens(text[:LONGEST])
    return words + _pairs(words), [piece for word in words for piece in _pieces(word)], concepts.find(words)


def _pairs(words: Sequence[str]) -> list[str]:
    return [f"{first} {second}" for first, second in itertools.pairwise(words)]


@lru_cache(maxsize=20_000)
def _pieces(word: str) -> list[str]:
    padded = f" {word} "
    length = len(padded)
    shortest, longest = CHARACTERS
    return [
        "#" + padded[i : i + size]
        for size in range(shortest, min(longest, length) + 1)
        for i in range(length - size + 1)
    ]
