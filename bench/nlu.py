"""Public intent benchmarks for the project's own classifier: MASSIVE (Danish), BANKING77 and HWU64.

    uv run python -m bench.nlu --data ../shared/bench [--few-shot 10]

Trains on the train part, weighs on the development part where there is one (never on the test part), and asks the test part once.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.understanding.development import Development, Question
from bot.understanding.model import LabelModel

Pair = tuple[str, str]  # text, intent


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
        texts, intents = ((folder / "data" / part / name).read_text(encoding="utf-8").splitlines() for name in ("seq.in", "label"))
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
    train = few(dataset.train, shots) if shots else dataset.train
    judged = few(dataset.development, shots) if shots else dataset.development
    questions = tuple(Question(text, dataset.language, text, (intent,), None) for text, intent in judged)
    began = time.perf_counter()
    model = LabelModel.fit(
        [text for text, _ in train],
        [intent for _, intent in train],
        [dataset.language] * len(train),
        development=Development(questions) if questions else None,
    )
    seconds = time.perf_counter() - began
    right, times = 0, []
    for text, intent in dataset.test:
        asked = time.perf_counter()
        shares = model.predict(text)
        times.append((time.perf_counter() - asked) * 1000)
        right += max(shares, key=shares.__getitem__) == intent
    return {
        "dataset": dataset.name,
        "train": len(train),
        "test": len(dataset.test),
        "accuracy": round(right / len(dataset.test), 4),
        "training_s": round(seconds, 1),
        "ms_per_message": round(float(np.median(times)), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds massive-da, banking77 and hwu64")
    parser.add_argument("--few-shot", type=int, help="train on so many examples of each intent")
    given = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, {'all' if not given.few_shot else given.few_shot} examples per intent")
    print("| data | train | test | accuracy | training s | ms per message |\n| --- | --- | --- | --- | --- | --- |")
    for dataset in datasets(given.data):
        print("| " + " | ".join(str(value) for value in run(dataset, given.few_shot).values()) + " |", flush=True)


if __name__ == "__main__":
    main()
