"""Patterns of numbers, dates, addresses and contact data, with what must stand before them. Pure, so that the server may use them.

A pattern alone says too much (any eight digits could be a CVR number), so check digits and the words before decide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

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
        re.compile(
            rf"\b[A-ZÆØÅ][\wÆØÅæøå.]*(?: [A-ZÆØÅ][\wæøå.]*){{0,4}}(?:{_STREET}| {_STREET}) \d{{1,3}} ?[A-Za-z]?\b"
        ),
        _always,
    ),
    ("address", re.compile(rf"\b\w+{_STREET} \d{{1,3}} ?[a-z]?\b", re.IGNORECASE), _always),
)


def find_spans(text: str) -> Iterator[tuple[str, int, int]]:
    """What the rules find, as (entity, start, end); no two overlap."""
    taken: list[tuple[int, int]] = []
    for entity, pattern, is_one in RULES:
        for found in pattern.finditer(text):
            start, end = found.span()
            if any(start < other_end and end > other_start for other_start, other_end in taken):
                continue
            if is_one(found.group().strip(), text[max(0, start - 40) : start]):
                taken.append((start, end))
                yield entity, start, end
