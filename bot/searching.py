"""What is searched, in one spelling: made once when it is written, so that every database finds the same. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from bot.numbers import find_numbers

_TEXTS = ("number", "company", "contact_name", "contact_email", "subject")
COLUMNS = (*_TEXTS, "cvr", "contact_phone")  # of an inquiry
_CASE_NUMBER = re.compile(r"(\d{4})\s*[-–/. ]\s*(\d{1,6})")
# Digits as people part them, with what may stand before: "+45 12 34 56 78", "DK-10 15 08 17", "#2026-000061", "CVR-nr. 10150817".
_NUMBER = re.compile(
    r"(?:(?:cvr|tlf|telefon|phone|mobil|henvendelse|inquiry|sag|case|nr|no|nummer|number|dk)[\s.:-]*|[#(+]\s*)*"
    r"(\d[\d\s().:/–-]*)"
)


def fold(text: str) -> str:
    """``text`` without case, in one composition, with single blanks; letters that show nothing are left out."""
    text = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    for _ in range(3):  # folding may undo a composition, and composing a folding
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(text.split())


def searched(inquiry: Mapping[str, Any]) -> str:
    """All an inquiry is found by, one thing a line; numbers stand there without what parts their digits."""
    lines = [fold(inquiry.get(column) or "") for column in _TEXTS]
    lines += [_digits(inquiry.get("number") or ""), _digits(inquiry.get("cvr") or "")]
    lines.append(_international(inquiry.get("contact_phone") or ""))
    return "\n".join(line for line in lines if line)


def wanted(q: str) -> list[str]:
    """What to look for in ``searched``, any of it: the folded words and, where they are a number, its digits."""
    folded = fold(q)
    found = [folded] if folded else []
    # A telephone number may have more to it than digits: an extension, "(0)".
    found += [
        _digits(one.value.partition(" ")[0])
        for one in find_numbers(q.strip())
        if (one.start, one.end) == (0, len(q.strip()))
    ]
    number = _NUMBER.fullmatch(folded)
    if number:
        digits = _digits(number.group(1))
        found.append(digits[2:] if digits.startswith("00") and len(digits) > 8 else digits)
        case = _CASE_NUMBER.fullmatch(number.group(1).strip())
        if case:
            found.append(f"{case.group(1)}-{case.group(2):0>6}")
    return list(dict.fromkeys(found))


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", text))


def _international(phone: str) -> str:
    """The digits with the country's first; a number without one is Danish."""
    digits = _digits(phone)
    if phone.lstrip().startswith("+"):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    return f"45{digits}" if len(digits) == 8 else digits
