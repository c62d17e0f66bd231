"""Reads short replies that only what was said before gives a sense: a choice in words, a bare question about the last answer. Pure.

Danish and English alike: people mix them, and a reply of two words tells no language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.words import stems, tokens

NONE, YES = "none", "yes"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LONGEST = 8  # words; what is longer says more than which

_ORDINALS = {
    **dict.fromkeys(("foerste", "oeverste", "first", "1st", "top", "1"), 0),
    **dict.fromkeys(("anden", "second", "2nd", "2", "to", "two"), 1),
    **dict.fromkeys(("tredje", "third", "3rd", "3", "tre", "three"), 2),
    **dict.fromkeys(("fjerde", "fourth", "4th", "4", "fire", "four"), 3),
    **dict.fromkeys(("sidste", "nederste", "last", "bottom"), -1),
}
_FIRST = frozenset({"et", "en", "one"})  # "nummer et"; elsewhere an article
_NUMBER = frozenset({"nummer", "nr", "number", "no", "option", "mulighed", "valg"})
_AROUND = _NUMBER | _words(
    """
    den det the one jeg vi i we tager tage vaelger vaelge mener take choose mean tak please ja jo yes ok okay er svar af dem of
    them that it's maa skal vaere bliver gerne saa then punkt maybe maaske nok
    """
)
_NONE = re.compile(
    r"(?:nej|no|nope|nah|niks)?[ ,.]*(?:tak|thanks|thank you)?[ ,.]*"
    r"(?:(?:det er |it is |it's )?(?:ingen (?:af (?:dem|delene|disse|de der|de her)|passer)|ikke (?:nogen|en) af dem"
    r"|none(?: of (?:them|these|those|the above))?|neither|not any of (?:them|these)))?[ ,.!]*",
    re.IGNORECASE,
)
_YES = re.compile(r"(?:ja|jo|jep|jeps|yes|yep|yeah|sure)(?:[ ,]*(?:tak|please|thanks|gerne))?[ .!]*", re.IGNORECASE)
_WORD = re.compile(r"\w+")

# Which facet a question is about that names no subject; the first that fits.
_FACETS = {
    "documents": r"papirer|bilag|dokumenter|dokumentation|sende med|vedlaegge|vedlaegges|documents|papers|paperwork|enclose|attach",
    "price": r"koster|koste|pris|prisen|priser|gebyr|gebyret|gratis|cost|costs|price|fee|charge|free|much",
    "deadline": r"frist|fristen|tidsfrist|senest|deadline",
    "appeal": r"klage|klager|klagefrist|anke|appeal|complain",
    "apply": r"soege|soeger|ansoege|ansoeger|ansoegning|apply",
    "duration": r"lang tid|laenge|sagsbehandlingstid|behandlingstid|ventetid|how long|processing time|vente paa svar",
}
_FACET = {name: re.compile(rf"\b(?:{words})\b") for name, words in _FACETS.items()}
_BARE = _words(
    """
    hvad hvor hvordan hvorledes hvornaar hvilke hvilken hvilket hvem og saa er det den de dem vi jeg man i jer os mig skal kan
    maa vil bliver tager tage lang tid laenge vente paa svar paa faar faa at om med for en et noget der henne alt egentlig bruge
    goere goer i sende vedlaegge meget mon ca cirka lige ogsaa saadan ellers til lidt mere men hos jeres vores betale betaler
    what how when where which who and is are it that this they them we i one you do does should can must will would be take takes
    long wait for an answer get the to a any there so then need with us our in on send ok okay tak please
    """
)


_CONTACT = re.compile(
    r"\b(?:tal|tales?|taler|snak\w*|ring\w*|opring\w*|opkald\w*|kontakt\w*|fat (?:i|paa)|roeret|person\w*|menneske\w*|sagsbehandler\w*"
    r"|raadgiver\w*|konsulent\w*|operatoer\w*|telefon\w*|tlf|tlfnr|nummer\w*|(?:om|vider|videre)?stil\w*|moede\w*|nogen|kollega\w*"
    r"|chef\w*|skriv\w*|send mig|skift til|robot\w*|stemme|spoerge|(?:rigtig|levende) \w+|en (?:af jer|der|fra|at)|hvem|mail\w*"
    r"|vende tilbage|human\w*|(?:some|any)(?:one|body)|people|speak|spoken|talk\w*|call\w*|phone\w*|contact\w*|agent\w*|advis\w*"
    r"|colleague|reach|hold of|back to|meet\w*|chat\w*|connect|transfer|who|staff member|officer|real|actual|chatbot|bot)\b"
)
_WHO = re.compile(r"(?:(?:og|and|hej|hi|hello|ok) )?(?:hvem|hvad|hvilken|hvilket|hvilke|who|which|what)\b")


_SPILL = re.compile(
    r"\b(?:olie\w*|diesel\w*|benzin\w*|kemikalie\w*|syre\w*|gylle\w*|gas|oil|petrol|fuel|chemicals?|acid|slurry)\b"
)
_RUNS = re.compile(
    r"\b(?:loeber|siver|laekker|flyder|stroemmer|vaelter|running|runs|leak(?:s|ing)|pouring|flowing|spilling)\b"
)
_SUPPOSED = re.compile(
    r"\b(?:hvis|naar|hvordan|hvad|skal|maa|kan|if|when|how|what|do|does|can|may|should|could|would)\b"
)


def runs_out_now(text: str) -> bool:
    """Whether ``text`` says that something dangerous is running out, and does not ask what if."""
    said = " ".join(tokens(text))
    return bool(_SPILL.search(said) and _RUNS.search(said)) and not _SUPPOSED.search(said) and "?" not in text


_OPEN = re.compile(r"(?:\w+ )?(?:er|har|holder|are|is) (?:\w+ ){1,3}?(?:aaben|aabne|aabent|lukket|open|closed)\b")
_HASTE = re.compile(r"\b(?:hast\w*|akut\w*|straks|omgaaende|urgent\w*|emergency|asap|immediately)\b")


def asks_if_open(text: str) -> bool:
    """Whether ``text`` asks if somebody is there, which "today" and "now" make no hurry."""
    said = " ".join(tokens(text))
    return _OPEN.match(said) is not None and not _HASTE.search(said) and len(said.split()) <= LONGEST


def names_contact(text: str) -> bool:
    """Whether a word of ``text`` is about getting hold of people."""
    words = tokens(text)
    bare = len(words) <= 3 and any(word.startswith(("medarbejder", "employee", "kundeservice")) for word in words)
    return bare or _CONTACT.search(" ".join(words)) is not None


def asks_who(text: str) -> bool:
    """Whether ``text`` is a question about who or which."""
    return _WHO.match(" ".join(tokens(text))) is not None


def picked(text: str, titles: Sequence[Sequence[str]]) -> int | str | None:
    """The place of the choice that ``text`` names, by order or in words of its own titles; NONE, YES, or None when it names no single one.
    ``titles``: of each choice, in every language."""
    said = " ".join(text.split())
    if said and _NONE.fullmatch(said):
        return NONE
    if _YES.fullmatch(said):
        return YES
    words = [word if word.isdigit() else tokens(word)[0] for word in _WORD.findall(said.casefold())]
    if not words or len(words) > LONGEST:
        return None
    place = _place(words)
    if place is not None:
        return place % len(titles) if -len(titles) <= place < len(titles) else None
    return _by_words(words, titles)


def _place(words: Sequence[str]) -> int | None:
    named = {_ORDINALS[word] for word in words if word in _ORDINALS}
    rest = [word for word in words if word not in _ORDINALS and word not in _AROUND]
    if len(named) == 1 and not rest:
        return named.pop()
    alone = len(words) > 1 and set(words) & _NUMBER and all(word in _AROUND | _FIRST for word in words)
    return 0 if alone and set(words) & _FIRST and not named else None


def _by_words(words: Sequence[str], titles: Sequence[Sequence[str]]) -> int | None:
    """The only choice whose title has every word that means something."""
    meant = [word for word in words if word not in _AROUND and word not in _BARE and len(word) > 2]
    if not meant:
        return None
    known = [{stem for title in of_one for word in tokens(title) for stem in stems(word)} for of_one in titles]
    fitting = [i for i, stems_of in enumerate(known) if all(stems_of & set(stems(word)) for word in meant)]
    return fitting[0] if len(fitting) == 1 else None


def bare_facet(text: str) -> str | None:
    """The facet that a question asks about without a subject of its own: "og hvad koster det?" → price."""
    words = tokens(text)
    folded = " ".join(words)
    for facet, pattern in _FACET.items():
        if not pattern.search(folded):
            continue
        rest = set(tokens(pattern.sub(" ", folded)))
        return facet if rest <= _BARE and len(words) <= 2 * LONGEST else None
    return None
