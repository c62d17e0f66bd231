"""Which label a message belongs to: four plain models over the same features, their opinions weighed, and calibrated.

A label is ``group/name``; a group is an area or a kind of talk. Four models speak about groups: a linear SVM and a complement naive
Bayes on groups, a naive Bayes on labels, and one whose labels lean on their group. The last two also choose the label within a group,
together with an SVM per group that tells its labels apart. Everything but the SVMs is made of counts, so a model fits in seconds.
scikit-learn is imported only to fit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from bot.errors import ModelUnavailable
from bot.moves import Ladder
from bot.understanding.calibration import Weights, calibrate
from bot.understanding.dense import DenseVectors
from bot.understanding.development import Development
from bot.understanding.features import Vectorizer
from bot.understanding.lexicon import Concepts

REGULARISATION = 0.3  # of the SVM; 0.1 was a point worse on the development set
COMPLEMENT_SMOOTHING = 0.3  # of 0.1, 0.3 and 1
LABEL_SMOOTHING = 0.003  # ten times more was a point worse
OWN, GROUPS, EVERYONES = 0.3, 0.6, 0.1  # what a label's word frequencies lean on: itself, its group, all
ROUGHNESS = 0.4  # where the SVM stops; finer takes longer and changes nothing on the development set
FAINT = 0.02  # of the siblings' SVMs: two thirds of their weights are fainter, and change no answer
LEAST = 1e-9

# Hears the share done, 0..1, while a model is fitted. Rasa hands components no way to report, so training sets it here.
report_progress: Callable[[float], None] = lambda share: None  # noqa: E731 (a place to put a function, not a function)


class LabelModel:
    """A fitted model; ``predict`` takes about a millisecond and is deterministic."""

    def __init__(
        self,
        labels: list[str],
        vectorizer: Vectorizer,
        counts: sp.csr_matrix,
        svm: np.ndarray,
        bias: np.ndarray,
        siblings: sp.csr_matrix,
        siblings_bias: np.ndarray,
    ):
        """``labels``: those of a group beside each other, groups in order; ``counts``: how much of each feature (rows) stands in
        examples of each label; ``svm``: features × groups; ``siblings``: of the SVMs that tell the labels of one group apart,
        features × labels."""
        self.labels, self.weights, self.ladder = labels, Weights(), Ladder()
        self._vectorizer, self._bias = vectorizer, bias.astype(np.float32)
        self.groups = sorted({_group(label) for label in labels})
        number = {group: i for i, group in enumerate(self.groups)}
        self.group_of = np.array([number[_group(label)] for label in labels])
        self._index = {label: i for i, label in enumerate(labels)}
        self._is_other = np.array([label.endswith("/other") for label in labels])
        self._begins = np.searchsorted(self.group_of, np.arange(len(self.groups)))  # the first label of each group
        self._last: tuple[str | None, sp.csr_matrix, np.ndarray] = (None, counts[:0], bias[:0])  # the text read last
        self._siblings, self._siblings_bias = siblings, siblings_bias.astype(np.float32)
        self._prepare(counts.astype(np.float32), svm)

    def _prepare(self, counts: sp.csr_matrix, svm: np.ndarray) -> None:
        """All that is computed from counts. Only pairs of feature and label that occur are kept; the rest is the same for all."""
        member = np.zeros((len(self.labels), len(self.groups)), dtype=np.float32)
        member[np.arange(len(self.labels)), self.group_of] = 1
        features = len(self._vectorizer.vocabulary)  # columns of a dense model come after them, and are no counts
        by_group = np.asarray(counts[:features] @ member)
        of_label = np.maximum(np.asarray(counts.sum(axis=0)).ravel(), LEAST)
        # Complement naive Bayes: a group is what is rare in all the others.
        others = by_group.sum(axis=1, keepdims=True) - by_group + COMPLEMENT_SMOOTHING
        complement = -np.log(others / others.sum(axis=0))
        everyones = by_group.sum(axis=1, keepdims=True) / max(by_group.sum(), LEAST)
        lean = GROUPS * by_group / np.maximum(by_group.sum(axis=0), LEAST) + EVERYONES * everyones + LEAST
        counted = np.concatenate([complement, np.log(lean)], axis=1)
        nothing = np.zeros((len(svm) - features, counted.shape[1]))
        self._dense = np.concatenate([svm, np.concatenate([counted, nothing])], axis=1, dtype=np.float32)
        total = of_label + LABEL_SMOOTHING * features
        self._unseen = np.log(LABEL_SMOOTHING / total).astype(np.float32)
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        own = OWN * counts.data / of_label[counts.indices] / lean[rows, self.group_of[counts.indices]]
        self._counts = counts
        seen = (np.log1p(counts.data / LABEL_SMOOTHING), np.log1p(own))
        self._seen = [_like(counts, values.astype(np.float32)) for values in seen]

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        labels: Sequence[str],
        languages: Sequence[str],
        *,
        hints: Sequence[tuple[str, str, float]] = (),
        concepts: Mapping[str, Sequence[str]] | None = None,
        development: Development | None = None,
        dense: DenseVectors | None = None,
    ) -> LabelModel:
        """``hints`` are (text, label, weight below 1): phrases of the lexicon, titles, sentences of answers; their labels must
        be among ``labels``. With a ``development`` set the weights and the ladder are fitted to it, else the defaults hold."""
        known = sorted(set(labels), key=lambda label: (_group(label), label))
        if len(known) < 2:
            raise ValueError("a model needs examples of at least two labels")
        number = {label: i for i, label in enumerate(known)}
        hints = [hint for hint in hints if hint[1] in number]
        every_text = [*texts, *(text for text, _, _ in hints)]
        of_text = np.array([number[label] for label in (*labels, *(label for _, label, _ in hints))])
        weight = np.array([1.0] * len(texts) + [weight for _, _, weight in hints], dtype=np.float32)
        report_progress(0.02)
        vectorizer, features = Vectorizer.fit(every_text, concepts or {}, dense)
        report_progress(0.4)
        belongs = sp.csr_matrix((weight, (np.arange(len(of_text)), of_text)), shape=(len(of_text), len(known)))
        counts = (features[:, : len(vectorizer.vocabulary)].T @ belongs).tocsr()
        counts.resize(vectorizer.width, len(known))
        counts.sort_indices()
        groups = np.array([_group(label) for label in known])
        svm, bias = _fit_svm(features, groups[of_text], weight)
        report_progress(0.75)
        siblings, siblings_bias = _fit_siblings(features, of_text, groups, weight)
        model = cls(known, vectorizer, counts, svm, bias, siblings, siblings_bias)
        report_progress(0.8)
        if development is not None:
            model.weights, model.ladder = calibrate(model, development)
        return model

    def predict(self, text: str, without: Set[str] = frozenset()) -> dict[str, float]:
        """The probability of every label; those in ``without`` are treated as if the model had never seen them."""
        opinions, within = self._opinions(*self._read(text), without)
        shares = self.combine(opinions, within, self.weights)[0]
        return dict(zip(self.labels, shares.tolist(), strict=True))

    def opinions(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """What the four models think of each group (texts × 4 × groups, each with mean 0 and spread 1), and the three models of
        each label (texts × 3 × labels)."""
        rows = self._vectorizer.rows(texts)
        return self._opinions(rows, rows @ self._dense, frozenset())

    def _opinions(self, rows: sp.csr_matrix, dense: np.ndarray, without: Set[str]) -> tuple[np.ndarray, np.ndarray]:
        """As ``opinions``; labels in ``without`` and groups that lost all their labels have -inf."""
        dense = dense.reshape(len(dense), 3, len(self.groups))
        within = np.stack([(rows @ part).toarray() for part in (*self._seen, self._siblings)], axis=1)
        counted = rows[:, : len(self._vectorizer.vocabulary)] if self._vectorizer.dense else rows
        within[:, 0] += self._unseen * np.asarray(counted.sum(axis=1)).reshape(-1, 1)
        within[:, 1] += dense[:, 2, self.group_of]
        within[:, 2] += self._siblings_bias
        gone = [self._index[label] for label in without if label in self._index]
        within[:, :, gone] = -np.inf
        labels = [self._by_group(scores) for scores in (2 * within[:, 0], within[:, 1])]
        opinions = np.stack([dense[:, 0] + self._bias, dense[:, 1], *labels], axis=1)
        opinions -= opinions.mean(axis=2, keepdims=True)
        spread = opinions.std(axis=2, keepdims=True)
        opinions /= np.where(spread > LEAST, spread, 1.0)
        if gone:
            opinions[:, :, np.add.reduceat(np.isfinite(within[0, 0]), self._begins) == 0] = -np.inf
        return opinions, within

    def stand_out(self, texts: Sequence[str]) -> np.ndarray:
        """How much each group stands out by itself (texts × groups), above 0 being a clear yes: its SVM against all others.

        Unlike probabilities these do not compete: "can somebody call me about my permit" asks for a person and has an area.
        """
        return self._stand_out(self._vectorizer.rows(texts) @ self._dense)

    def _stand_out(self, dense: np.ndarray) -> np.ndarray:
        return dense[:, : len(self.groups)] + self._bias

    def calls(self, text: str) -> tuple[set[str], set[str]]:
        """The groups of talk that call for people, and those that may, by the ladder's thresholds."""
        scores = dict(zip(self.groups, self._stand_out(self._read(text)[1])[0].tolist(), strict=True))
        ladder = self.ladder
        sure, likely = (
            {group for group, least in thresholds.items() if scores.get(group, least - 1) >= least}
            for thresholds in (ladder.calls, ladder.leanings)
        )
        return sure, likely

    def _read(self, text: str) -> tuple[sp.csr_matrix, np.ndarray]:
        """Its row, and what the models of groups make of it."""
        if self._last[0] != text:
            rows = self._vectorizer.row(text)
            self._last = (text, rows, rows @ self._dense)
        return self._last[1], self._last[2]

    def combine(self, opinions: np.ndarray, within: np.ndarray, weights: Weights) -> np.ndarray:
        """The probability of each label (texts × labels): of its group, times of it within its group."""
        groups = _softmax(np.einsum("k,nkg->ng", np.array(weights.groups), opinions))
        scores = np.einsum("k,nkl->nl", np.array(weights.labels), within) + weights.other * self._is_other
        best = np.maximum.reduceat(scores, self._begins, axis=1)
        odds = np.exp(scores - np.where(np.isfinite(best), best, 0.0)[:, self.group_of])
        sums = np.add.reduceat(odds, self._begins, axis=1)
        found: np.ndarray = (groups / np.maximum(sums, LEAST))[:, self.group_of] * odds
        return found

    def _by_group(self, scores: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.log(np.add.reduceat(_softmax(scores), self._begins, axis=1) + 1e-6)
        return found

    def save(self, folder: Path) -> None:
        about = {
            "labels": self.labels,
            "ladder": self.ladder.to_json(),
            "weights": asdict(self.weights),
            "concepts": self._vectorizer.concepts.source,
            "dense": self._vectorizer.dense.name if self._vectorizer.dense else None,
        }
        (folder / "labels.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
        (folder / "vocabulary.txt").write_text("\n".join(self._vectorizer.vocabulary), encoding="utf-8")
        np.savez_compressed(
            folder / "weights.npz",
            idf=self._vectorizer.idf,
            svm=self._dense[:, : len(self.groups)],
            bias=self._bias,
            counts=self._counts.data,
            indices=self._counts.indices.astype(np.uint16),
            indptr=self._counts.indptr.astype(np.int32),
            siblings=self._siblings.data.astype(np.float16),
            siblings_indices=self._siblings.indices.astype(np.uint16),
            siblings_indptr=self._siblings.indptr.astype(np.int32),
            siblings_bias=self._siblings_bias,
        )

    @classmethod
    def load(cls, folder: Path) -> LabelModel:
        """Raises ModelUnavailable when it was fitted with a dense model that is not here."""
        about: dict[str, Any] = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        features = (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
        with np.load(folder / "weights.npz") as stored:
            shape = (len(stored["svm"]), len(about["labels"]))
            counts = sp.csr_matrix(
                (stored["counts"], stored["indices"].astype(np.int32), stored["indptr"]), shape=shape
            )
            parts = (
                stored["siblings"].astype(np.float32),
                stored["siblings_indices"].astype(np.int32),
                stored["siblings_indptr"],
            )
            siblings = sp.csr_matrix(parts, shape=shape)
            idf, svm, bias, siblings_bias = (stored[name] for name in ("idf", "svm", "bias", "siblings_bias"))
        dense = DenseVectors(about["dense"]) if about["dense"] else None
        numbered = {feature: i for i, feature in enumerate(features)}
        vectorizer = Vectorizer(numbered, idf, Concepts(about["concepts"]), dense)
        if vectorizer.width != shape[0]:
            raise ModelUnavailable(
                f"the dense model {about['dense']} has another width than the one that was trained with"
            )
        model = cls(about["labels"], vectorizer, counts, svm, bias, siblings, siblings_bias)
        model.ladder, model.weights = Ladder.from_json(about["ladder"]), Weights.from_json(about["weights"])
        return model


def _group(label: str) -> str:
    return label.partition("/")[0]


def _softmax(scores: np.ndarray) -> np.ndarray:
    """Of each row."""
    best = scores.max(axis=1, keepdims=True)
    odds = np.exp(scores - np.where(np.isfinite(best), best, 0.0))
    found: np.ndarray = odds / np.maximum(odds.sum(axis=1, keepdims=True), LEAST)
    return found


def _like(matrix: sp.csr_matrix, values: np.ndarray) -> sp.csr_matrix:
    """Other values at the same places, whose numbers are shared."""
    return sp.csr_matrix((values, matrix.indices, matrix.indptr), shape=matrix.shape, copy=False)


def _fit_siblings(
    features: sp.csr_matrix, of_text: np.ndarray, groups: np.ndarray, weight: np.ndarray
) -> tuple[sp.csr_matrix, np.ndarray]:
    """For each group an SVM that knows only its labels: what tells siblings apart drowns where all labels are compared.

    Within the right area the right article came first 3 points more often on the development set. Weights under ``FAINT`` are left out.
    """
    bias = np.zeros(len(groups), dtype=np.float32)
    rows, columns, data = [], [], []
    for group in sorted(set(groups.tolist())):
        members = np.flatnonzero(groups == group)
        if len(members) < 2:
            continue
        mine = np.flatnonzero(np.isin(of_text, members))
        coefficients, bias[members] = _fit_svm(features[mine], of_text[mine], weight[mine])
        strong = np.nonzero(np.abs(coefficients) >= FAINT)
        rows.append(strong[0])
        columns.append(members[strong[1]])
        data.append(coefficients[strong])
    shape = (features.shape[1], len(groups))
    if not rows:
        return sp.csr_matrix(shape, dtype=np.float32), bias
    found = sp.csr_matrix((np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))), shape=shape)
    # As they are stored, so that a model fitted and one loaded say the same.
    found.data = found.data.astype(np.float16).astype(np.float32)
    found.sort_indices()
    return found, bias


def _fit_svm(features: sp.csr_matrix, groups: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One against all others for each group, sorted by name.

    In one thread: liblinear's random numbers are one stream for the whole process, so threads would make each training differ.
    """
    from sklearn.svm import LinearSVC

    known = sorted(set(groups.tolist()))
    if len(known) == 1:
        return np.zeros((features.shape[1], 1), dtype=np.float32), np.zeros(1, dtype=np.float32)
    svm = LinearSVC(C=REGULARISATION, dual=True, tol=ROUGHNESS, random_state=0).fit(
        features.astype(np.float64), groups, weight
    )
    coefficients, bias = svm.coef_, svm.intercept_
    if len(known) == 2:  # one problem stands for both, its weights those of the second group
        coefficients, bias = np.vstack([-coefficients, coefficients]), np.concatenate([-bias, bias])
    return coefficients.T.astype(np.float32), bias.astype(np.float32)
