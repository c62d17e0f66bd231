from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.masking import mask
from bot.numbers import KINDS, find_numbers
from bot.searching import wanted
from bot.understanding.entities import UNDERSTOOD, find_entities

CVR, EAN, IBAN = "13585628", "5798009811578", "DK5000400440116243"
# How people write each kind, and what it is stored as. Everything below reads this table.
WRITTEN: tuple[tuple[str, str, str], ...] = (
    *(("cvr", text, CVR) for text in (
        "cvr 13 58 56 28", "CVR-nr.: 13585628", "cvr: 13-58-56-28", "cvr 13.58.56.28", "CVR-nummeret er 13585628", "DK13585628",
        "DK 13 58 56 28", "DK-13585628", "vat 13585628", "SE-nr. 13585628", "13585628", "cvr 13\u00a058\u202f56\u200928", "cvr 1358 5628",
        "cvr \u200b13585628", "cvr １３５８５６２８",
    )),
    *(("p_number", text, "1003123456") for text in (
        "P-nummer 1003123456", "P-nummeret er 1003123456", "p-nr. 1003 123 456", "pnr 1003123456", "P-enhed 1003123456", "p 1003123456",
        "produktionsenhed 1003123456", "P-nr. 10 03 12 34 56", "P number 1003123456",
    )),
    *(("ean", text, EAN) for text in ("EAN 5798009811578", "EAN 5798 0098 11578", "ean-nr. 5798-0098-11578", "GLN: 5798009811578", EAN)),
    *(("iban", text, IBAN) for text in ("IBAN DK50 0040 0440 1162 43", IBAN, "iban: dk50-0040-0440-1162-43", "DK50 0040 0440 1162 43 tak")),
    *(("phone", text, "33663366") for text in (
        "tlf. 33-66-33-66", "tlf 33.66.33.66", "33 66 33 66", "33/66/33/66", "Telefon: 3366 3366",
        "ring 33663366", "33\u00a066\u00a033\u00a066",
        "mobilnummer 33 66 33 66", "tlf. 33 66 33 66, 12 personer",
    )),
    *(("phone", text, "+4533663366") for text in (
        "45 33 66 33 66", "+45 33 66 33 66", "0045 33663366", "+4533663366", "4533663366", "(+45) 33 66 33 66", "tlf. 45 33663366",
    )),
    ("phone", "tlf 33 66 33 66 lokal 12", "33663366 lokal 12"),
    ("phone", "33663366 lokal 12", "33663366 lokal 12"),
    ("phone", "+45 33 66 33 66, ext. 12", "+4533663366 lokal 12"),
    ("phone", "+49 151 23456789", "+4915123456789"),
    ("phone", "+46 (0)70-123 45 67", "+46701234567"),
    ("phone", "0046 70 123 45 67", "+46701234567"),
    *(("date", text, text.removeprefix("d. ").removeprefix("senest ")) for text in (
        "d. 1/3", "uge 42", "1.3.2027", "15. marts", "1/3-2027", "2027-03-01", "3. maj 2027", "senest 31/12", "week 7",
    )),
    *(("amount", text, text) for text in ("12.500 kr.", "kr. 900", "10.100-12.000 kr", "2 500 kroner", "1.250,50 kr", "500,-", "3 mio")),
    *(("case_number", text, text.rpartition(" ")[2]) for text in (
        "sag 2026-000123", "2024-11873", "sagsnr. 26/12345", "j.nr. 02.34.02-P19-12-26",
    )),
    ("account", "konto 9570 0101901234", "95700101901234"),
    ("account", "reg. 9570", "9570"),
    ("invoice", "faktura 0101901234", "0101901234"),
    ("invoice", "fakturanr. 12345678", "12345678"),
)  # fmt: skip
NOTHING = (
    "faktura", "vi er 3 mand", "33-66-33", "32/12", "uge 60", "12 34 56 78 90", "5798 0098 11579", "DK50 0040 0440 1162 44",
    "123456789012", "kl. 10 33 66 33 66", "3.5 m2",
)  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "value"), WRITTEN)
def test_a_number_is_recognised_and_stored_in_one_form(kind: str, text: str, value: str) -> None:
    assert [(one.kind, one.value) for one in find_numbers(text)] == [(kind, value)]


@pytest.mark.parametrize(("kind", "text", "value"), WRITTEN)
def test_the_understanding_sees_the_same_number(kind: str, text: str, value: str) -> None:
    seen = [(one["entity"], one["value"]) for one in find_entities(text, "da")]
    assert seen == ([(kind, value)] if kind in UNDERSTOOD else [])


@pytest.mark.parametrize(("kind", "text", "value"), WRITTEN)
def test_no_number_of_the_table_is_masked(kind: str, text: str, value: str) -> None:
    assert mask(f"Vi skriver {text}.").count == 0


@pytest.mark.parametrize(
    ("kind", "text", "value"), [row for row in WRITTEN if row[0] in ("cvr", "phone", "ean", "p_number")]
)
def test_a_search_for_a_number_meets_it_as_it_is_stored(kind: str, text: str, value: str) -> None:
    (number,) = find_numbers(text)
    typed = text[number.start : number.end]
    assert any(part in value for part in wanted(typed))


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_number_of_any_kind_is_none(text: str) -> None:
    assert find_numbers(text) == []


def test_every_kind_of_the_table_is_written_here() -> None:
    assert {kind for kind, _, _ in WRITTEN} == {kind.name for kind in KINDS}


def test_numbers_in_a_list_after_one_label_are_all_found() -> None:
    found = find_numbers("Vores P-numre er 1003123456, 1003123457 og p-nr. 1003123458")
    assert [one.value for one in found] == ["1003123456", "1003123457", "1003123458"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ring til mig på 13585628", "phone"),
        ("0045 13585628", "phone"),
        ("13 58 56 28", "phone"),
        ("kontonummer 13585628", "account"),
    ],
)
def test_check_digits_alone_make_no_cvr_number(text: str, kind: str) -> None:
    assert [one.kind for one in find_numbers(text)] == [kind]


LONG = st.sampled_from(
    [EAN, "5798 0098 11578", IBAN, "DK50 0040 0440 1162 43", "+45 33 66 33 66", "12345678901234", "1003 123 456 78"]
)


@given(LONG, st.sampled_from(["", "EAN ", "IBAN ", "tlf ", "cvr ", "ring på ", "nr. "]))
def test_no_number_is_cut_into_another(number: str, before: str) -> None:
    whole = "".join(character for character in number if character.isalnum())
    for one in find_numbers(f"{before}{number} tak"):
        assert len([c for c in one.value if c.isdecimal()]) >= len([c for c in whole if c.isdecimal()])


@given(st.text(st.sampled_from("0123456789 +-./,()aåkrtlfcvp\u00a0\u200b\u2011"), max_size=80))
def test_what_is_found_stands_where_it_says(text: str) -> None:
    end = 0
    for one in find_numbers(text):
        assert end <= one.start < one.end <= len(text)
        typed = unicodedata.normalize("NFKC", text[one.start : one.end])
        assert [c for c in one.value if c.isdecimal()][-3:] == [c for c in typed if c.isdecimal()][-3:]
        end = one.end
