"""Which label a message belongs to: words and character n-grams, one linear model, probabilities over all labels.

The interface is narrow on purpose (``fit``, ``predict``, ``save``, ``load``, ``ladder``), so that its inside can be replaced. It imports
scikit-learn only to fit.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from bot.decision import Ladder

_WORD = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")
# Danes without a Danish keyboard write ae, oe, aa; all spellings meet in one.
_FOLDED = str.maketrans({"å": "aa", "æ": "ae", "ø": "oe", "ä": "ae", "ö": "oe", "ü": "u", "é": "e", "è": "e"})

REGULARISATION = 0.1  # strong: labels with 45 examples overfit otherwise (0.5 was two points worse on free chat)
SHARPNESS = 12.0  # softmax of SVM scores times this has the least log loss on the development set (9: 1.69, 12: 1.47, 16: 1.33 but over-sure)
LABELS_PER_PART = 32
LEAST_WEIGHT = 0.005  # smaller weights are dropped: 8 % remain, and the area's accuracy on the development set stays

# Hears the share done, 0..1, while a model is fitted. Rasa hands components no way to report, so training sets it here.
report_progress: Callable[[float], None] = lambda share: None


class LabelModel:
    """A fitted model; ``predict`` takes well under a millisecond and is deterministic."""

    def __init__(
        self, labels: list[str], vocabulary: dict[str, int], idf: np.ndarray, weights: sp.csr_matrix, bias: np.ndarray, ladder: Ladder
    ):
        self.labels, self.ladder = labels, ladder
        self._vocabulary, self._idf, self._weights, self._bias = vocabulary, idf, weights, bias
        self._index = {label: i for i, label in enumerate(labels)}

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        labels: Sequence[str],
        languages: Sequence[str],
    ) -> LabelModel:
        """``languages`` ("da", "en") are for models that need them."""
        documents = [_blocks(text) for text in texts]
        vocabulary, idf = _vocabulary(documents)
        features = _matrix(documents, vocabulary, idf)
        known = sorted(set(labels))
        if len(known) < 2:
            raise ValueError("a model needs examples of at least two labels")
        number = {label: i for i, label in enumerate(known)}
        weights, bias = _fit_all(features, np.array([number[label] for label in labels]))
        return cls(known, vocabulary, idf, weights, bias, Ladder())

    def predict(self, text: str, without: Set[str] = frozenset()) -> dict[str, float]:
        """The probability of every label; those in ``without`` are treated as if the model had never seen them."""
        row = _matrix([_blocks(text)], self._vocabulary, self._idf)
        scores = np.asarray((row @ self._weights).todense())[0] + self._bias
        for label in without:
            if label in self._index:
                scores[self._index[label]] = -np.inf
        odds = np.exp((scores - scores.max()) * SHARPNESS)
        return dict(zip(self.labels, (odds / odds.sum()).tolist(), strict=True))

    def save(self, folder: Path) -> None:
        (folder / "labels.json").write_text(json.dumps({"labels": self.labels, "ladder": self.ladder.to_json()}))
        (folder / "vocabulary.txt").write_text("\n".join(self._vocabulary), encoding="utf-8")
        weights = self._weights
        np.savez_compressed(
            folder / "weights.npz",
            idf=self._idf,
            bias=self._bias,
            data=weights.data,
            indices=weights.indices.astype(np.uint16),
            indptr=weights.indptr.astype(np.int32),
        )

    @classmethod
    def load(cls, folder: Path) -> LabelModel:
        about: dict[str, Any] = json.loads((folder / "labels.json").read_text())
        features = (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
        with np.load(folder / "weights.npz") as stored:
            shape = (len(features), len(about["labels"]))
            weights = sp.csr_matrix((stored["data"], stored["indices"].astype(np.int32), stored["indptr"]), shape=shape)
            idf, bias = stored["idf"], stored["bias"]
        vocabulary = {feature: i for i, feature in enumerate(features)}
        return cls(about["labels"], vocabulary, idf, weights, bias, Ladder.from_json(about["ladder"]))


def _blocks(text: str) -> tuple[Counter[str], Counter[str]]:
    """The words and pairs of words, and the characters 2 to 5 within words, of a text."""
    words = _WORD.findall(_DIGIT.sub("0", text.casefold().translate(_FOLDED)))
    pairs = [f"{first} {second}" for first, second in itertools.pairwise(words)]
    pieces: list[str] = []
    for word in words:
        padded = f" {word} "
        length = len(padded)
        for size in range(2, min(5, length) + 1):
            pieces += ["#" + padded[i : i + size] for i in range(length - size + 1)]
    return Counter(words + pairs), Counter(pieces)


def _vocabulary(documents: list[tuple[Counter[str], Counter[str]]]) -> tuple[dict[str, int], np.ndarray]:
    seen: Counter[str] = Counter()
    for document in documents:
        for block in document:
            seen.update(block.keys())
    features = sorted(seen)
    count = len(documents)
    idf = np.array([math.log((1 + count) / (1 + seen[feature])) + 1 for feature in features], dtype=np.float32)
    return {feature: i for i, feature in enumerate(features)}, idf


def _matrix(
    documents: list[tuple[Counter[str], Counter[str]]], vocabulary: dict[str, int], idf: np.ndarray
) -> sp.csr_matrix:
    """TF-IDF with damped counts; words and characters are brought to length 1 each, so that neither drowns the other."""
    values: list[np.ndarray] = []
    columns: list[int] = []
    ends = [0]
    for document in documents:
        for block in document:
            known = [(vocabulary[feature], count) for feature, count in block.items() if feature in vocabulary]
            if known:
                at, counts = zip(*known, strict=True)
                weights = (1 + np.log(np.array(counts, dtype=np.float32))) * idf[list(at)]
                values.append(weights / np.sqrt(weights @ weights))
                columns += at
        ends.append(len(columns))
    data = np.concatenate(values) if values else np.zeros(0, dtype=np.float32)
    return sp.csr_matrix((data, columns, ends), shape=(len(documents), len(vocabulary)), dtype=np.float32)


def _fit_all(features: sp.csr_matrix, labels: np.ndarray) -> tuple[sp.csr_matrix, np.ndarray]:
    """One linear SVM per label against all others, in parts: liblinear leaves the interpreter's lock, so threads use every core.

    Fitting label by label copies all features for each; a part copies them once (70 against 20 s of processor time for 387 labels).
    """
    from joblib import Parallel, delayed
    from sklearn.svm import LinearSVC

    exact = features.astype(np.float64)
    count = int(labels.max()) + 1

    def fit(first: int, end: int) -> tuple[sp.csr_matrix, np.ndarray]:
        mine = np.where((labels >= first) & (labels < end), labels, -1)
        # A rough tolerance: finer ones take twice as long and change nothing on the development set.
        svm = LinearSVC(C=REGULARISATION, dual=True, tol=0.5, random_state=0).fit(exact, mine)
        coefficients, bias = svm.coef_, svm.intercept_
        if len(svm.classes_) == 2:  # one problem stands for both, its weights those of the second class
            coefficients, bias = np.vstack([-coefficients, coefficients]), np.concatenate([-bias, bias])
        wanted = svm.classes_ >= 0
        kept = np.where(np.abs(coefficients[wanted]) > LEAST_WEIGHT, coefficients[wanted], 0)
        return sp.csr_matrix(kept, dtype=np.float32), bias[wanted]

    starts = range(0, count, LABELS_PER_PART)
    threads = int(os.environ.get("HOTLINE_TRAINING_THREADS", "-1"))
    jobs = (delayed(fit)(start, min(start + LABELS_PER_PART, count)) for start in starts)
    fitted = []
    for result in Parallel(n_jobs=threads, backend="threading", return_as="generator")(jobs):
        fitted.append(result)
        report_progress(len(fitted) / len(starts))
    weights = sp.vstack([rows for rows, _ in fitted]).T.tocsr()
    return weights, np.concatenate([bias for _, bias in fitted]).astype(np.float32)
