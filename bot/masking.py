"""CPR numbers are masked before anything is stored, logged or understood (docs/privacy.md). Pure.

Found are ten digits that begin with a date, however they are grouped and whatever stands between the groups, as long as it is neither
letter nor digit. Digits parted by words are not found.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.numbers import Number, as_plain, find_in

MASK = "[CPR-nummer fjernet]"

_FEWEST_DIGITS = 8  # "1.1.90-1234"
_WIDEST_GAP = 6
_GROUP = re.compile(r"\d+")
# No label frees this form: people write nothing else so.
_AS_ON_THE_CARD = re.compile(r"(?<!\d)\d{6}(?=[\W_]{0,5}[^\w ])[\W_]{1,6}\d{4}(?!\d)")
_NAMED = frozenset({"p_number", "account", "invoice", "case_number", "phone", "cvr", "amount"})
_FULL_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d{2}$")
_FOUR_DIGITS = re.compile(r"[^\dA-Za-z]{0,6}(?:kr\.? ?)?\d{4}(?!\d)", re.IGNORECASE)
# Lengths of groups: day, month, year and the last four, each alone or joined to the next; "1.1.1990-1234" has days of one digit.
_DATED = re.compile(
    r"(?:[12],[12],(?:[24],4|6|8)"
    r"|1[02]|2,8|2,10|4,6|4,8|6,4|8,4|2,2,6|2,2,8|2,4,4|2,6,4|4,2,4|4,4,4)(?=,|$)"
)


@dataclass(frozen=True, slots=True)
class Masked:
    text: str
    count: int  # CPR numbers removed


def mask(text: str) -> Masked:
    """``text`` without CPR numbers, otherwise as it was typed.

    No checksum: numbers without one are valid since 2007
    (https://www.cpr.dk/cpr-systemet/personnumre-uden-kontrolciffer-modulus-11-kontrol/). In doubt a number is masked; what stands behind
    its label (P-number, account, invoice, case, CVR, telephone), dates and sums are kept.
    """
    if "&#" not in text and sum(character.isnumeric() for character in text) < _FEWEST_DIGITS:
        return Masked(text, 0)
    plain = as_plain(text)
    parts, done, count = [], 0, 0
    for start, end, numbers in _found(plain.text):
        typed_start, typed_end = plain.typed(start, end)
        parts += [text[done:typed_start], " ".join([MASK] * numbers)]
        done, count = typed_end, count + numbers
    return Masked("".join([*parts, text[done:]]), count)


def mask_json(value: Any) -> Any:
    """``value`` with every string in it masked, names of fields too; numbers stay, since ids of other systems are numbers."""
    if isinstance(value, str):
        return mask(value).text
    if isinstance(value, list):
        return [mask_json(item) for item in value]
    if isinstance(value, dict):
        return {mask(key).text if isinstance(key, str) else key: mask_json(item) for key, item in value.items()}
    return value


def _found(plain: str) -> Iterator[tuple[int, int, int]]:
    """Start and end of what is masked, and how many CPR numbers stand there."""
    numbers = find_in(plain)
    neighbours = zip([None, *numbers], numbers, [*numbers[1:], None], strict=False)
    kept = [number for before, number, after in neighbours if _is_kept(plain, number, before, after)]
    # What is named or telephoned is passed over, unless it only begins a longer number.
    named = {number.start: number.end for number in numbers if _is_named(number, plain)}
    for run in _runs(plain, kept):
        place = 0
        while place < len(run):
            end = named.get(run[place].start(), 0)
            taken, count = _cpr_at(plain, run, place)
            if taken and run[place + taken - 1].end() > end:
                yield run[place].start(), run[place + taken - 1].end(), count
                place += taken
                continue
            place += max(1, sum(group.end() <= end for group in run[place : place + 10]))


def _is_named(number: Number, plain: str) -> bool:
    if number.kind == "case_number" and not number.labelled:
        return False
    return number.kind in _NAMED and not _AS_ON_THE_CARD.search(plain[number.start : number.end])


def _is_kept(plain: str, number: Number, before: Number | None, after: Number | None) -> bool:
    """Whether ``number``, which stands between two others, is surely no part of a CPR number."""
    typed = plain[number.start : number.end]
    if number.kind in ("ean", "iban"):
        return True
    if number.kind == "phone":
        return typed.lstrip("(").startswith(("+", "00")) and not _AS_ON_THE_CARD.search(typed)
    if number.kind == "amount":
        return _is_sum_after_date(plain, before, number)
    if number.kind == "date":
        follows = _FOUR_DIGITS.match(plain[number.end : number.end + 12])
        return _is_sum_after_date(plain, number, after) if follows else bool(_FULL_DATE.search(typed))
    return False


def _is_sum_after_date(plain: str, date: Number | None, amount: Number | None) -> bool:
    """ "01.02.2026 2500 kr." is a date and a sum; "010190-1234 kr" is neither."""
    if date is None or amount is None or (date.kind, amount.kind) != ("date", "amount"):
        return False
    return not plain[date.end : amount.start].strip(" :,")


def _runs(plain: str, kept: Sequence[Number]) -> Iterator[list[re.Match[str]]]:
    """Groups of digits with nothing but a few marks and blanks between, none of them in a number that is kept."""
    inside = bytearray(len(plain))
    for number in kept:
        inside[number.start : number.end] = b"\x01" * (number.end - number.start)
    run: list[re.Match[str]] = []
    for group in _GROUP.finditer(plain):
        between = plain[run[-1].end() : group.start()] if run else ""
        joined = len(between) <= _WIDEST_GAP and not any(character.isalnum() for character in between)
        if run and (inside[group.start()] or not joined):
            yield run
            run = []
        if not inside[group.start()]:
            run.append(group)
    if run:
        yield run


def _cpr_at(plain: str, run: list[re.Match[str]], place: int) -> tuple[int, int]:
    """How many groups from ``place`` on are CPR numbers, and how many numbers they are."""
    groups = [group[0] for group in run[place : place + 10]]
    digits = "".join(groups)
    sizes = ",".join(str(len(group)) for group in groups)
    whole_run = place == 0 and len(run) == len(groups)
    if len(groups[0]) % 10 == 0 and _all_dates(groups[0]):
        return 1, len(groups[0]) // 10
    if whole_run and len(digits) >= 20 and len(digits) % 10 == 0 and _all_dates(digits):
        return len(groups), len(digits) // 10
    if (dated := _DATED.match(sizes)) and _is_dated(groups[: (taken := dated[0].count(",") + 1)]):
        return taken, 1
    gaps = {_kind_of_gap(plain, before, after) for before, after in itertools.pairwise(run[place : place + 10])}
    for shape in ("6,2,2", "2,2,2,2,2", ",".join("1" * 10)):
        if re.match(shape + "(?=,|$)", sizes) and _all_dates(digits[:10]):
            taken = shape.count(",") + 1
            even = {_kind_of_gap(plain, run[place + n], run[place + n + 1]) for n in range(taken - 1)}
            if len(even) == 1:
                return taken, 1
    if whole_run and len(digits) == 10 and len(gaps) <= 1 and _all_dates(digits):
        return len(groups), 1
    return 0, 0


def _kind_of_gap(plain: str, before: re.Match[str], after: re.Match[str]) -> str:
    return plain[before.end() : after.start()].strip() or " "


def _all_dates(digits: str) -> bool:
    return all(_is_date(digits[n : n + 2], digits[n + 2 : n + 4]) for n in range(0, len(digits), 10))


def _is_dated(groups: list[str]) -> bool:
    """Whether a day, a month, a year of two digits or of this or the last century, and four digits stand in ``groups``."""
    joined = "".join(groups)
    day, month, year = joined[:2], joined[2:4], joined[4:-4]
    if len(groups) > 2 and len(groups[0]) + len(groups[1]) <= 4:
        day, month, year = groups[0], groups[1], "".join(groups[2:])[:-4]
    return _is_date(day, month) and (len(year) == 2 or (len(year) == 4 and year.startswith(("19", "20"))))


def _is_date(day: str, month: str) -> bool:
    """Day and month of a date; replacement numbers have 60 added to the day."""
    number = int(day)
    return (1 <= number <= 31 or 61 <= number <= 91) and 1 <= int(month) <= 12
