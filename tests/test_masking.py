from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.masking import MASK, Masked, mask, mask_json
from bot.numbers import as_plain


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
        "010190\u20101234",
        "010190\u20111234",
        "010190      1234",
        "010190\n\n1234",
        "(010190) 1234",
        "010190:1234",
        "**010190**-1234",
        "010190&nbsp;1234",
        "&#48;10190-1234",
        "01\u200e01\u200f90\u202a-1234\ufe0f",
        "1.1.1990-1234",
        "1/1-90 1234",
        "01 01 90 12 34",
        "0 1 0 1 9 0 1 2 3 4",
        "010190 12 34",
        "01.01.1990 1234",
        "٠١٠١٩٠-١٢٣٤",
        "tlf 010190-1234",
        "tlf 11011990-1234",
        "Jeg har ikke mobil. 010190-1234",
        "cvr 010190-1234",
        "P-nummer 010190-1234",
        "konto 010190-1234",
        "sag 0101901234",
        "010190-1234 kr",
        "+45 33 66 33 66 010190-1234",
    ],
)
def test_a_cpr_number_is_masked_however_it_is_typed(text: str) -> None:
    masked = mask(text)
    assert masked.count == 1
    assert MASK in masked.text
    assert not re.search(r"\d{4}", masked.text.replace("33 66 33 66", ""))


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
        "P-nummeret er 1003123456",
        "P-enhed 1003123456",
        "Vores P-numre er 1003123456 og 1003123457",
        "cvr 13585628 / p 1003123456",
        "EAN 5798 0098 11578",
        "IBAN DK50 0040 0440 1162 43",
        "konto 9570 0101901234",
        "fakturanr. 0101901234",
        "sagsnr. 2012-001234",
        "+4530109012",
        "0045 30109012",
        "45 33 66 33 66",
        "01.02.2026: 2500 kr",
        "d. 01.12.26 1500 kr.",
        "10.100-12.000 kr",
        "01.02.2026-05.03.2026",
        "20 12 11 56, 8000 Aarhus",
        "kl. 10-12 14.12.2026",
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


def test_two_numbers_without_anything_between_are_both_masked() -> None:
    assert mask("01019012340202904321") == Masked(f"{MASK} {MASK}", 2)
    assert mask("010190-1234020290-4321") == Masked(f"{MASK} {MASK}", 2)


def test_all_but_the_number_stays_as_it_was_typed() -> None:
    text = "A\u030a\u200b ½ ﬁrma\u00a0x &amp; 010190\u200b-1234 z\u00ad &nbsp;"
    assert mask(text).text == text.replace("010190\u200b-1234", MASK)


def test_a_number_parted_by_a_word_is_not_found() -> None:
    assert mask("010190 og 1234").count == 0  # privacy.md says so


SEPARATOR = st.text(
    st.characters(exclude_categories=["L", "N", "Cs", "Cc"], exclude_characters="&\u2100"), max_size=6
).filter(
    lambda gap: (
        not any(character.isalnum() for character in unicodedata.normalize("NFKC", gap))
        and len(unicodedata.normalize("NFKC", gap)) <= 6
    )
)


@given(
    SEPARATOR,
    SEPARATOR,
    SEPARATOR,
    st.booleans(),
    st.sampled_from(["tlf ", "cvr: ", "P-nummer ", "konto ", "sag ", "", "kr ", "EAN "]),
)
def test_any_separators_hide_no_number(first: str, second: str, last: str, century: bool, label: str) -> None:
    number = f"21{first}03{second}{'19' * century}87{last}4321"
    # A label frees what is written as one number or with blanks, so labels are tried with another separator only.
    if not as_plain(last).text.strip():
        label = ""
    masked = mask(f"{label}{number} tak")
    assert masked.count == 1, number
    assert "4321" not in masked.text


@given(st.text(st.sampled_from("0123456789 .,-/+kr\u200b\u00a0ap"), max_size=60))
def test_nothing_but_digits_and_what_stands_between_them_is_taken_away(text: str) -> None:
    masked = mask(text)
    kept = masked.text.split(MASK)
    place = 0
    for part in kept:
        found = text.find(part, place)
        assert found >= 0
        place = found + len(part)
    assert masked.count == len(kept) - 1
