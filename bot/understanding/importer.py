"""Turns the knowledge base into Rasa's training data: one retrieval intent per label, responses, rules and domain."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import rasa.shared.utils.io
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.importers.utils import story_graph_from_paths
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.knowledge.bundle import to_lines
from bot.knowledge.content import Knowledge
from bot.knowledge.files import load_knowledge
from bot.understanding.components import BESIDE, CONCEPTS, DEVELOPMENT, HINTS, KNOWLEDGE, LANGUAGE
from bot.understanding.development import load_development
from bot.understanding.hints import hints
from bot.understanding.lexicon import load_lexicon

RULES_FILE = "rules.yml"
DECIDE = "action_decide"


class KnowledgeImporter(TrainingDataImporter):
    """Reads a folder like ``nlu_data``. Its rules file is Rasa's own YAML; a rule per intent is added, none per article.

    Test conversations (``test_*.yml``) are read from whatever path is given, so that ``rasa test`` works as a Rasa user expects.
    """

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        **kwargs: Any,
    ):
        self._config_file, self._domain_path = config_file, domain_path
        given = [training_data_paths] if isinstance(training_data_paths, str) else training_data_paths or []
        self._paths = [Path(path) for path in given]

    @cached_property
    def folder(self) -> Path | None:
        return next(filter(is_knowledge_folder, self._paths), None)

    @cached_property
    def knowledge(self) -> Knowledge:
        return load_knowledge(self.folder) if self.folder else Knowledge()

    def get_config(self) -> dict[str, Any]:
        return rasa.shared.utils.io.read_model_configuration(self._config_file) if self._config_file else {}

    def get_config_file_for_auto_config(self) -> str | None:
        return self._config_file

    def get_domain(self) -> Domain:
        return Domain.load(self._domain_path) if self._domain_path else Domain.empty()

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        return self._training_data  # Rasa asks three times

    @cached_property
    def _training_data(self) -> TrainingData:
        examples = []
        for label, text_language, text in self.knowledge.examples():
            intent, _, _ = label.partition("/")
            about = {LANGUAGE: text_language}
            examples.append(_Example({TEXT: text, INTENT: intent, INTENT_RESPONSE_KEY: label, METADATA: about}))
        if examples:
            # Tables, synonyms and responses would be warned about, read as file names or copied into the domain.
            examples[0].set(METADATA, {**examples[0].get(METADATA), BESIDE: self._beside})
        return TrainingData(examples, responses=self._responses())

    @cached_property
    def _beside(self) -> str:
        """What training needs beside the examples; one text, since Rasa hashes every leaf of a message's metadata again and again."""
        assert self.folder is not None
        lexicon, development = load_lexicon(self.folder, self._labels()), load_development(self.folder)
        parts = {
            KNOWLEDGE: list(to_lines(self.knowledge)),
            HINTS: hints(self.knowledge, lexicon),
            CONCEPTS: {name: list(words) for name, words in lexicon.concepts.items()},
            DEVELOPMENT: development.to_lines() if development else [],
        }
        return json.dumps(parts, ensure_ascii=False)

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        domain = self._domain_with_intents()
        steps: list[Any] = []
        rules = self.folder / RULES_FILE if self.folder else None
        if rules and rules.is_file():
            steps += story_graph_from_paths([str(rules)], domain, exclusion_percentage).story_steps
        reader = YAMLStoryReader(domain)
        steps += reader.read_from_parsed_yaml({"rules": [_rule(intent) for intent in self._intents()]})
        return StoryGraph(steps)

    def get_conversation_tests(self) -> StoryGraph:
        files = [
            file for path in self._paths for file in ([path] if path.is_file() else sorted(path.rglob("test_*.yml")))
        ]
        return story_graph_from_paths([str(file) for file in files], self._domain_with_intents())

    def _intents(self) -> list[str]:
        return sorted({label.partition("/")[0] for label in self._labels()})

    def _labels(self) -> dict[str, None]:
        return {label: None for label, _, _ in self.knowledge.examples()}

    def _responses(self) -> dict[str, list[dict[str, str]]]:
        """Retrieval intents need a response each. The actions say the text; here stands only what it is about."""
        return {f"utter_{label}": [{"text": self._title(label)}] for label in self._labels()}

    def _title(self, label: str) -> str:
        if label in self.knowledge.articles:
            return self.knowledge.articles[label].title["da"]
        entry = self.knowledge.dialogue.get(label)
        return entry.text["da"] if entry and entry.text else label

    def _domain_with_intents(self) -> Domain:
        """Rasa adds the retrieval intents to the domain only after this importer, but its story reader wants them now."""
        return self.get_domain().merge(Domain.from_dict({"intents": self._intents()}))


def is_knowledge_folder(path: Path) -> bool:
    return (path / "areas.yml").is_file()


class _Example(Message):
    """A training example that is shared, not copied: Rasa merges the training data a dozen times, which took 14 s for 19,000."""

    def __deepcopy__(self, memo: dict[int, Any]) -> _Example:
        return self


def _rule(intent: str) -> dict[str, Any]:
    return {"rule": f"A message about {intent} is decided upon", "steps": [{"intent": intent}, {"action": DECIDE}]}
