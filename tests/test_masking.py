from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.masking import MASK, mask, mask_json


@pytest.mark.parametrize(
    "text",
    [
        "mit cpr er 010190-1234",
        "0101901234",
        "010190 1234",
        "010190 - 1234",
        "010190–1234",
        "01.01.90-1234",
        "01-01-1990-1234",
        "610190-1234",  # a replacement number: 60 added to the day
        "0101191234",
        "(311299-0000)",
        "cpr:010190-1234.",
        "01\u200b0190-1234",
        "CPR-nummer 3112991234",
    ],
)
def test_a_cpr_number_is_masked_however_it_is_typed(text: str) -> None:
    masked = mask(text)
    assert masked.count == 1
    assert MASK in masked.text
    assert not re.search(r"\d{4}", masked.text)


@pytest.mark.parametrize(
    "text",
    [
        "P-nummer 1012345678",
        "p-nr.: 1012345678",
        "produktionsenhed 1012345678",
        "CVR 13748136",
        "cvr-nummer: 13748136",
        "EAN 5798001234567",
        "sag 2026-000123",
        "tlf. 20 12 34 56",
        "321390-1234",  # there is no 32nd
        "011390-1234",  # nor a 13th month
        "01.02.2026 2500 kr.",
        "faktura 12345678901",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask(text) == type(mask(text))(text, 0)


def test_every_number_in_a_text_is_masked() -> None:
    masked = mask("010190-1234 og min mands 020288 4321")
    assert masked.count == 2
    assert masked.text == f"{MASK} og min mands {MASK}"


@given(
    day=st.integers(1, 28),
    month=st.integers(1, 12),
    year=st.integers(0, 99),
    serial=st.integers(0, 9999),
    replacement=st.booleans(),
    gap=st.sampled_from(["", "-", " ", " - ", "–", "\u00a0"]),
    before=st.text(st.characters(categories=["L", "P", "Zs"]), max_size=20).filter(
        lambda s: not s or not s[-1].isdigit()
    ),
)
def test_no_cpr_number_survives_in_any_text(
    day: int, month: int, year: int, serial: int, replacement: bool, gap: str, before: str
) -> None:
    digits = f"{day + 60 * replacement:02d}{month:02d}{year:02d}"
    masked = mask(f"{before} x {digits}{gap}{serial:04d}")
    assert digits not in masked.text
    assert masked.count == 1


def test_masking_again_changes_nothing() -> None:
    once = mask("010190-1234").text
    assert mask(once).text == once


def test_json_is_masked_in_strings_and_keeps_numbers() -> None:
    update = {"message": {"from": {"id": 1010901234}, "text": "cpr 010190-1234", "entities": [{"text": "010190-1234"}]}}
    assert mask_json(update) == {
        "message": {"from": {"id": 1010901234}, "text": f"cpr {MASK}", "entities": [{"text": MASK}]}
    }
