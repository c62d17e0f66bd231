from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import EmptyText, TextTooLong
from bot.text_input import MAX_CHARACTERS, check, clean, short

UNSEEN = [
    "\ufeff",
    "\u200b",
    "\u2060",
    "\u2800",
    "\u3164",
    "\u200f",
    "\u00ad",
    "\ufe0f",
    "\u115f",
    "\uffa0",
    "\u00a0",
    "\u2028",
]


@pytest.mark.parametrize("character", UNSEEN)
def test_a_text_that_shows_nothing_is_empty(character: str) -> None:
    assert clean(f" {character}\n{character}") == ""
    with pytest.raises(EmptyText):
        check(character * 3)


@pytest.mark.parametrize("text", ["👨‍👩‍👧", "?", "1", "å", "👍🏽"])
def test_what_shows_something_stays_whole(text: str) -> None:
    assert check(text).text == text


def test_decomposed_letters_are_composed() -> None:
    assert clean("pa\u030a ga\u030agaden") == "på gågaden"


def test_a_text_of_the_longest_length_is_taken_and_one_more_is_not() -> None:
    assert check("x" * MAX_CHARACTERS).count == 0
    with pytest.raises(TextTooLong):
        check("x" * (MAX_CHARACTERS + 1))


def test_a_short_text_is_masked_before_it_is_cut() -> None:
    assert "1234" not in short("fordi 010190-1234", 16)


@given(st.text())
def test_cleaning_again_changes_nothing(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned and unicodedata.is_normalized("NFC", cleaned)
