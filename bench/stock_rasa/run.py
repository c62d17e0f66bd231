"""Trains and asks Rasa as its makers ship it. Runs in this folder's own environment and knows nothing of the hotline.

``run.py train FOLDER`` trains on FOLDER/{config.yml,domain.yml,nlu.yml,rules.yml} and writes FOLDER/stock.tar.gz;
``run.py ask FOLDER`` asks it the lines of FOLDER/questions.jsonl. Both write their figures and predictions as one line of JSON.
"""

import asyncio
import json
import os
import resource
import sys
import time
from pathlib import Path

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def train(folder: Path) -> dict:
    from rasa.model_training import train as rasa_train

    began = time.monotonic()
    rasa_train(
        domain=str(folder / "domain.yml"),
        config=str(folder / "config.yml"),
        training_files=[str(folder / "nlu.yml"), str(folder / "rules.yml")],
        output=str(folder),
        fixed_model_name="stock",
        force_training=True,
    )
    return {"train_s": time.monotonic() - began, "train_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


async def ask(folder: Path) -> dict:
    from rasa.core.agent import Agent

    began = time.monotonic()
    agent = Agent.load(folder / "stock.tar.gz")
    load = time.monotonic() - began
    texts = [json.loads(line)["text"] for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    await agent.handle_text(texts[0], sender_id="first")
    answers, turns = [], []
    for number, text in enumerate(texts):
        parsed = await agent.parse_message(text)
        selector = parsed.get("response_selector", {})
        ranking = [
            item for name, found in selector.items() if name != "all_retrieval_intents" for item in found["ranking"]
        ]
        answers.append(
            {
                "intents": {item["name"]: item["confidence"] for item in parsed["intent_ranking"]},
                "labels": {item["intent_response_key"]: item["confidence"] for item in ranking},
            }
        )
        began = time.perf_counter()
        await agent.handle_text(text, sender_id=f"sender-{number}")
        turns.append(1000 * (time.perf_counter() - began))
    return {"load_s": load, "serve_mb": _resident(), "turn_ms": turns, "answers": answers}


def _resident() -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    folder = Path(sys.argv[2]).absolute()
    figures = train(folder) if sys.argv[1] == "train" else asyncio.run(ask(folder))
    print("\n" + json.dumps(figures))
