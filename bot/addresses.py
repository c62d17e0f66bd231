"""Where web and mail addresses stand in a text, for every screen that makes links of them. Pure.

The widget's addresses.js finds the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LETTER = r"[^\W_]"
_HOST = r"[\w-]+(?:\.[\w-]+)*"
# Characters that show nothing or turn the direction of writing belong to no address.
_HIDDEN = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_REST = rf'[^\s<>"\x00-\x1f\x7f-\x9f{_HIDDEN}]*'
_ADDRESS = re.compile(
    rf"https?://{_HOST}{_REST}|(?<![\w.@/-])www\.{_HOST}\.{_REST}"
    rf"|(?<![\w.+'@/-])[\w.+'-]{{1,64}}@{_HOST}\.{_LETTER}{{2,63}}",
    re.IGNORECASE,
)
_PAIRS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Address:
    start: int
    end: int
    href: str


def find_addresses(text: str) -> Iterator[Address]:
    """Every address in ``text``, in order: with a scheme, with ``www.``, or of mail."""
    for found in _ADDRESS.finditer(text):
        address = _without_punctuation(found.group())
        lower = address.lower()
        scheme = "" if lower.startswith(("http:", "https:")) else "https://" if lower.startswith("www.") else "mailto:"
        yield Address(found.start(), found.start() + len(address), scheme + address)


def _without_punctuation(address: str) -> str:
    """A sentence's punctuation ends no address; a closing bracket does when its opening one stands in it."""
    while True:
        last = address[-1]
        unpaired = last in _PAIRS and address.count(last) > address.count(_PAIRS[last])
        if not unpaired and last not in ".,;:!?'*_~»”’":
            return address
        address = address[:-1]
