"""Rasa graph components of the pipeline in ``config.yml``: language, entities (spaCy) and labels.

A message may bring ``metadata``: ``language`` (hint) and ``unavailable`` (article ids that must not answer here).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import (
    ENTITIES,
    INTENT,
    INTENT_RANKING_KEY,
    INTENT_RESPONSE_KEY,
    METADATA,
    RESPONSE_SELECTOR,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.knowledge.bundle import from_lines
from bot.knowledge.content import Knowledge
from bot.settings import Settings
from bot.turn import Understanding
from bot.understanding.dense import DenseVectors
from bot.understanding.development import Development
from bot.understanding.entities import find_entities
from bot.understanding.labels import likeliest_of, send_withdrawn_to_people, understand
from bot.understanding.language import detect_language
from bot.understanding.model import LabelModel

# Metadata of the first training example: in it the importer hands training what it needs beside the examples, as JSON with these keys.
BESIDE = "beside"
KNOWLEDGE, HINTS, CONCEPTS, DEVELOPMENT = "knowledge", "hints", "concepts", "development"
KNOWLEDGE_FILE = "knowledge.jsonl"
LANGUAGE = "language"
UNDERSTANDING = "understanding"
LADDER = "ladder"
RANKING_LENGTH = 10

Component = DefaultV1Recipe.ComponentType


class _Stateless(GraphComponent):
    """A component that learns nothing."""

    def __init__(self, config: dict[str, Any]):
        self._config = config

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GraphComponent:
        return cls(config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data


@DefaultV1Recipe.register(Component.MESSAGE_TOKENIZER, is_trainable=False)
class LanguageDetector(_Stateless):
    """Writes ``language``: da, en or other."""

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text:
                hint = (message.get(METADATA) or {}).get(LANGUAGE)
                message.set(LANGUAGE, detect_language(text, hint), add_to_output=True)
        return messages


@DefaultV1Recipe.register(Component.ENTITY_EXTRACTOR, is_trainable=False)
class BusinessEntities(_Stateless):
    """Adds CVR, P- and EAN numbers, case numbers, dates, amounts, addresses, phone numbers and e-mail addresses."""

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text:
                found = [
                    entity | {"extractor": "BusinessEntities"}
                    for entity in find_entities(text, message.get(LANGUAGE, "da"))
                ]
                message.set(ENTITIES, [*message.get(ENTITIES, []), *found], add_to_output=True)
        return messages


@DefaultV1Recipe.register(Component.INTENT_CLASSIFIER, is_trainable=True)
class LabelClassifier(GraphComponent):
    """Writes the area or group as intent, the label ranking as response selector output, and ``understanding``."""

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource):
        self._storage, self._resource = model_storage, resource
        self.model: LabelModel | None = None
        self.knowledge = Knowledge()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LabelClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LabelClassifier:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component.model = LabelModel.load(Path(folder))
            lines = (Path(folder) / KNOWLEDGE_FILE).read_text(encoding="utf-8").splitlines()
        component.knowledge = from_lines(lines)
        return component

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Rasa's cache knows only this class; a model from it must not outlive a change of the code beneath."""
        digest = hashlib.sha256()
        for source in sorted(Path(__file__).parent.glob("*.py")):
            digest.update(source.read_bytes())
        digest.update(Settings().dense_model.encode())
        return digest.hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        examples = [m for m in training_data.training_examples if m.get(TEXT) and m.get(INTENT_RESPONSE_KEY)]
        beside = json.loads(next((found for m in examples if (found := (m.get(METADATA) or {}).get(BESIDE))), "{}"))
        lines = beside.get(KNOWLEDGE, [])
        self.knowledge = from_lines(lines)
        self.model = LabelModel.fit(
            [m.get(TEXT) for m in examples],
            [m.get(INTENT_RESPONSE_KEY) for m in examples],
            [(m.get(METADATA) or {}).get(LANGUAGE, "da") for m in examples],
            hints=beside.get(HINTS, []),
            concepts=beside.get(CONCEPTS, {}),
            development=Development.from_lines(beside.get(DEVELOPMENT, [])),
            dense=DenseVectors(dense) if (dense := Settings().dense_model) else None,
        )
        with self._storage.write_to(self._resource) as folder:
            self.model.save(Path(folder))
            (Path(folder) / KNOWLEDGE_FILE).write_text("\n".join(lines), encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if message.get(TEXT):
                self._label(message)
        return messages

    def understand(
        self, text: str, language: str, entities: list[dict[str, Any]], unavailable: Sequence[str]
    ) -> tuple[Understanding, dict[str, float]]:
        """What the model understands of ``text``, and the probability of each label that may answer here."""
        assert self.model is not None
        own = {id for id in unavailable if id in self.knowledge.articles and self.knowledge.articles[id].municipality}
        shares = self.model.predict(text, without=own)
        shares = send_withdrawn_to_people(shares, [id for id in unavailable if id not in own])
        understood = understand(shares, self.knowledge.areas, language, entities)
        understood.calls, understood.leanings = (likeliest_of(shares, groups) for groups in self.model.calls(text))
        return understood, shares

    def _label(self, message: Message) -> None:
        unavailable = (message.get(METADATA) or {}).get("unavailable", ())
        entities = [{key: e[key] for key in ("entity", "value", "start", "end")} for e in message.get(ENTITIES, [])]
        understood, shares = self.understand(message.get(TEXT), message.get(LANGUAGE, "da"), entities, unavailable)
        assert self.model is not None
        intents = _by_intent(shares)
        ranking: list[dict[str, Any]] = [
            {"name": name, "confidence": share} for name, share in intents[:RANKING_LENGTH]
        ]
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        message.set(RESPONSE_SELECTOR, _response_selector(shares, ranking[0]["name"]), add_to_output=True)
        message.set(UNDERSTANDING, understood.to_json(), add_to_output=True)
        message.set(LADDER, self.model.ladder.to_json(), add_to_output=True)


def _by_intent(shares: dict[str, float]) -> list[tuple[str, float]]:
    sums: dict[str, float] = {}
    for label, share in shares.items():
        intent = label.partition("/")[0]
        sums[intent] = sums.get(intent, 0.0) + share
    return sorted(sums.items(), key=lambda item: (-item[1], item[0]))


def _response_selector(shares: dict[str, float], intent: str) -> dict[str, Any]:
    """What Rasa's own ResponseSelector would write: the ranking within the intent."""
    within = [(label, share) for label, share in shares.items() if label.startswith(f"{intent}/")]
    total = sum(share for _, share in within) or 1.0
    within.sort(key=lambda item: (-item[1], item[0]))
    ranking = [{"intent_response_key": label, "confidence": share / total} for label, share in within[:RANKING_LENGTH]]
    return {
        "all_retrieval_intents": [intent],
        intent: {
            "response": ranking[0] | {"utter_action": f"utter_{ranking[0]['intent_response_key']}"},
            "ranking": ranking,
        },
    }
