"""Writes the examples in Rasa's own format, for other Rasa environments: ``python -m bot.understanding.export OUT.yml``."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from bot.knowledge.content import Knowledge
from bot.knowledge.files import load_knowledge
from bot.settings import Settings


def export_examples(knowledge: Knowledge, out: Path) -> None:
    """``out`` is a training data file of Rasa 3 with one retrieval intent per label and a response for each."""
    examples: dict[str, list[str]] = {}
    for label, _language, text in knowledge.examples():
        examples.setdefault(label, []).append(" ".join(text.split()))
    content = {
        "version": "3.1",
        "nlu": [{"intent": label, "examples": "".join(f"- {text}\n" for text in of)} for label, of in examples.items()],
        "responses": {f"utter_{label}": [{"text": label}] for label in examples},
    }
    out.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000), encoding="utf-8")


if __name__ == "__main__":
    export_examples(load_knowledge(Settings().nlu_data_dir), Path(sys.argv[1]))
