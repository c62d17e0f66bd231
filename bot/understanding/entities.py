"""Numbers, dates, addresses and contact data in a message, by a blank spaCy pipeline with rules of our own.

A pattern alone says too much (any eight digits could be a CVR number), so check digits and the words before decide.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from stdnum import ean
from stdnum.dk import cvr

from bot.contact_form import EIGHT_DIGITS, EMAIL, PHONE

_MONTHS = (
    "januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|december"
    "|january|february|march|may|june|july|october|jan|feb|mar|apr|jun|jul|aug|sep|sept|okt|oct|nov|dec"
)
_STREET = (
    r"(?i:vej|vejen|gade|gaden|allé|alle|stræde|torv|torvet|plads|pladsen|boulevard|vænge|parken|park|bakke|bakken|have"
    r"|engen|havn|havnen|stien|kaj)"
)
_PHONE_WORDS = re.compile(r"(?:tlf|telefon|mobil|ring|phone|call|sms|tel|nummer)\W*(?:\w+\W+){0,3}$", re.IGNORECASE)
_P_NUMBER_WORDS = re.compile(
    r"\bp(?:[- ]?(?:nr|nummer|no|number)|roduktionsenhed\w*|-enhed\w*)\W*(?:er|is)?\W*$", re.IGNORECASE
)
_CVR_WORDS = re.compile(r"\b(?:cvr|se|vat)\W*(?:nr|nummer|no|number)?\W*(?:er|is)?\W*$", re.IGNORECASE)


def _always(value: str, before: str) -> bool:
    return True


def _is_cvr(value: str, before: str) -> bool:
    number = cvr.compact(value).replace(".", "")
    return cvr.is_valid(number) and (bool(_CVR_WORDS.search(before)) or not _PHONE_WORDS.search(before))


def _is_phone(value: str, before: str) -> bool:
    return value.startswith(("+", "00")) or " " in value or bool(_PHONE_WORDS.search(before))


# (entity, pattern, whether what it found is one, given the value and the text before). Earlier ones win where two overlap.
RULES: tuple[tuple[str, re.Pattern[str], Callable[[str, str], bool]], ...] = (
    ("email", EMAIL, _always),
    ("case_number", re.compile(r"(?<![\d-])(?:19|20)\d{2}-\d{3,7}(?![\d-])"), _always),
    ("ean", re.compile(r"(?<!\d)\d{13}(?!\d)"), lambda value, before: ean.is_valid(value)),
    ("p_number", re.compile(r"(?<!\d)\d{10}(?!\d)"), lambda value, before: bool(_P_NUMBER_WORDS.search(before))),
    ("cvr", EIGHT_DIGITS, _is_cvr),
    ("phone", PHONE, _is_phone),
    ("date", re.compile(r"(?<!\d)(?:\d{1,2}[./-]\d{1,2}[./-](?:20)?\d{2}|20\d{2}-\d{2}-\d{2})(?!\d)"), _always),
    (
        "date",
        re.compile(rf"(?<!\d)\d{{1,2}}(?:\.|st|nd|rd|th)? (?:of )?(?:{_MONTHS})\b\.?(?: 20\d{{2}})?", re.IGNORECASE),
        _always,
    ),
    (
        "amount",
        re.compile(
            r"(?:kr\.?|dkk) ?\d[\d.]*(?:,\d{1,2})?|\d[\d.]*(?:,\d{1,2})? ?(?:kroner|kr\b\.?|dkk\b|,-)", re.IGNORECASE
        ),
        _always,
    ),
    (
        "address",
        re.compile(rf"\b[A-ZÆØÅ][\wÆØÅæøå.]*(?: [A-ZÆØÅ][\wæøå.]*)*(?:{_STREET}| {_STREET}) \d{{1,3}} ?[A-Za-z]?\b"),
        _always,
    ),
    ("address", re.compile(rf"\b\w+{_STREET} \d{{1,3}} ?[a-z]?\b", re.IGNORECASE), _always),
)


@Language.component("business_entities")
def business_entities(doc: Doc) -> Doc:
    """Sets ``doc.ents``; an entity covers whole tokens, its exact characters stand in ``span._.exact``."""
    taken: list[tuple[int, int]] = []
    spans: list[Span] = []
    text = doc.text
    for entity, pattern, is_one in RULES:
        for found in pattern.finditer(text):
            start, end = found.span()
            if any(start < other_end and end > other_start for other_start, other_end in taken):
                continue
            if not is_one(found.group().strip(), text[max(0, start - 40) : start]):
                continue
            span = doc.char_span(start, end, label=entity, alignment_mode="expand")
            if span is None or any(span.start < s.end and span.end > s.start for s in spans):
                continue
            span._.exact = (start, end)
            taken.append((start, end))
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
