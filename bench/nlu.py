"""Public intent benchmarks for the project's own classifier: MASSIVE (Danish), BANKING77 and HWU64.

    uv run python -m bench.nlu --data ../shared/bench [--few-shot 10]

How much each of the model's four opinions counts is chosen on the development part (a tenth of the train part where there is none, and
always with --few-shot); then the model is trained on both, and asked the test part once.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import platform
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bot.understanding.calibration import Weights
from bot.understanding.model import LabelModel

Pair = tuple[str, str]  # text, intent
# Of the SVM, the complement naive Bayes, the label model and the leaning one. Where each intent has examples like the test's, as in
# these data sets, the SVM needs little help; on questions from elsewhere the mixture is far better (docs/understanding.md).
MIXTURES = tuple((1.0, *rest) for rest in itertools.product((0.0, 0.1, 0.25), (0.0, 0.1, 0.25), (0.0, 0.1, 0.25)))


@dataclass(frozen=True, slots=True)
class Dataset:
    name: str
    language: str
    train: list[Pair]
    development: list[Pair]
    test: list[Pair]


def massive(folder: Path) -> Dataset:
    parts: dict[str, list[Pair]] = defaultdict(list)
    for line in (folder / "da-DK.jsonl").read_text(encoding="utf-8").splitlines():
        value = json.loads(line)
        parts[value["partition"]].append((value["utt"], value["intent"]))
    return Dataset("MASSIVE da-DK", "da", parts["train"], parts["dev"], parts["test"])


def banking(folder: Path) -> Dataset:
    def read(name: str) -> list[Pair]:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            return [(row["text"], row["category"]) for row in csv.DictReader(file)]

    return Dataset("BANKING77", "en", read("train.csv"), [], read("test.csv"))


def hwu(folder: Path) -> Dataset:
    def read(part: str) -> list[Pair]:
        texts, intents = (
            (folder / "data" / part / name).read_text(encoding="utf-8").splitlines() for name in ("seq.in", "label")
        )
        return list(zip(texts, intents, strict=True))

    return Dataset("HWU64", "en", read("train"), read("valid"), read("test"))


def datasets(data: Path) -> Iterator[Dataset]:
    yield massive(data / "massive-da")
    yield banking(data / "banking77")
    yield hwu(data / "hwu64")


def few(pairs: list[Pair], shots: int, seed: int = 0) -> list[Pair]:
    """So many examples of each intent, chosen by ``seed``."""
    by_intent: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_intent[pair[1]].append(pair)
    chosen = np.random.default_rng(seed)
    return [mine[i] for _, mine in sorted(by_intent.items()) for i in chosen.permutation(len(mine))[:shots]]


def run(dataset: Dataset, shots: int | None) -> dict[str, float | str | int]:
    train, judged = (few(dataset.train, shots), []) if shots else (dataset.train, dataset.development)
    if not judged:
        train, judged = _held_back(train)
    began = time.perf_counter()
    weights = choose_weights(_fit(dataset, train), judged)
    model = _fit(dataset, [*train, *judged])
    model.weights = weights
    seconds = time.perf_counter() - began
    right, times = 0, []
    for text, intent in dataset.test:
        asked = time.perf_counter()
        shares = model.predict(text)
        times.append((time.perf_counter() - asked) * 1000)
        right += max(shares, key=shares.__getitem__) == intent
    return {
        "dataset": dataset.name,
        "train": len(train) + len(judged),
        "test": len(dataset.test),
        "weights": " ".join(str(weight) for weight in weights.groups),
        "accuracy": round(right / len(dataset.test), 4),
        "training_s": round(seconds, 1),
        "ms_per_message": round(float(np.median(times)), 2),
    }


def _fit(dataset: Dataset, pairs: list[Pair]) -> LabelModel:
    return LabelModel.fit([text for text, _ in pairs], [intent for _, intent in pairs], [dataset.language] * len(pairs))


def _held_back(pairs: list[Pair], share: float = 0.1) -> tuple[list[Pair], list[Pair]]:
    """A part to choose weights on, where a data set has none."""
    order = np.random.default_rng(0).permutation(len(pairs))
    cut = int(share * len(pairs))
    return [pairs[i] for i in sorted(order[cut:])], [pairs[i] for i in sorted(order[:cut])]


def choose_weights(model: LabelModel, judged: list[Pair]) -> Weights:
    """How much each of the four opinions counts: the mixture that is right most often on ``judged``."""
    opinions = model.opinions([text for text, _ in judged])[0]
    truth = np.array([model.groups.index(intent) if intent in model.groups else -1 for _, intent in judged])

    def right(mixture: tuple[float, ...]) -> int:
        return int((np.einsum("k,nkg->ng", np.array(mixture), opinions).argmax(axis=1) == truth).sum())

    return replace(Weights(), groups=max(MIXTURES, key=right))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, required=True, help="the folder that holds massive-da, banking77 and hwu64"
    )
    parser.add_argument("--few-shot", type=int, help="train on so many examples of each intent")
    given = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, {given.few_shot or 'all'} examples per intent")
    print(
        "| data | train | test | weights | accuracy | training s | ms per message |\n| --- | --- | --- | --- | --- | --- | --- |"
    )
    for dataset in datasets(given.data):
        print("| " + " | ".join(str(value) for value in run(dataset, given.few_shot).values()) + " |", flush=True)


if __name__ == "__main__":
    main()
