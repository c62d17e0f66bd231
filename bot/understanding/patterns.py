"""Numbers, dates, addresses and e-mails in a message. Pure, so that the server may use them.

Numbers are those of ``bot.numbers``: check digits and the words around them decide what eight digits are.
"""

from __future__ import annotations

import re

from bot.details import find_emails
from bot.numbers import Number, find_numbers

_STREET = (
    r"(?i:vej|vejen|gade|gaden|allé|alle|stræde|torv|torvet|plads|pladsen|boulevard|vænge|parken|park|bakke|bakken|have"
    r"|engen|havn|havnen|stien|kaj)"
)
_ADDRESSES = (
    re.compile(rf"\b[A-ZÆØÅ][\wÆØÅæøå.]*(?: [A-ZÆØÅ][\wæøå.]*){{0,4}}(?:{_STREET}| {_STREET}) \d{{1,3}} ?[A-Za-z]?\b"),
    re.compile(rf"\b\w+{_STREET} \d{{1,3}} ?[a-z]?\b", re.IGNORECASE),
)


def find_spans(text: str) -> list[Number]:
    """What stands in ``text``, in order; no two overlap, earlier kinds win."""
    taken: list[Number] = []
    addresses = [
        Number("address", found[0].strip(), *found.span(), False)
        for pattern in _ADDRESSES
        for found in pattern.finditer(text)
    ]
    for one in (*find_emails(text), *find_numbers(text), *addresses):
        if not any(one.start < other.end and one.end > other.start for other in taken):
            taken.append(one)
    return sorted(taken, key=lambda one: one.start)
