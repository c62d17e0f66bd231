"""Words: one spelling, endings, compounds, slips."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.words import Spelling, compound_parts, fold, known_form, stems, tokens

KNOWN = {"regning", "tilladelse", "grund", "skilt", "container", "affald", "butik"}


@pytest.mark.parametrize(
    ("typed", "meant"), [("Færdigmelding", "faerdigmelding"), ("PÅ", "paa"), ("gebyr 1.250", "gebyr 0.000")]
)
def test_keyboards_and_numbers_meet_in_one_spelling(typed: str, meant: str) -> None:
    assert fold(typed) == meant


@pytest.mark.parametrize(
    ("word", "form"),
    [("regninger", "regning"), ("grundene", "grund"), ("butikken", "butik"), ("skiltets", "skilt"), ("hus", None)],
)
def test_a_word_is_known_with_its_endings(word: str, form: str | None) -> None:
    assert known_form(word, KNOWN) == form


@pytest.mark.parametrize(
    ("word", "parts"),
    [("vandregningen", ("regning",)), ("affaldscontainer", ("container", "affald")), ("xyzxyzxyz", ())],
)
def test_a_compound_says_its_head_and_its_first_part(word: str, parts: tuple[str, ...]) -> None:
    assert compound_parts(word, KNOWN) == parts


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("tiladelse", "tilladelse"),
        ("tilladdelse", "tilladelse"),
        ("contianer", "container"),
        ("tilaedlse", "tilaedlse"),
        ("regnimg", "regning"),
        ("regning", "regning"),
        ("bil", "bil"),
    ],
)
def test_one_slip_is_forgiven_and_two_are_not(typed: str, meant: str) -> None:
    assert Spelling(KNOWN).correct(typed) == meant


@given(st.text())
def test_any_text_has_words(text: str) -> None:
    for word in tokens(text):
        assert word and stems(word)[0] == word
        compound_parts(word, KNOWN)
        Spelling(KNOWN).correct(word)
