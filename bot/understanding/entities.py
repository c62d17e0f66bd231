"""Numbers, dates, addresses and contact data in a message, by a blank spaCy pipeline with rules of our own (patterns.py)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from stdnum.dk import cvr

from bot.understanding.patterns import find_spans


@Language.component("business_entities")
def business_entities(doc: Doc) -> Doc:
    """Sets ``doc.ents``; an entity covers whole tokens, its exact characters stand in ``span._.exact``."""
    spans: list[Span] = []
    for entity, start, end in find_spans(doc.text):
        span = doc.char_span(start, end, label=entity, alignment_mode="expand")
        if span is None or any(span.start < s.end and span.end > s.start for s in spans):
            continue
        span._.exact = (start, end)
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
    """Entities in order, as Rasa writes them: ``entity``, ``value`` (numbers without spaces), ``start``, ``end``."""
    if not any(character.isdigit() or character == "@" for character in text):
        return []  # every rule needs one of them; most messages have neither
    doc = _pipeline("en" if language == "en" else "da")(text)
    found = []
    for span in doc.ents:
        start, end = span._.exact
        found.append({"entity": span.label_, "value": _value(span.label_, text[start:end]), "start": start, "end": end})
    return found


def _value(entity: str, text: str) -> str:
    if entity == "cvr":
        return cvr.compact(text).replace(".", "")
    if entity == "phone":
        return text.replace(" ", "")
    return text.strip()
