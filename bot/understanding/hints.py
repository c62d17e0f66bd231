"""What a model learns from beside examples: phrases of the lexicon, titles and sentences of answers; each weighs less than an example."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.knowledge.content import LANGUAGES, Knowledge
from bot.understanding.lexicon import Lexicon

Hint = tuple[str, str, float]  # text, label, weight

# Measured on the development set: phrases 0.3, 0.6, 0.8 and 1 within three tenths of a point; sentences 0.1 helps, 1 harms.
PHRASE, TITLE, SENTENCE = 0.8, 0.1, 0.1
_MARKUP = re.compile(r"[*_`\[\]()#{}|>]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_SHORTEST_SENTENCE = 16


def hints(knowledge: Knowledge, lexicon: Lexicon) -> list[Hint]:
    """In an order that is always the same."""
    return [*((phrase, label, PHRASE) for label, phrase in lexicon.phrases), *_from_articles(knowledge)]


def _from_articles(knowledge: Knowledge) -> Iterator[Hint]:
    for article in knowledge.articles.values():
        for language in LANGUAGES:
            yield article.title[language], article.id, TITLE
            for sentence in _SENTENCE_END.split(_MARKUP.sub(" ", article.answer[language])):
                if len(sentence.strip()) >= _SHORTEST_SENTENCE:
                    yield sentence.strip(), article.id, SENTENCE
