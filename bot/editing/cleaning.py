"""Takes out of a message who wrote it and whom it names, before an editor or a training sees it. Pure.

Words that are removed leave "…", which is no word to the model; digits become 0, as the model sees them anyway (bot/words.py). What nobody
can know, a stranger's rare name in small letters, stays: an editor reads every text before anything is learnt from it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from bot.editing.names import COMMON_WORDS, GIVEN_NAMES
from bot.masking import MASK, mask
from bot.understanding.patterns import find_spans
from bot.words import fold

REMOVED = "…"
LONG_NAME = 5  # letters from which a person's name is found inside longer words too

_WORD = re.compile(r"[^\W_]+")
_LETTER = re.compile(r"[^\W\d_]")
_CONTACT_DATA = frozenset({"email", "case_number", "ean", "iban", "account", "p_number", "cvr", "phone", "address"})
_CAPITAL = r"[A-ZÆØÅÄÖÜÉ]"
_NAME = rf"\b{_CAPITAL}[^\W\d_]*(?:[-'’][^\W\d_]+)*"
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HANDLE = re.compile(r"\S{0,80}@\S*")
_STREET = re.compile(
    rf"(?<![.!?\n] )(?<!^)\b{_CAPITAL}[^\W\d_]+(?:gade|gaden|vej|vejen|allé|alle|stræde|vænge|vænget|boulevard)(?: \d+ ?[A-Za-z]?)?\b"
)
_TOWN = re.compile(rf"\b(?!19\d\d|20\d\d)\d{{4}} {_NAME}")
_FLOOR = re.compile(r"(?<=…)[ ,]*(?:st|kl|\d{1,2})\.? ?,? ?(?:sal|tv|th|mf)\b\.?", re.IGNORECASE)
_SAYS_NAME = re.compile(
    r"\b(?i:jeg hedder|vi hedder|mit navn er|navn ?:|my name is|kontaktperson ?:|att\.?:?|hr\.?|fru|frk\.?|mr\.?|mrs\.?|ms\.?)\s+"
    rf"(?:[^\W\d_]+[.]?)(?:[ -]{_NAME}){{0,3}}"
)
_IS_NAMED = re.compile(rf"\b(?:[Jj]eg er|[Dd]et er|I am|I'm|[Tt]his is)\s+({_NAME}(?:[ -]{_NAME}){{0,3}})")
_GREETED = re.compile(rf"\b(?i:hej|kære|hello|hi|dear)\s+({_NAME}(?:[ -]{_NAME}){{0,3}})")
_SIGNED = re.compile(
    r"(?i:(?:med )?(?:de )?(?:venlig|bedste|mange|kærlig)\w* hils\w+|\bhilsen\b|\bmvh\b|\bvh\b"
    r"|(?:kind |best )?regards|best wishes|sincerely)"
    r"[\s,.!/:–-]+[^\n]{1,80}(?:\n[^\n]{0,60}){0,4}\Z"
)
_CAPITALISED = re.compile(rf"{_NAME}(?: (?:{_CAPITAL}\.|af|von|van|de|la|el|{_NAME}))* {_NAME}")
_LONG_NUMBER = re.compile(r"\d(?:[ .\-/]?\d){4,}")
_GAPS = re.compile(rf"{REMOVED}(?:[\s,.;:'’/&+()-]*{REMOVED})+")
_MOST_NAMES = 4  # a longer run of words with capitals is a heading


@dataclass(frozen=True, slots=True)
class Known:
    """Folded words that must not survive: ``people`` are names of persons, ``others`` of companies, addresses and e-mails."""

    people: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()

    @classmethod
    def of(cls, people: Iterable[str | None], others: Iterable[str | None] = ()) -> Known:
        """What is known from whole names, companies and addresses as they are stored."""
        return cls(frozenset(_words(people)), frozenset(_words(others)) - COMMON_WORDS)

    def names(self, word: str) -> bool:
        """Whether ``word`` is or holds something known; also in the genitive."""
        folded = fold(word)
        forms = {folded, folded.removesuffix("s")}
        if forms & self.people or forms & self.others or forms & GIVEN_NAMES:
            return True
        return any(len(name) >= LONG_NAME and name in folded for name in self.people)


def clean(text: str, known: Known | None = None) -> str:
    """A question without names, addresses, contact data and numbers; empty when nothing is left of it."""
    text = _without_people(_LINK.sub(REMOVED, _plain(text)), known or Known())
    return _tidy(re.sub(r"\d", "0", text))


def clean_answer(text: str, known: Known | None = None) -> str:
    """A colleague's reply without names, addresses and contact data; web addresses, sums and short numbers stay, they are the answer."""
    parts = re.split(rf"({_LINK.pattern})", _plain(text), flags=re.IGNORECASE)
    cleaned = [
        _shown_link(part) if _LINK.fullmatch(part) else _without_people(part, known or Known()) for part in parts
    ]
    return _tidy(_LONG_NUMBER.sub(REMOVED, "".join(cleaned)), lines=True)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", mask(text).text.replace(MASK, REMOVED)))


def _shown_link(link: str) -> str:
    """A page that anyone may open; what follows ? or # may name a case."""
    return re.split("[?#]", link)[0]


def _without_people(text: str, known: Known) -> str:
    text = _SIGNED.sub(REMOVED, text)
    for found in reversed(find_spans(text)):
        if found.kind in _CONTACT_DATA:
            text = text[: found.start] + REMOVED + text[found.end :]
    for pattern in (_HANDLE, _TOWN, _STREET, _FLOOR, _SAYS_NAME):
        text = pattern.sub(REMOVED, text)
    for pattern in (_IS_NAMED, _GREETED):
        text = pattern.sub(_without_name, text)
    text = _CAPITALISED.sub(_without_capitals, text)
    return _WORD.sub(lambda word: REMOVED if known.names(word[0]) else word[0], text)


def _without_name(match: re.Match[str]) -> str:
    """ "Jeg er Momsregistreret" begins a sentence with a common word; "jeg er Mette" names somebody."""
    name = match[1]
    return match[0] if fold(name) in COMMON_WORDS else match[0].removesuffix(name) + REMOVED


def _without_capitals(match: re.Match[str]) -> str:
    """Two words with capitals in a row are a name, apart from the common word that may begin the sentence."""
    words = match[0].split()
    kept = []
    while words and fold(words[0]) in COMMON_WORDS:
        kept.append(words.pop(0))
    if not 2 <= len(words) <= _MOST_NAMES:
        return match[0]
    return " ".join([*kept, REMOVED])


def _tidy(text: str, *, lines: bool = False) -> str:
    text = _GAPS.sub(REMOVED, text)
    text = "\n".join(" ".join(line.split()) for line in text.splitlines()) if lines else " ".join(text.split())
    return text.strip() if _LETTER.search(text) else ""


def _words(texts: Iterable[str | None]) -> set[str]:
    words = (fold(word) for text in texts for word in _WORD.findall(unicodedata.normalize("NFC", text or "")))
    return {word for word in words if len(word) >= 2 and not word.isdecimal()}
