"""Text as it comes in through any door: composed letters, nothing that cannot be stored, CPR numbers masked. Pure."""

from __future__ import annotations

import re
import unicodedata

from bot.errors import EmptyText, TextTooLong
from bot.masking import MASK, Masked, mask

MAX_CHARACTERS = 4096  # what Telegram lets through: it cuts longer pastes into pieces of this length
# Control characters have no place in a text, and PostgreSQL refuses NUL and halves of pairs.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Format characters, marks without a letter, blanks, control characters; and letters and signs that are drawn as nothing.
_UNSEEN_CATEGORIES = frozenset({"Cf", "Cc", "Cn", "Mn", "Me", "Zs", "Zl", "Zp"})
_UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0\u17b4\u17b5")


def clean(text: str) -> str:
    """``text`` with composed letters (a macOS file name brings "å" as two characters), without control characters and blanks around;
    empty when nothing in it can be seen."""
    text = unicodedata.normalize("NFC", _CONTROL.sub("", text)).strip()
    return text if any(_is_seen(character) for character in text) else ""


def check(text: str | None, *, removed: int = 0) -> Masked:
    """A message that may be stored. ``removed``: so many CPR numbers were masked in it before.

    Raises EmptyText, TextTooLong."""
    cleaned = clean(text or "")
    if not cleaned:
        raise EmptyText
    if len(cleaned) - removed * len(MASK) > MAX_CHARACTERS:  # the mask is longer than what stood there
        raise TextTooLong
    masked = mask(cleaned)
    return Masked(masked.text, masked.count + removed)


def short(text: str | None, longest: int) -> str:
    """One line of free text that is stored or shown again (a reason, a name, what is searched for), masked before it is cut."""
    return mask(" ".join(clean(text or "").split())).text[:longest]


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in _UNSEEN_CATEGORIES and character not in _UNSEEN
