"""Fits how much each model's opinion counts, so that probabilities are true, and from which confidence the bot dares to answer.

Eight numbers are fitted to the development set, which no example comes from; ``cross_validated`` says how well they hold on needs they
were not fitted to. Folds of the training examples would promise too much: the examples of an article resemble each other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.moves import Ladder
from bot.understanding.development import Development, Question

WRONG_ANSWERS = 0.03  # of all messages, the share that may get a wrong answer, by the upper bound of its 95 % interval
WRONG_PAIRS = WRONG_PACKAGES = 0.003  # of these, the most by two answers at once, and by packages
SHRINK = 150.0  # an area's own threshold counts as much as the common one when it stands on so many messages
# Of messages in scope that are about no case, the share that may be taken for a call for people …
FALSE_CALLS = {"human": 0.015, "case_status": 0.015, "complaint": 0.015, "distress": 0.003}
# … and where no answer is sure, so that the choice is between handing over and asking back.
FALSE_LEANINGS = {"human": 0.05, "case_status": 0.05, "complaint": 0.05}
CASES = "contact_case"
FEWEST = 50  # below so many messages nothing is fitted
ONE_SIDED_95 = 1.645
OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Weights:
    """``groups``: of the SVM, the complement naive Bayes, the label model and the leaning one; ``labels``: of the last two and of the
    siblings' SVM within a group; ``other``: for a question of an area that no article answers. The defaults are what the development
    set gave."""

    groups: tuple[float, ...] = (0.75, 0.25, 0.29, 0.42)
    labels: tuple[float, ...] = (0.05, 0.20, 2.0)
    other: float = 0.0

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Weights:
        return cls(tuple(value["groups"]), tuple(value["labels"]), value["other"])


class Model(Protocol):
    labels: list[str]
    groups: list[str]
    group_of: NDArray[Any]

    def opinions(self, texts: Sequence[str]) -> tuple[NDArray[Any], NDArray[Any]]: ...

    def stand_out(self, texts: Sequence[str]) -> NDArray[Any]: ...

    def combine(self, opinions: NDArray[Any], within: NDArray[Any], weights: Weights) -> NDArray[Any]: ...


@dataclass(frozen=True, slots=True)
class Scored:
    """The development set as arrays: opinions (n × 4 × groups), within (n × 3 × labels), and what is right (n × groups, n × labels)."""

    questions: Sequence[Question]
    opinions: NDArray[Any]
    within: NDArray[Any]
    right_group: NDArray[Any]
    right_label: NDArray[Any]

    def take(self, chosen: NDArray[Any]) -> Scored:
        questions = [question for question, taken in zip(self.questions, chosen, strict=True) if taken]
        return Scored(questions, *(getattr(self, name)[chosen] for name in self.__slots__[1:]))


def calibrate(model: Model, development: Development) -> tuple[Weights, Ladder]:
    """The weights with the least log loss on the development set, and the ladder for them; defaults where nothing is known."""
    scored = score(model, development.questions)
    if len(scored.questions) < 10 * FEWEST:
        return Weights(), Ladder()
    weights = fit_weights(model, scored)
    shares = combine_all(model, cross_validated(model, scored, weights))
    ladder = choose_ladder(model, scored, shares)
    subjects = [q.text for q in development.questions if q.areas and CASES not in q.areas]
    scores = dict(zip(model.groups, model.stand_out(subjects).T, strict=True)) if len(subjects) >= FEWEST else {}
    calls, leanings = (call_thresholds(scores, shares) for shares in (FALSE_CALLS, FALSE_LEANINGS))
    return weights, replace(ladder, calls=calls, leanings=leanings)


def call_thresholds(scores: Mapping[str, NDArray[Any]], allowed: Mapping[str, float]) -> dict[str, float]:
    """From which score a group of talk calls for people: so high that only the ``allowed`` share of questions about a subject does.
    ``scores``: by group, how much each such question stands out."""
    return {
        group: round(float(np.quantile(scores[group], 1 - share)), 4)
        for group, share in allowed.items()
        if group in scores
    }


def score(model: Model, questions: Sequence[Question]) -> Scored:
    """Questions none of whose right groups the model has are left out."""
    group = {name: i for i, name in enumerate(model.groups)}
    label = {name: i for i, name in enumerate(model.labels)}
    kept, right_group, right_label = [], [], []
    for question in questions:
        groups = [group[name] for name in question.areas or (OUT_OF_SCOPE,) if name in group]
        if not groups:
            continue
        right = np.zeros(len(model.labels), dtype=bool)
        for name in _right_labels(question):
            if name in label:
                right[label[name]] = True
        kept.append(question)
        right_group.append(np.isin(np.arange(len(model.groups)), groups))
        right_label.append(right)
    empty = np.zeros((0, 4, len(model.groups))), np.zeros((0, 3, len(model.labels)))
    if not kept:
        return Scored([], *empty, empty[0][:, 0].astype(bool), empty[1][:, 0].astype(bool))
    opinions, within = model.opinions([question.text for question in kept])
    # Float32: four thousand messages by four hundred labels.
    return Scored(
        kept, opinions.astype(np.float32), within.astype(np.float32), np.array(right_group), np.array(right_label)
    )


def _right_labels(question: Question) -> list[str]:
    if question.articles is None or not question.areas:
        return []
    return list(question.articles) or [f"{area}/other" for area in question.areas]


def fit_weights(model: Model, scored: Scored, start: Weights | None = None) -> Weights:
    """First the groups, then the labels within the right group: each a smooth function with one lowest point, soon found from ``start``."""
    start = start or Weights()
    groups = _minimise(lambda w: _group_loss(w, scored), np.array(start.groups))
    judged = scored.take(np.asarray(scored.right_label.any(axis=1)))
    if len(judged.questions) < FEWEST:
        return replace(start, groups=tuple(groups.tolist()))
    is_other = np.array([label.endswith("/other") for label in model.labels], dtype=np.float32)
    found = _minimise(
        lambda w: _label_loss(w, judged, model.group_of, is_other), np.array([*start.labels, start.other])
    )
    return Weights(tuple(groups.tolist()), tuple(found[:-1].tolist()), float(found[-1]))


def _minimise(loss: Any, start: NDArray[Any]) -> NDArray[Any]:
    from scipy.optimize import minimize

    return np.round(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 40}).x, 4)


def _group_loss(weights: NDArray[Any], scored: Scored) -> tuple[float, NDArray[Any]]:
    return _loss(np.einsum("k,nkg->ng", weights, scored.opinions), scored.right_group, scored.opinions)


def _label_loss(
    weights: NDArray[Any], scored: Scored, group_of: NDArray[Any], is_other: NDArray[Any]
) -> tuple[float, NDArray[Any]]:
    """Among the labels of the groups that have a right label: which of them."""
    features = np.concatenate([scored.within, np.broadcast_to(is_other, scored.within[:, :1].shape)], axis=1)
    scores = np.einsum("k,nkl->nl", weights, features)
    member = group_of[:, None] == np.arange(group_of.max() + 1)[None]
    among = ((scored.right_label @ member) > 0) @ member.T
    return _loss(np.where(among, scores, -1e9), scored.right_label, features)


def _loss(scores: NDArray[Any], right: NDArray[Any], features: NDArray[Any]) -> tuple[float, NDArray[Any]]:
    """Log loss of the right ones together, and its slope by each weight."""
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares = odds / odds.sum(axis=1, keepdims=True)
    hit = np.maximum((shares * right).sum(axis=1), 1e-12)
    slope = (shares - shares * right / hit[:, None]) / len(scores)
    return float(-np.log(hit).mean()), np.einsum("ng,nkg->k", slope, features)


def cross_validated(model: Model, scored: Scored, near: Weights, folds: int = 3) -> list[tuple[Scored, Weights]]:
    """Parts of the set, each with weights fitted to the other parts, searched from ``near``; a need is never in both."""
    needs = sorted({question.need for question in scored.questions})
    part_of = {need: i % folds for i, need in enumerate(needs)}
    parts = np.array([part_of[question.need] for question in scored.questions])
    return [(scored.take(parts == i), fit_weights(model, scored.take(parts != i), near)) for i in range(folds)]


def combine_all(model: Model, parts: Sequence[tuple[Scored, Weights]]) -> tuple[Sequence[Question], NDArray[Any]]:
    """The questions of all parts and the probabilities of every label."""
    questions = [question for scored, _ in parts for question in scored.questions]
    shares = [model.combine(scored.opinions, scored.within, weights) for scored, weights in parts]
    return questions, np.concatenate(shares).astype(np.float32)


def choose_ladder(model: Model, scored: Scored, found: tuple[Sequence[Question], NDArray[Any]]) -> Ladder:
    """The lowest threshold that keeps wrong answers under ``WRONG_ANSWERS``, with each area's own shrunk towards it."""
    questions, shares = found
    group = np.array([label.partition("/")[0] for label in model.labels])
    areas = {area for question in questions for area in question.areas}
    in_area = np.isin(group, sorted(areas))
    articles = np.where(in_area & np.array([not label.endswith("/other") for label in model.labels]), shares, -1)
    if articles.max() < 0:
        return Ladder()
    best = articles.argmax(axis=1)
    confidence = articles[np.arange(len(best)), best]
    right = np.array([_answers(question, model.labels[i]) for question, i in zip(questions, best, strict=True)])
    pairs, packages = _pairs(model.labels, questions, articles, best), _packages(model.labels, questions, shares)
    pair, package = lowest_threshold(*pairs, WRONG_PAIRS), lowest_threshold(*packages, WRONG_PACKAGES)
    beside = sum(int((~right & (of >= least)).sum()) for (of, right), least in ((pairs, pair), (packages, package)))
    common = lowest_threshold(confidence, right, beside=beside)
    offsets = {}
    for area in sorted(areas):
        mine = group[best] == area
        if mine.sum() >= FEWEST:
            alone = lowest_threshold(confidence[mine], right[mine], z=0.0)  # few messages: the shrinking is the caution
            offsets[area] = round(float((alone - common) * mine.sum() / (mine.sum() + SHRINK)), 4)
    # With the offsets the bound must hold for all together once more.
    own = np.array([offsets.get(area, 0.0) for area in group[best]])
    common = lowest_threshold(confidence - own, right, beside=beside)
    return replace(
        Ladder(),
        answer=round(common, 4),
        pair=round(pair, 4),
        package=round(package, 4),
        offsets=offsets,
    )


def _pairs(
    labels: list[str], questions: Sequence[Question], articles: NDArray[Any], best: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Of each question the confidence of the second likeliest article, 0 where it is of the same area, and whether both are right:
    two answers from two areas are right when both are."""
    others = articles.copy()
    others[np.arange(len(best)), best] = -1
    second = others.argmax(axis=1)
    two_areas = np.array(
        [labels[i].partition("/")[0] != labels[j].partition("/")[0] for i, j in zip(best, second, strict=True)]
    )
    both = np.array(
        [_answers(q, labels[i]) and _answers(q, labels[j]) for q, i, j in zip(questions, best, second, strict=True)]
    )
    return np.where(two_areas, others[np.arange(len(second)), second], 0.0), both


def _packages(
    labels: list[str], questions: Sequence[Question], shares: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Of each question how likely it asks for a package, and whether the likeliest one is right."""
    packages = np.array([label.startswith("package/") for label in labels])
    best = np.where(packages, shares, -1).argmax(axis=1)
    right = [labels[i] in (question.articles or ()) for question, i in zip(questions, best, strict=True)]
    return shares[:, packages].sum(axis=1), np.array(right)


def _answers(question: Question, article: str) -> bool:
    if question.articles is None:
        return article.partition("/")[0] in question.areas
    return article in question.articles


def lowest_threshold(
    confidence: NDArray[Any],
    right: NDArray[Any],
    allowed: float = WRONG_ANSWERS,
    z: float = ONE_SIDED_95,
    beside: int = 0,
) -> float:
    """Answering from here up, the upper bound of the share of messages with a wrong answer is at most ``allowed``; 1 when it never is.
    ``beside``: messages that get a wrong answer in another way."""
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~right[order]) + beside
    bearable = np.array([upper_bound(int(mistakes), len(order), z) <= allowed for mistakes in wrong])
    # The curve only rises, so the last bearable place is the lowest threshold.
    return float(confidence[order[bearable.sum() - 1]]) if bearable.any() else 1.0


def upper_bound(mistakes: int, of: int, z: float = ONE_SIDED_95) -> float:
    """The one-sided 95 % upper bound of a share (Wilson)."""
    share = mistakes / of
    middle = share + z * z / (2 * of)
    width = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle + width) / (1 + z * z / of)
