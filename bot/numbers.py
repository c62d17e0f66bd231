"""Numbers as people write them: CVR, P-number, EAN, IBAN, telephone, accounts, cases, sums, dates. Pure.

``KINDS`` is the one table. Masking, the understanding, contact details and searches read it, so that a number is the same number
everywhere. Patterns see the text as ``as_plain`` has it: any blank is a space, any dash a hyphen, invisible characters are gone.
No kind takes a part of a longer number.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from stdnum import ean, iban
from stdnum.dk import cvr

_LONGEST_LABEL = 60
_PIECE = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{1,5}|#[xX][0-9A-Fa-f]{1,5});|.", re.DOTALL)
# Hyphens, dashes and the minus sign, by their numbers since they look alike.
_DASHES = dict.fromkeys(map(chr, (0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0x2043)), "-")


@dataclass(frozen=True, slots=True)
class Plain:
    """A text as patterns see it, and where each of its characters stands in the text as typed."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def typed(self, start: int, end: int) -> tuple[int, int]:
        return self.starts[start], self.ends[end - 1]


def as_plain(text: str) -> Plain:
    """``text`` after NFKC, with plain digits, blanks and hyphens, without what cannot be seen (format characters, marks)."""
    if text.isascii() and "&" not in text:
        return Plain(re.sub(r"\s", " ", text), range(len(text)), range(1, len(text) + 1))
    shown: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for piece in _PIECE.finditer(text):
        for character in _plain_characters(piece[0]):
            shown.append(character)
            starts.append(piece.start())
            ends.append(piece.end())
    return Plain("".join(shown), starts, ends)


def _plain_characters(piece: str) -> Iterator[str]:
    if piece.isascii() and len(piece) == 1:
        yield " " if piece.isspace() else piece
        return
    for character in unicodedata.normalize("NFKC", html.unescape(piece)):
        if unicodedata.category(character) in ("Cf", "Mn"):
            continue
        if character.isdecimal():
            yield str(unicodedata.decimal(character))
        else:
            yield " " if character.isspace() else _DASHES.get(character, character)


def digits_of(text: str) -> str:
    return "".join(character for character in text if character.isdecimal())


@dataclass(frozen=True, slots=True)
class Kind:
    """``label``: the words that stand directly before such a number. ``form``: what it looks like. ``needs_label``: without it, it is
    none. ``holds``: whether what has the form is one, by its digits. ``normal``: how it is stored and searched."""

    name: str
    label: str | None
    form: str
    needs_label: bool
    holds: Callable[[str], bool]
    normal: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Number:
    """``start`` and ``end`` are places in the text as typed."""

    kind: str
    value: str
    start: int
    end: int
    labelled: bool


_NR = r"(?:[ .-]{0,3}(?:numrene|numre|nummeret|nummer|nr|no|number|numbers))?"
_SAYS = r"[ .:#=(*]{0,4}(?:(?:er|is|are|lyder(?: på)?|på)\b[ :]{0,3})?[ .:#=(*-]{0,4}"
# A number neither goes on before nor after: "45 33 66 33 66" holds no number of eight digits.
_START = r"(?<![\w+])(?<!\d[ .,/-])"
_END = r"(?!\w)(?![ ./-]?\d)"
_ENDS_BEFORE_TWO = r"(?!\w)(?![ ./-]?\d\d(?!\d))"
_BETWEEN = r"(?: ?[./-] ?| )"
_EIGHT = (
    rf"\d\d{{7}}|\d\d(?:{_BETWEEN}\d\d){{3}}|\d\d{{3}}[ .-]\d\d[ .-]\d\d"
    r"|\d\d{3}[ .-]\d{4}|\d\d[ .-]\d{3}[ .-]\d{3}"
)
_MONTHS = (
    "januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|december"
    "|january|february|march|may|june|july|october|jan|feb|mar|apr|jun|jul|aug|sept|sep|okt|oct|nov|dec"
)
_PHONE = r"(?:tlf|telefon\w{0,12}|tel|mobil\w{0,12}|mob|phone|sms|ring|call|whatsapp)"
_EXTENSION_SAID = r"(?:,? ?(?:lokal(?:nummer|nr)?|ext|extension)\.? ?\d{1,5})"
_EXTENSION = f"{_EXTENSION_SAID}?"
_SUM = r"(?:[1-9]\d{0,2}(?:[. ]\d{3})+|0|[1-9]\d{0,8})(?:,\d{1,2})?"


def _always(value: str) -> bool:
    return True


def _trimmed(value: str) -> str:
    return value.strip()


def _is_cvr(value: str) -> bool:
    return bool(cvr.is_valid(digits_of(value)))


def _is_ean(value: str) -> bool:
    return bool(ean.is_valid(digits_of(value)))


def _is_phone(value: str) -> bool:
    number = phone_number(value).partition(" ")[0]
    if number.startswith("+45"):
        return len(number) == 11
    return 9 <= len(number) <= 16 if number.startswith("+") else len(number) == 8


def phone_number(value: str) -> str:
    """Digits, with + and the country where one is given, and the extension: "+4533663366 lokal 12"."""
    number, _, extension = re.sub(r",? ?(?:lokal\w*|ext\w*)\.? ?", "|", value, count=1, flags=re.IGNORECASE).partition(
        "|"
    )
    abroad = number.lstrip("( ").startswith("+")
    digits = digits_of(number.replace("(0)", ""))
    if digits.startswith("00") and not abroad and len(digits) > 8:
        digits, abroad = digits[2:], True
    elif len(digits) == 10 and digits.startswith("45"):
        abroad = True
    return ("+" if abroad else "") + digits + (f" lokal {extension}" if extension else "")


def _is_date(value: str) -> bool:
    """Day and month exist; a week is one of 53."""
    parts = [int(part) for part in re.findall(r"\d+", value)]
    if re.match("uge|week", value, re.IGNORECASE):
        return 1 <= parts[0] <= 53
    if re.search(r"[a-z]{3}", value, re.IGNORECASE) and not re.search(r"\d ?[./-] ?\d", value):
        return 1 <= parts[0] <= 31
    day, month = (parts[2], parts[1]) if parts[0] > 999 else (parts[0], parts[1])
    return 1 <= day <= 31 and 1 <= month <= 12


def _without_blanks(value: str) -> str:
    return re.sub(r"[ .-]", "", value).upper()


_P_NUMBER = r"[1-9]\d{5}[ .]?\d{4}|[1-9]\d{3}[ .]\d{3}[ .]\d{3}|[1-9]\d(?:[ .]\d\d){4}"
_LABEL_P = (
    r"(?:p[ .-]?(?:numre(?:ne)?|nummer(?:et)?|nr|no|number|enhed(?:en|er|erne)?)(?:[ .-]*(?:nummer|nr))?"
    rf"|pnr|p|produktionsenhed\w{{0,6}}{_NR})"
)
_LABEL_CVR = rf"(?:cvr\w{{0,12}}|se|vat|moms){_NR}(?:[ .:]{{0,3}}dk)?|(?<![\w.@-])dk"
_LABEL_PHONE = _PHONE + _NR
_LABEL_CASE = r"(?:sags?|journal|case|j)[. -]{0,2}(?:numrene|numre|nummeret|nummer|nr|no|number|id)"
_LABEL_ACCOUNT = rf"(?:(?:bank)?konto\w{{0,3}}|(?:bank ?)?account|reg){_NR}"
_LABEL_INVOICE = rf"(?:faktura\w{{0,3}}|invoice|regning(?:en)?|kunde|customer|ordre|order|betalings-?id){_NR}"
_CASE = r"\d{1,4}[/-]\d{2,8}(?:[/-]\d{1,6})?|\d\d(?:\.\d\d){2}-[A-Z]\d\d-\d{1,4}-\d\d|\d{4,14}"

_IBAN = (
    rf"[A-Z]{{2}}\d{{2}}(?:[ -]?\d){{10,28}}{_END}"
    rf"|[A-Z]{{2}}\d{{2}}(?: ?[A-Z0-9]{{4}}){{2,7}}(?: ?[A-Z0-9]{{1,3}})?{_END}"
)
_CVR = rf"(?:\d{{8}}|\d\d(?:{_BETWEEN}\d\d){{3}}){_ENDS_BEFORE_TWO}|\d{{4}}[ .-]\d{{4}}{_END}"
_DANISH = rf"\(?(?:\+|00) ?45\)?(?: ?\(0\))?{_BETWEEN}?(?:{_EIGHT}){_EXTENSION}{_ENDS_BEFORE_TWO}"
_ABROAD = rf"(?:\+|00) ?[1-9]\d{{0,14}}(?: ?\(0\) ?)?(?:{_BETWEEN}?\d{{1,12}})?(?:{_BETWEEN}\d{{1,12}}){{0,6}}{_EXTENSION}{_END}"
_WITHOUT_PLUS = rf"45(?: (?:{_EIGHT})|[1-9]\d{{7}}){_EXTENSION}{_END}"
_PAIRS = r"[1-9]\d(?:(?: \d\d){3}|(?:\.\d\d){3}|(?:-\d\d){3}|(?:/\d\d){3})"
_UNNAMED = rf"(?:{_PAIRS}|[1-9]\d{{3}} \d{{4}}){_EXTENSION}{_END}|[1-9]\d{{7}}{_EXTENSION_SAID}{_END}|00\d{{6}}{_END}"
_IN_FIGURES = (
    r"(?:(?:19|20)\d{2}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./ -](?:19|20)\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2})"
    r"(?!\d|[./-]\d)"
)
_MONTH_NAMED = rf"\d{{1,2}}(?:\.|st|nd|rd|th)? ?(?:of )?(?:{_MONTHS})\b\.?(?: (?:19|20)\d{{2}}(?!\d))?"
_DAY_AND_MONTH = r"\d{1,2}[/.]\d{1,2}(?!\w|[.,/-]\d)(?! ?(?:kr|m2|meter|cm|mm|%))"
_SUMS = rf"(?:kr\.?|dkk) ?{_SUM}(?!\d)|{_SUM}(?: ?- ?{_SUM})? ?(?:kroner\b|kr\b\.?|dkk\b|,-|mio\b\.?)"

# Earlier ones win where two overlap.
KINDS: tuple[Kind, ...] = (
    Kind("iban", None, _IBAN, False, iban.is_valid, _without_blanks),
    Kind("ean", rf"(?:ean|gln)(?:-?lokations?)?{_NR}", rf"\d(?:[ .-]?\d){{12}}{_END}", False, _is_ean, digits_of),
    Kind("p_number", _LABEL_P, rf"(?:{_P_NUMBER}){_END}", True, _always, digits_of),
    Kind("cvr", _LABEL_CVR, _CVR, True, _is_cvr, digits_of),
    Kind("case_number", _LABEL_CASE, rf"(?:{_CASE}){_END}", True, _always, _trimmed),
    Kind(
        "case_number",
        "(?:sagen|sag|case)",
        rf"(?:(?:19|20)\d{{2}}-\d{{3,7}}|\d{{2}}/\d{{3,8}}){_END}",
        True,
        _always,
        _trimmed,
    ),
    Kind("case_number", None, rf"(?:19|20)\d{{2}}-\d{{3,7}}{_END}", False, _always, _trimmed),
    Kind("account", _LABEL_ACCOUNT, rf"(?:\d{{4}}[ -]{{1,3}}\d{{5,10}}|\d{{4,14}}){_END}", True, _always, digits_of),
    Kind("invoice", _LABEL_INVOICE, rf"(?:[A-Z]{{1,4}}-?)?\d{{3,15}}(?:-\d{{1,6}})?{_END}", True, _always, _trimmed),
    Kind("phone", _LABEL_PHONE, _DANISH, False, _is_phone, phone_number),
    Kind("phone", _LABEL_PHONE, _ABROAD, False, _is_phone, phone_number),
    Kind("phone", _LABEL_PHONE, _WITHOUT_PLUS, False, _is_phone, phone_number),
    Kind("phone", _LABEL_PHONE, rf"(?:{_EIGHT}){_EXTENSION}{_ENDS_BEFORE_TWO}", True, _is_phone, phone_number),
    Kind("date", None, _IN_FIGURES, False, _is_date, _trimmed),
    Kind("date", None, _MONTH_NAMED, False, _is_date, _trimmed),
    Kind("date", None, r"\b(?:uge|week)[ .]?(?:nr\.? ?)?\d{1,2}(?!\d)", False, _is_date, _trimmed),
    Kind("date", "(?:d|den|senest|inden|fra|til|the|by|before)", _DAY_AND_MONTH, True, _is_date, _trimmed),
    Kind("amount", None, _SUMS, False, _always, _trimmed),
    # Eight digits that nothing names: with blanks between they are a telephone, without they are a CVR number if check digits say so.
    Kind("phone", None, _UNNAMED, False, _is_phone, phone_number),
    Kind("cvr", None, rf"[1-9]\d{{7}}{_END}", False, _is_cvr, digits_of),
)

_UNNAMED_PHONE = KINDS[-2]
_LISTED = re.compile(
    rf" ?(?:,|/|\+|&|;|og|and|samt|eller|or) ?(?:{_LABEL_P} )?(?P<number>(?:{_P_NUMBER}){_END})", re.IGNORECASE
)
_SPEAKS_OF_PHONE = re.compile(rf"\b(?:{_PHONE}|nummer)\W{{0,4}}(?:\w+\W{{1,4}}){{0,3}}$", re.IGNORECASE)
_UNSPACED = re.compile(rf"{_START}[1-9]\d{{7}}{_END}")
# Where a date or a sum begins, another may have ended: "01.02.2026 2500 kr."
_STARTS = {"amount": r"(?<![\w+])(?<!\d[.,/-])", "date": r"(?<![\w+])(?<!\d[.,/-])"}
_FORMS = [
    re.compile(
        (rf"\b(?:{kind.label}){_SAYS}" if kind.needs_label else _STARTS.get(kind.name, _START))
        + rf"(?P<number>{kind.form})",
        re.IGNORECASE,
    )
    for kind in KINDS
]
_LABELS = [re.compile(rf"\b(?:{kind.label}){_SAYS}$", re.IGNORECASE) if kind.label else None for kind in KINDS]


def find_numbers(text: str) -> list[Number]:
    """The numbers in ``text``, in order; no two share a character."""
    if not any(character.isnumeric() for character in text):
        return []
    plain = as_plain(text)
    found = []
    for number in find_in(plain.text):
        start, end = plain.typed(number.start, number.end)
        found.append(replace(number, start=start, end=end))
    return found


def find_in(plain: str) -> list[Number]:
    """The numbers in the text of a ``Plain``."""
    found: list[Number] = []
    free = bytearray(b"\x01") * len(plain)

    def take(kind: Kind, start: int, end: int, labelled: bool) -> None:
        if all(free[start:end]):
            free[start:end] = bytes(end - start)
            found.append(Number(kind.name, kind.normal(plain[start:end]), start, end, labelled))

    for match in _UNSPACED.finditer(plain):
        # "ring til mig på 13585628" is no CVR number, whatever its check digits say.
        before = plain[max(0, match.start() - _LONGEST_LABEL) : match.start()]
        if _SPEAKS_OF_PHONE.search(before) and not _names_another(before):
            take(_UNNAMED_PHONE, *match.span(), True)
    for kind, form, label in zip(KINDS, _FORMS, _LABELS, strict=True):
        for match in form.finditer(plain):
            start, end = match.span("number")
            if not kind.holds(plain[start:end]):
                continue
            before = plain[max(0, start - _LONGEST_LABEL) : start]
            take(kind, start, end, kind.needs_label or bool(label and label.search(before)))
            while kind.name == "p_number" and (listed := _LISTED.match(plain, end)):
                start, end = listed.span("number")
                take(kind, start, end, True)
    return sorted(found, key=lambda number: number.start)


def _names_another(before: str) -> bool:
    return any(
        label.search(before) for kind, label in zip(KINDS, _LABELS, strict=True) if label and kind.name != "phone"
    )
