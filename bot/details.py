"""Picks what a text says of the one who wrote it: name, company, CVR and P-number, telephone, e-mail, when to call. Pure.

What is not surely a detail is not taken: a question is no name, a part of a longer number is no telephone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal

from stdnum.dk import cvr

from bot.numbers import Number, as_plain, find_numbers

Asked = Literal["name", "reach", "company"]
LONGEST = 200
LONGEST_EMAIL = 254

# The part before the @ may hold an apostrophe (o'neil). Before what else an address may hold, nothing is cut off: then there is none.
_EMAIL = re.compile(
    r"(?<![\w.!#$%&*+/=?^`{|}~-])\w[\w.!#$%&'’*+^`~-]{0,63}@(?:\w(?:[\w-]{0,61}\w)?\.){1,8}\w{2,24}(?![\w@])"
)
_LABELS = re.compile(
    r"\b(?:(?:mit|min|vores|my|our)\s+)?(?:e-?mail(?:adresse)?|mail(?:adresse)?|tlf|telefon(?:nummer|nr)?|tel|mobil(?:nummer|nr)?|phone"
    r"|cvr|p|se|dk|nummer|nr|number|no)(?:[-. ]*(?:nummeret|nummer|nr|no|number))?(?:\s+(?:er|is)(?!\w))?[\s.:=#-]*$",
    re.IGNORECASE,
)
_SAYS_NAME = re.compile(
    r"(?:^|(?<=[\s,.;!]))(?:(?:mit|mine?) navn er|jeg hedder|mit navn:|navn:|det er|her er|du taler med|jeg er|my name(?: is|'s)|"
    r"i am|i'm|this is|it is|it's|name:|kontaktperson:?|spørg efter|ask for)\s+",
    re.IGNORECASE,
)
_SAYS_COMPANY = re.compile(
    r"(?:^|(?<=[\s,.;!]))(?:(?:vores|mit|min|vort) (?:firma|virksomhed|selskab)(?: hedder| er)?|(?:firmaet|virksomheden|selskabet)"
    r"(?: hedder| er)?|firma:|virksomhed:|(?:our|the) (?:company|business)(?: is called| is)?|company:|vi hedder|we are called"
    r"|jeg (?:er|ringer|skriver) fra|i am from|fra|from)\s+",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"^(?:(?:med )?(?:venlig|bedste|kærlig)e? hilsen|mvh|vh|hilsen|best regards|regards|hej|hello|hi|goddag"
                     r"|ok(?:ay)?|fint|ja|yes|tak|og|and)[\s,.!:]+", re.IGNORECASE)  # fmt: skip
_WHEN = re.compile(
    r"\b(?:ring|helst|bedst|træffes|efter|mellem|inden|før|kl|om formiddagen|om eftermiddagen|i morgen|i dag|call|after|before|between"
    r"|mornings?|afternoons?)\b(?:kl\.|[^.;!?\n]){0,80}?\b(?:\d{1,2}(?:[.:]\d\d)?|mandag|tirsdag|onsdag|torsdag|fredag|formiddag(?:en)?"
    r"|eftermiddag(?:en)?|morgen|dag|monday|tuesday|wednesday|thursday|friday|mornings?|afternoons?|noon|middag)\b(?:\s*(?:og|and|-|til|to)\s*"
    r"\d{1,2}(?:[.:]\d\d)?)?",
    re.IGNORECASE,
)
_COMPANY_FORM = re.compile(
    r"(?<!\w)(?:aps|a/s|i/s|k/s|p/s|ivs|amba|a\.m\.b\.a|smba|f\.m\.b\.a|fmba|holding|ltd|gmbh|inc|ab|v/)(?!\w)",
    re.IGNORECASE,
)
_TRADE = re.compile(
    r"(?:frisør|salon|byg(?:geri|gefirma)?|byggeri|tømrer\w*|maler\w*|murer\w*|vvs|el|anlæg|klinik\w*|restaurant|café|cafe|kafé|pizzeria|bageri\w*"
    r"|bager|butik\w*|kiosk|hotel|kro|auto\w*|værksted\w*|transport|vognmand\w*|rengøring\w*|service|consult\w*|rådgivning|firma|center|centret"
    r"|shop|group|studio|bureau|tandlæge\w*|bar|grill|festival|forening\w*|gård|gartneri\w*|entreprise|company|bakery|barber|catering)(?:en|et|s)?",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"(?:hvad|hvor\w*|hvem|hvilke\w*|må|kan|skal|vil|er|har|får|findes|gælder|kræver|what|why|how|when|where|who|which|can|do|does|must|is|are"
    r"|should|may)\s+\w",
    re.IGNORECASE,
)
# Words of sentences: no name holds them. "i", "og", "for", "den" stand in companies.
_SAID = frozenset(
    re.findall(
        r"\S+",
        """
    jeg du han hun vi man det der har er var kan skal vil må ikke ved hvorfor hvad hvem hvor hvordan hvornår ja jo nej ok okay
    tak hej fint mit min mine vores jeres dig mig os noget nogen ingen intet siger oplyse anonym hemmelig ligegyldig hvis bare lige nu
    spørg spørger ring skriv hjælp navn the you we they it have has am is are was can must will would not don't dont yes no why what who
    how when where please thanks my your our nothing anonymous name
""",
    )
)
_BETWEEN_NAMES = frozenset(re.findall(r"\S+", "af von van de der den da di la le el al bin ibn mc o d st og and"))
_NOTHING_SAID = re.compile(
    r"(?:ja|jo|jep|yes|yep|nej|no|ok|okay|fint|super|tak|hej|hi|hello|goddag|hm+|øh+|det (?:ved|vil|kan) jeg ikke\b.*"
    r"|(?:jeg )?ved (?:jeg )?(?:det )?ikke|i don'?t know|dunno|aner det ikke|ingen anelse|jeg vil\b.*"
    r"|det er (?:ligegyldigt|hemmeligt|lige meget)|.*\banonym(?:ous)?\b.*)[\s.!]*",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[,;()\n|\x00]+|(?<=\w)\.\s+|\s[-–—]\s")
_ABBREVIATED = re.compile(r"\b(?:eftf|inc|ltd|co|corp|jr|sr|fl)$", re.IGNORECASE)
_EDGE = " \t.,;:!-–/()\"“”„'"


@dataclass(frozen=True, slots=True)
class Details:
    """``call``: when to call. ``rest``: the text that is no detail."""

    name: str | None = None
    company: str | None = None
    cvr: str | None = None
    p_number: str | None = None
    phone: str | None = None
    email: str | None = None
    call: str | None = None
    rest: str = ""

    def given(self) -> dict[str, str]:
        """The details that were found, by name."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "rest"}
        return {name: value for name, value in values.items() if value}

    def contact(self) -> dict[str, str]:
        """Those that an inquiry has a column for (``bot.turn.TurnResult.contact``)."""
        return {name: value for name, value in self.given().items() if name not in ("p_number", "call")}


def pick(text: str, asked: Asked | None = None) -> Details:
    """The details in ``text``. ``asked``: what the text replies to; without it a name or a company is taken only where it says that
    it is one ("jeg hedder …", "vores firma …")."""
    found: dict[str, str] = {}
    left = _cut_out(text, [*find_emails(text), *_numbers(text, asked)], found)
    rest: list[str] = []
    if when := _WHEN.search(left):
        found["call"] = " ".join(when[0].replace("\0", " ").split())
        left = left[: when.start()] + "\0" + left[when.end() :]
    for part in _PARTS.split(left):
        _take_part(" ".join(part.split()).strip(), asked, found, rest)
    if asked == "name" and "name" not in found and is_name(found.get("company", "")):
        found["name"] = found.pop("company")  # "Carport Centret" may be what they are asked for under
    return Details(**found, rest=", ".join(part for part in rest if part.strip(_EDGE)))


def _bare(part: str) -> str:
    """``part`` without what stands around it; the full stop of an abbreviation belongs to the name."""
    bare = part.strip(_EDGE)
    return f"{bare}." if _ABBREVIATED.search(bare) and f"{bare}." in part else bare


def find_emails(text: str) -> list[Number]:
    """Whole addresses only: of one with a sign that is not known here nothing is cut off."""
    return [
        Number("email", found[0].replace("’", "'"), *found.span(), False)
        for found in _EMAIL.finditer(text)
        if ".." not in found[0] and len(found[0]) <= LONGEST_EMAIL
    ]


def _numbers(text: str, asked: Asked | None) -> list[Number]:
    """CVR, P-number and telephones; eight digits that nothing names are what was asked for."""
    found = [_as_asked(one, asked) for one in find_numbers(text)]
    named = {(one.start, one.end) for one in found}
    if asked is not None:
        plain = as_plain(text)
        for bare in _BARE.finditer(plain.text):
            start, end = plain.typed(*bare.span())
            if not any(start < other_end and end > other_start for other_start, other_end in named):
                kind = "cvr" if asked == "company" and cvr.is_valid(bare[0]) else "phone"
                found.append(Number(kind, bare[0], start, end, False))
    if asked == "company":  # what has wrong check digits is asked for again, and is no telephone
        found = [one for one in found if one.kind != "phone" or one.labelled or not _is_eight(one)]
    return found


_BARE = re.compile(r"(?<![\w+-])(?<!\d[ .,/-])[1-9]\d{7}(?!\w)(?![ ./-]?\d)")


def _as_asked(one: Number, asked: Asked | None) -> Number:
    if one.labelled or one.kind not in ("cvr", "phone") or not _is_eight(one):
        return one
    if asked == "reach":
        return Number("phone", one.value, one.start, one.end, False)
    if asked == "company" and cvr.is_valid(one.value):
        return Number("cvr", one.value, one.start, one.end, False)
    return one


def _is_eight(one: Number) -> bool:
    return len(one.value) == 8 and one.value.isdecimal()


def _cut_out(text: str, numbers: list[Number], found: dict[str, str]) -> str:
    """``text`` with a gap where each detail and the word that names it stood; ``found`` holds the first of each kind."""
    for one in sorted(numbers, key=lambda one: -one.start):
        if one.kind not in ("email", "phone", "cvr", "p_number"):
            continue
        before = text[: one.start]
        if one.kind == "cvr":
            before = before.removesuffix("DK").removesuffix("DK ")
        label = _LABELS.search(before, max(0, len(before) - 60))
        text = (before[: label.start()] if label else before) + "\0" + text[one.end :]
        found[one.kind] = one.value
    return text


def _take_part(part: str, asked: Asked | None, found: dict[str, str], rest: list[str]) -> None:
    """Put ``part`` where it belongs: name, company, or the rest."""
    while stripped := _SIGNED.match(part):
        part = part[stripped.end() :]
    for pattern, kind, may_be in _INTRODUCED:
        said = pattern.search(part)
        if said and kind not in found and may_be(part[said.end() :].strip(_EDGE)):
            before = part[: said.start()].strip(_EDGE)
            found[kind] = _bare(part[said.end() :])[:LONGEST]
            if before:
                _take_part(before, asked, found, rest)
            return
    bare = _bare(part)
    if not bare or _NOTHING_SAID.fullmatch(bare):
        return
    fits = _kind_of(bare, asked, found) if asked is not None and "?" not in part else None
    if fits is None or fits in found:
        rest.append(part)
    else:
        found[fits] = bare[:LONGEST]


def _kind_of(bare: str, asked: Asked, found: dict[str, str]) -> str | None:
    """What a part of a reply is that nothing introduces."""
    if "company" not in found and _shows_company(bare):
        return "company"
    full_name = bare[:1].isupper() and " " in bare
    if "name" not in found and is_name(bare) and (asked == "name" or (asked == "reach" and full_name)):
        return "name"
    follows_name = "name" in found and bare[:1].isupper()
    return "company" if (asked == "company" or follows_name) and is_company(bare) else None


def is_name(text: str) -> bool:
    """Whether ``text`` may be what a person is called: one to seven words of letters, none of them of a sentence."""
    words = text.split()
    if (
        not 1 <= len(words) <= 7
        or _NOTHING_SAID.fullmatch(text)
        or not all(_NAME_WORD.fullmatch(word) for word in words)
    ):
        return False
    folded = [word.lower().strip(".") for word in words]
    if any(word in _SAID for word in folded):
        return False
    written_large = all(
        word != word.lower() for word, small in zip(words, folded, strict=True) if small not in _BETWEEN_NAMES
    )
    # In small letters ("bo prøve") only what is as short as a name.
    return written_large or len(words) <= 2 or (text == text.lower() and len(words) <= 3)


_NAME_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?")


def says_nothing(text: str) -> bool:
    """ "ja", "det ved jeg ikke", "hvorfor spørger du": neither a detail nor a matter."""
    return bool(_NOTHING_SAID.fullmatch(text) or re.match(r"(?:hvorfor|why|hvad|what)\b", text, re.IGNORECASE))


def is_company(text: str) -> bool:
    """Whether ``text`` may be what a company is called: neither a question nor something said."""
    if _NOTHING_SAID.fullmatch(text) or not any(character.isalpha() for character in text) or len(text.split()) > 12:
        return False
    if _COMPANY_FORM.search(text):
        return True
    if _QUESTION.match(text) and not text[:1].isupper():
        return False
    words = [word.lower() for word in text.split()]
    return (
        not (words[0] in _SAID and len(words) > 1 and words[1] in _SAID) and sum(word in _SAID for word in words) <= 1
    )


def _shows_company(text: str) -> bool:
    """It says by itself that it is a company: "ApS", or a trade in a name of a few words that begins with a capital."""
    if _COMPANY_FORM.search(text):
        return is_company(text)
    words = text.split()
    return len(words) > 1 and text[:1].isupper() and is_company(text) and any(_TRADE.fullmatch(w) for w in words)


def _is_called(text: str) -> bool:
    """A company after "vores firma hedder"; after "fra" only what begins with a capital."""
    return is_company(text) and text[:1].isupper()


def _is_introduced(text: str) -> bool:
    """A name after "jeg hedder"; with capitals, since "det er dyrt" and "jeg er murer" begin in the same way."""
    return is_name(text) and text[:1].isupper()


_INTRODUCED: tuple[tuple[re.Pattern[str], str, Callable[[str], bool]], ...] = (
    (_SAYS_COMPANY, "company", _is_called),
    (_SAYS_NAME, "name", _is_introduced),
)
