"""The hand-written lexicon: well formed, about labels that exist, and no copy of the questions it is measured with."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.knowledge.files import ArticleFileErrors, load_knowledge
from bot.settings import PROJECT_DIR
from bot.understanding.development import load_development
from bot.understanding.lexicon import Concepts, load_lexicon
from bot.words import tokens

FOLDER = PROJECT_DIR / "nlu_data"


def test_every_label_of_the_lexicon_exists() -> None:
    known = {label for label, _, _ in load_knowledge(FOLDER).examples()}
    named = {
        label
        for file in FOLDER.glob("lexicon/labels/*.yml")
        for label in yaml.safe_load(file.read_text(encoding="utf-8"))
    }
    assert named and named - known == set()


def test_no_phrase_of_three_words_stands_in_a_development_question() -> None:
    labels = {label for label, _, _ in load_knowledge(FOLDER).examples()}
    development = load_development(FOLDER)
    assert development is not None
    questions = [frozenset(tokens(question.text)) for question in development.questions]
    phrases = [(phrase, frozenset(tokens(phrase))) for _, phrase in load_lexicon(FOLDER, labels).phrases]
    copied = [
        phrase
        for phrase, words in phrases
        if len(tokens(phrase)) >= 3 and any(words <= question for question in questions)
    ]
    assert copied == []


def test_a_concept_is_found_with_endings_in_compounds_and_as_a_phrase() -> None:
    concepts = Concepts({"bill": ["regning", "faktura"], "trade.beauty": ["frisør"], "late": ["ikke betalt"]})
    assert concepts.find(tokens("vandregningen")) == ["@bill"]
    assert concepts.find(tokens("to frisører har ikke betalt")) == ["@trade.beauty", "@late", "@trade"]
    assert concepts.find(tokens("betalt ikke")) == []


@pytest.mark.parametrize("content", ["a: [", "- a", "building/x: word", "building/x: [12]"])
def test_a_malformed_lexicon_is_refused_with_file_and_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "lexicon" / "labels").mkdir(parents=True)
    (tmp_path / "lexicon" / "labels" / "bad.yml").write_text(f"# comment\n{content}\n", encoding="utf-8")
    with pytest.raises(ArticleFileErrors, match=r"lexicon/labels/bad\.yml:\d"):
        load_lexicon(tmp_path, {"building/x"})


def test_a_knowledge_base_without_lexicon_has_an_empty_one(tmp_path: Path) -> None:
    assert load_lexicon(tmp_path, set()).phrases == ()
