"""Numbers, dates, addresses and contact data in a message, by a blank spaCy pipeline with rules of our own (patterns.py)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

from bot.understanding.patterns import find_spans

# Those of domain.yml; the table has more.
UNDERSTOOD = frozenset({"email", "case_number", "ean", "p_number", "cvr", "phone", "date", "amount", "address"})


@Language.component("business_entities")
def business_entities(doc: Doc) -> Doc:
    """Sets ``doc.ents``; an entity covers whole tokens, its exact characters stand in ``span._.exact``."""
    spans: list[Span] = []
    for found in find_spans(doc.text):
        if found.kind not in UNDERSTOOD:
            continue
        span = doc.char_span(found.start, found.end, label=found.kind, alignment_mode="expand")
        if span is None or any(span.start < s.end and span.end > s.start for s in spans):
            continue
        span._.exact = found
        spans.append(span)
    doc.set_ents(sorted(spans, key=lambda s: s.start))
    return doc


if not Span.has_extension("exact"):
    Span.set_extension("exact", default=None)


@lru_cache(maxsize=2)
def _pipeline(language: str) -> Language:
    nlp = spacy.blank(language)
    nlp.add_pipe("business_entities")
    return nlp


def find_entities(text: str, language: str) -> list[dict[str, Any]]:
    """Entities in order, as Rasa writes them: ``entity``, ``value`` (as ``bot.numbers`` writes it), ``start``, ``end``."""
    if not any(character.isnumeric() or character == "@" for character in text):
        return []  # every rule needs one of them; most messages have neither
    doc = _pipeline("en" if language == "en" else "da")(text)
    found = []
    for span in doc.ents:
        exact = span._.exact
        found.append({"entity": exact.kind, "value": exact.value, "start": exact.start, "end": exact.end})
    return found
