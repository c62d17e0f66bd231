"""Words as Danes and Englishmen type them: one spelling for å and aa, endings, compounds, slips of the finger. Pure.

Shared by understanding and by search. Everything here works on *folded* words: lower case, without å, æ, ø and digits' values.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

_WORD = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")
# Danes without a Danish keyboard write ae, oe, aa; all spellings meet in one.
_FOLDED = str.maketrans({"å": "aa", "æ": "ae", "ø": "oe", "ä": "ae", "ö": "oe", "ü": "u", "é": "e", "è": "e"})

# Danish and English endings, longest first; "ernes" before "s".
_ENDINGS = (
    *("ernes", "enes", "erne", "ings", "ede", "ene", "ens", "ers", "ets", "ies", "ing"),
    *("de", "ed", "en", "er", "es", "et", "ne", "te", "e", "n", "r", "s", "t"),
)
SHORTEST_STEM = 4
_SHORTEST_HEAD = 5  # of a compound: four letters end too many words by chance ("kontrakt" is no "akt")
_SHORTEST_MODIFIER = 5


def fold(text: str) -> str:
    """Lower case, å æ ø as aa ae oe, every digit 0: "Grundskyld på 12.000" and "grundskyld paa 34.000" are the same."""
    return _DIGIT.sub("0", text.casefold().translate(_FOLDED))


def tokens(text: str) -> list[str]:
    """The folded words of a text, in order."""
    return _WORD.findall(fold(text))


@lru_cache(maxsize=50_000)
def stems(word: str) -> tuple[str, ...]:
    """The word itself, then what is left of it without each ending it may have: "grundene" → grundene, grund, grunden …"""
    found = [word]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            stem = word[: -len(ending)]
            found.append(stem)
            if stem[-1] == stem[-2]:
                found.append(stem[:-1])  # "butikken" → butik
    return tuple(dict.fromkeys(found))


def known_form(word: str, known: Collection[str]) -> str | None:
    """The form of ``word`` that is in ``known``, with the fewest letters cut off."""
    candidates = [stem for stem in stems(word) if stem in known]
    return max(candidates, key=len) if candidates else None


def compound_parts(word: str, known: Collection[str]) -> tuple[str, ...]:
    """The longest head and the longest modifier of a compound that are in ``known``: "vandregningen" → ("regning",)."""
    if len(word) < _SHORTEST_HEAD + 2:
        return ()
    parts = []
    for start in range(2, len(word) - _SHORTEST_HEAD + 1):
        head = known_form(word[start:], known)
        if head is not None and len(head) >= _SHORTEST_HEAD:
            parts.append(head)
            break
    for end in range(len(word) - 3, _SHORTEST_MODIFIER - 1, -1):
        if word[:end] in known:
            parts.append(word[:end])
            break
    return tuple(dict.fromkeys(parts))


class Spelling:
    """Finds the known word that a misspelt one was meant to be: one letter too many, too few, wrong, or two swapped."""

    def __init__(self, known: Iterable[str], shortest: int = 5):
        self.shortest = shortest
        self.known = {word for word in known if len(word) >= shortest - 1}
        self._by_deletion: dict[str, list[str]] = {}
        for word in sorted(self.known):
            for shorter in _deletions(word):
                self._by_deletion.setdefault(shorter, []).append(word)

    def correct(self, word: str) -> str:
        """The known word one slip away, if it is the only one of them that begins alike; else ``word`` as it is."""
        if len(word) < self.shortest or word in self.known or any(letter.isdigit() for letter in word):
            return word
        near = {word} | set(_deletions(word))
        found = {meant for shape in near for meant in self._by_deletion.get(shape, ())}
        found |= {shape for shape in near if shape in self.known}
        likely = [meant for meant in found if meant[0] == word[0] and _one_slip(word, meant)]
        return likely[0] if len(likely) == 1 else word


def _deletions(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]


def _one_slip(word: str, meant: str) -> bool:
    if len(word) != len(meant):
        return abs(len(word) - len(meant)) == 1
    differs = [i for i in range(len(word)) if word[i] != meant[i]]
    if len(differs) == 2:
        i, j = differs
        return j == i + 1 and word[i] == meant[j] and word[j] == meant[i]
    return len(differs) == 1
