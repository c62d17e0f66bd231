"""Texts of our pages: Danish stands in the templates, other languages in gettext catalogues under ``locale``.

The ``.po`` files are read as they are, so that no build step stands between a translator and the page.
"""

from __future__ import annotations

import functools
from contextvars import ContextVar
from pathlib import Path

from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "locale"
LANGUAGE: ContextVar[str] = ContextVar("language", default="da")


def gettext(text: str) -> str:
    """``text`` in the language of the page being made; the Danish text where it is not translated."""
    return _catalogue(LANGUAGE.get()).get(text) or text


def ngettext(one: str, many: str, number: int) -> str:
    return gettext(one if number == 1 else many)


def read_ahead() -> None:
    """The catalogues are in memory: no page waits for the disk."""
    for language in ("da", "en"):
        _catalogue(language)


@functools.cache
def _catalogue(language: str) -> dict[str, str]:
    """Every translated text of ``locale/<language>/LC_MESSAGES/*.po``; plural forms stand under both Danish forms."""
    texts: dict[str, str] = {}
    for path in sorted((FOLDER / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                ids = (message.id,) if isinstance(message.id, str) else message.id
                strings = (message.string,) if isinstance(message.string, str) else message.string
                texts.update((id_, string) for id_, string in zip(ids, strings or (), strict=False) if id_ and string)
    return texts
