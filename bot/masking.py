"""CPR numbers are masked before anything is stored, logged or understood (docs/privacy.md). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

MASK = "[CPR-nummer fjernet]"

_GAP = r"[\s.\-–—−_/\u00a0\u2007\u2009\u202f]{0,3}"
# Six digits of a date (or eight, with the century), a gap, four digits. No checksum: numbers without one are valid since
# 2007 (https://www.cpr.dk/cpr-systemet/personnumre-uden-kontrolciffer-modulus-11-kontrol/).
_CANDIDATE = re.compile(rf"(?<!\d)(\d\d)({_GAP})(\d\d){_GAP}(19|20)?(\d\d)({_GAP})(\d{{4}})(?!\d)")
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_OTHER_LABEL = re.compile(
    r"(?:\bp[\s.\-]?(?:nummer|number|nr|no)|\bpnr|produktionsenhed\w*|\bcvr\w*(?:[\s.\-]?(?:nummer|number|nr|no))?|\bse[\s.\-]?(?:nummer|nr)"
    r"|\btlf|\btelefon\w*|\bphone\w*|\bmobil\w*|\btel)(?:\s+(?:er|is|number|nummer))?[\s.:#=\-]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Masked:
    text: str
    count: int  # CPR numbers removed


def mask(text: str) -> Masked:
    """``text`` without CPR numbers. In doubt a number is masked, unless it is labelled as P-number, CVR or phone number."""
    if _INVISIBLE.search(text) and _CANDIDATE.search(_INVISIBLE.sub("", text)):
        text = _INVISIBLE.sub("", text)
    count = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal count
        day, inner_gap, month, century, _, gap, _ = match.groups()
        labelled = _OTHER_LABEL.search(match.string[max(0, match.start() - 40) : match.start()])
        # "01.02.2026 2500 kr." is a date and a sum.
        date_and_sum = century and inner_gap.strip() and not gap.strip() and gap
        if not _is_date(day, month) or labelled or date_and_sum:
            return match[0]
        count += 1
        return MASK

    return Masked(_CANDIDATE.sub(replace, text), count)


def mask_json(value: Any) -> Any:
    """``value`` with every string in it masked; numbers stay, since ids of other systems are numbers."""
    if isinstance(value, str):
        return mask(value).text
    if isinstance(value, list):
        return [mask_json(item) for item in value]
    if isinstance(value, dict):
        return {key: mask_json(item) for key, item in value.items()}
    return value


def _is_date(day: str, month: str) -> bool:
    """Day and month of a date; replacement numbers have 60 added to the day."""
    number = int(day)
    return (1 <= number <= 31 or 61 <= number <= 91) and 1 <= int(month) <= 12
