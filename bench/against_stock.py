"""Rasa as its makers ship it, and ours, in one run: ``uv run python -m bench.against_stock``.

Both are trained on the same examples and asked the same held-out questions. The stock environment (bench/stock_rasa) is made by
``uv sync --project bench/stock_rasa`` and needs Python 3.10. DIET takes hours for the whole base, so a part of it is taken: the first
``--articles`` of each area by a hash of their ids, with 30 Danish and 15 English examples each, as many of ``other``, 10 and 5 of every
label of talk; no lexicon and no development set, which stock Rasa has no use for. Questions are those that an article of the part
answers, and all out of scope.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bench.server import machine
from bot.knowledge.files import load_knowledge
from bot.settings import PROJECT_DIR

STOCK = PROJECT_DIR / "bench" / "stock_rasa"
NLU_DATA = PROJECT_DIR / "nlu_data"
EXAMPLES, OF_TALK = {"da": 30, "en": 15}, {"da": 10, "en": 5}
KEPT = 0.95  # share of questions in scope that must not be called out of scope
KINDS = ("ours", "ours, unpatched")


def write_part(folder: Path, articles: int) -> list[dict[str, Any]]:
    """A part of the knowledge base in ``folder``/nlu_data, the same as Rasa's files, and the questions."""
    base = folder / "nlu_data"
    for name in ("areas.yml", "rules.yml", "dialogue/texts.yml"):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(NLU_DATA / name, base / name)
    chosen = []
    for area in sorted(path for path in (NLU_DATA / "articles").iterdir() if path.is_dir()):
        files = sorted(area.glob("*.yml"), key=lambda path: hashlib.sha256(path.stem.encode()).digest())
        chosen += files[:articles]
    for file in [*chosen, *sorted((NLU_DATA / "other").glob("*.yml"))]:
        _write(base / file.relative_to(NLU_DATA), _cut(yaml.safe_load(file.read_text(encoding="utf-8")), EXAMPLES))
    for file in sorted((NLU_DATA / "dialogue").glob("*.yml")):
        entries = yaml.safe_load(file.read_text(encoding="utf-8"))
        if isinstance(entries, list):
            _write(base / "dialogue" / file.name, [_cut(entry, OF_TALK) for entry in entries])
    ids = {f"{file.parent.name}/{file.stem}" for file in chosen}
    lines = [
        json.loads(line)
        for line in (NLU_DATA / "held_out" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    asked = [line for line in lines if line["area"] == "out_of_scope" or ids & set(line.get("articles") or ())]
    (folder / "questions.jsonl").write_text(
        "".join(json.dumps({"text": line["text"]}) + "\n" for line in asked), encoding="utf-8"
    )
    _write_for_stock(folder, base)
    return asked


def _write_for_stock(folder: Path, base: Path) -> None:
    by_label: dict[str, list[str]] = defaultdict(list)
    for label, _, text in load_knowledge(base).examples():
        by_label[label].append(" ".join(text.split()))
    intents = sorted({label.partition("/")[0] for label in by_label})
    nlu = [{"intent": label, "examples": "".join(f"- {text}\n" for text in texts)} for label, texts in by_label.items()]
    _write(folder / "nlu.yml", {"version": "3.1", "nlu": nlu})
    rules = [{"rule": intent, "steps": [{"intent": intent}, {"action": f"utter_{intent}"}]} for intent in intents]
    _write(folder / "rules.yml", {"version": "3.1", "rules": rules})
    responses = {f"utter_{label}": [{"text": label}] for label in by_label}
    _write(folder / "domain.yml", {"version": "3.1", "intents": intents, "responses": responses})
    shutil.copy(STOCK / "config.yml", folder / "config.yml")


def _cut(entry: dict[str, Any], amount: dict[str, int]) -> dict[str, Any]:
    if "examples" not in entry:
        return entry
    return entry | {"examples": {language: texts[: amount[language]] for language, texts in entry["examples"].items()}}


def _write(file: Path, content: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000), encoding="utf-8")


def train_ours(folder: Path, patched: bool) -> dict[str, Any]:
    from bot.understanding import compat
    from bot.understanding.trainer import train_here

    if not patched:
        compat.patch_rasa = compat.install
    began = time.monotonic()
    model = train_here(folder / "nlu_data", folder / "ours")
    shutil.move(model, folder / "ours.tar.gz")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"train_s": time.monotonic() - began, "train_mb": memory}


def ask_ours(folder: Path, patched: bool) -> dict[str, Any]:
    from bot.turn import TurnRequest
    from bot.understanding import compat
    from bot.understanding.worker.process import load_turns

    if not patched:
        compat.patch_rasa, compat.leave_out_what_only_trains = compat.install, lambda model: None
    began = time.monotonic()
    turns = load_turns(folder / "ours.tar.gz")
    load = time.monotonic() - began
    texts = [json.loads(line)["text"] for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    took, answers = [], []

    async def ask() -> None:
        for text in texts:
            began = time.perf_counter()
            result = await turns.take(TurnRequest("0000", text=text).to_json())
            took.append(1000 * (time.perf_counter() - began))
            understood = result["understanding"]
            intents = {hit["id"]: hit["confidence"] for hit in (*understood["areas"], *understood["kinds"])}
            answers.append(
                {"intents": intents, "labels": {hit["id"]: hit["confidence"] for hit in understood["articles"]}}
            )

    asyncio.run(ask())
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    memory = int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024
    return {"load_s": load, "serve_mb": memory, "turn_ms": took, "answers": answers}


def figures(asked: Sequence[dict[str, Any]], found: dict[str, Any]) -> dict[str, float]:
    """Accuracies of what was understood; out of scope at the threshold that keeps ``KEPT`` of the questions in scope."""
    areas = list(load_knowledge(NLU_DATA).areas)
    right_area, right_article, inside, outside = [], [], [], []
    for line, answer in zip(asked, found["answers"], strict=True):
        shares = {area: answer["intents"].get(area, 0.0) for area in areas}
        beside = answer["intents"].get("out_of_scope", 0.0)
        suspicion = beside / max(beside + max(shares.values()), 1e-9)
        if line["area"] == "out_of_scope":
            outside.append(suspicion)
            continue
        inside.append(suspicion)
        right_area.append(max(shares, key=shares.__getitem__) in {line["area"], *line.get("multi_area", ())})
        best = max(answer["labels"], key=answer["labels"].__getitem__, default=None)
        right_article.append(best in line["articles"])
    return {
        "area top-1": float(np.mean(right_area)),
        "article top-1": float(np.mean(right_article)),
        f"out of scope found, {KEPT:.0%} kept": float(np.mean(np.array(outside) > np.quantile(inside, KEPT))),
        "training s": found["train_s"],
        "training MB": found["train_mb"],
        "load s": found["load_s"],
        "serving MB": found["serve_mb"],
        "turn p50 ms": float(np.quantile(found["turn_ms"], 0.5)),
        "turn p99 ms": float(np.quantile(found["turn_ms"], 0.99)),
    }


def _run(command: Sequence[str], step: str, folder: Path) -> dict[str, Any]:
    done = subprocess.run([*command, step, str(folder)], cwd=PROJECT_DIR, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=4, help="of each area")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)  # inside a process of its own: kind, step, folder
    given = parser.parse_args()
    if given.step:
        kind, step, place = given.step
        ours = (train_ours if step == "train" else ask_ours)(Path(place), kind == KINDS[0])
        print("\n" + json.dumps(ours))
        return
    commands = {kind: [sys.executable, "-W", "ignore", "-m", "bench.against_stock", "--step", kind] for kind in KINDS}
    commands["stock"] = [str(STOCK / ".venv" / "bin" / "python"), str(STOCK / "run.py")]
    with tempfile.TemporaryDirectory(prefix="hotline-stock-") as room:
        folder = Path(room)
        asked = write_part(folder, given.articles)
        labels = {label for label, _, _ in load_knowledge(folder / "nlu_data").examples()}
        examples = sum(1 for _ in load_knowledge(folder / "nlu_data").examples())
        outside = sum(line["area"] == "out_of_scope" for line in asked)
        print(
            f"{machine()}; {len(labels)} labels, {examples} examples; {len(asked)} questions, {outside} of them out of scope"
        )
        found = {
            kind: figures(asked, _run(command, "train", folder) | _run(command, "ask", folder))
            for kind, command in commands.items()
        }
    print(f"| | {' | '.join(found)} |\n| --- |{' --- |' * len(found)}")
    for name in found["stock"]:
        print(
            f"| {name} | {' | '.join(f'{of[name]:.3f}' if of[name] < 1 else f'{of[name]:.1f}' for of in found.values())} |"
        )


if __name__ == "__main__":
    main()
