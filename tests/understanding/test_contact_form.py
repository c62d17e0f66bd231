from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contact_form import Reply, ask, finish, read_reply
from bot.decision import Ladder
from bot.details import Details, pick
from bot.turn import FormField, Understanding
from bot.understanding.labels import understand
from tests.understanding.dialogue import AREAS, PERMIT

NOTHING = Understanding()
QUESTION = understand({PERMIT: 0.95, "smalltalk/greet": 0.05}, AREAS, "da", [])
ALARM = understand({"distress/violence": 0.6, PERMIT: 0.4}, AREAS, "da", [])
CVR, NO_CVR = "13585628", "12345678"


def reply(asked: FormField, text: str, understood: Understanding = NOTHING, retry: bool = False) -> Reply:
    return read_reply(asked, text, None, understood, Ladder(), retry=retry)


@pytest.mark.parametrize(
    "text", ["spring over", "Nej tak", "skip", "nej", "no thanks", "-", "", "pas", "ved ikke.", "Skip this"]
)
@pytest.mark.parametrize("asked", ["name", "reach", "company"])
def test_every_field_can_be_left_out_in_words(asked: FormField, text: str) -> None:
    assert reply(asked, text) == Reply("left_out")


def test_the_skip_button_leaves_a_field_out_and_another_button_is_no_reply() -> None:
    assert read_reply("name", None, "skip", NOTHING, Ladder(), retry=False) == Reply("left_out")
    assert read_reply("name", None, "person", NOTHING, Ladder(), retry=False) == Reply("no_reply")


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("a.b@firma.dk", {"email": "a.b@firma.dk"}),
        ("skriv til Bo@firma-x.co.uk.", {"email": "Bo@firma-x.co.uk"}),
        ("12 34 56 78", {"phone": "12345678"}),
        ("+45 12345678 efter kl. 10", {"phone": "+4512345678"}),
        ("mobil 12345678 eller a@b.dk", {"phone": "12345678", "email": "a@b.dk"}),
        ("+49 151 23456789", {"phone": "+4915123456789"}),
    ],
)
def test_an_address_or_a_number_is_found_in_what_is_typed(text: str, contact: dict[str, str]) -> None:
    assert reply("reach", text) == Reply("given", contact)


def test_a_reach_that_cannot_be_right_is_asked_for_once_more_and_then_left_out() -> None:
    assert reply("reach", "ring bare") == Reply("again")
    assert reply("reach", "ring bare", retry=True) == Reply("left_out")


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        (CVR, {"cvr": CVR}),
        ("13 58 56 28", {"cvr": CVR}),
        ("DK13585628", {"cvr": CVR}),
        ("Café Nord, CVR-nr. 13585628", {"cvr": CVR, "company": "Café Nord"}),
        ("Café Nord ApS", {"company": "Café Nord ApS"}),
    ],
)
def test_a_company_is_a_name_or_a_cvr_number_or_both(text: str, contact: dict[str, str]) -> None:
    assert reply("company", text) == Reply("given", contact)


def test_a_cvr_number_with_wrong_check_digits_is_asked_for_once_more_and_then_taken_as_text() -> None:
    assert reply("company", NO_CVR) == Reply("again")
    assert reply("company", NO_CVR, retry=True) == Reply("given", {"company": NO_CVR})


def test_a_clear_question_is_no_reply_but_a_name_that_looks_like_one_is() -> None:
    assert reply("name", "kræver en carport byggetilladelse hos jer", QUESTION) == Reply("no_reply")
    assert reply("name", "carport?", QUESTION) == Reply("no_reply")
    assert reply("name", "Carport Centret", QUESTION) == Reply("given", {"name": "Carport Centret"})


def test_contact_data_is_a_reply_whatever_else_the_message_says() -> None:
    assert reply("reach", "kræver en carport tilladelse? svar til a@b.dk", QUESTION).outcome == "given"


def test_an_alarm_is_never_taken_for_a_name() -> None:
    assert reply("name", "jeg slår ham ihjel", ALARM) == Reply("no_reply")


def test_the_question_says_what_was_wrong_when_asked_again() -> None:
    assert [ask("reach", retry=retry).text for retry in (False, True)] == ["form_reach", "form_reach_invalid"]
    assert ask("company", retry=True).text == "form_cvr_invalid"
    assert ask("name", retry=False).buttons[0].id == "skip"
    assert (finish(["name"]).text, finish([]).text) == ("form_done", "form_nothing")


@pytest.mark.parametrize(
    "text", ["sag 2026-001234", "123456789012", "EAN 5798 0098 11578", "DK50 0040 0440 1162 43", "skriv @ os"]
)
def test_what_looks_like_another_number_is_no_way_to_reach_somebody(text: str) -> None:
    assert reply("reach", text) == Reply("again")


@pytest.mark.parametrize(
    "text", ["Mette Prøve Test Eksempel", "Bo", "bo prøve", "Bo Prøve og Mette Prøve", "Anna-Lise d'Eksempel von Prøve"]
)
def test_a_name_of_any_length_is_taken(text: str) -> None:
    assert reply("name", text, QUESTION) == Reply("given", {"name": text})


@pytest.mark.parametrize(
    "text", ["Det er Bo Prøve", "jeg hedder Bo Prøve", "My name is Bo Prøve", "Mvh Bo Prøve", "Navn: Bo Prøve"]
)
def test_words_around_a_name_are_no_part_of_it(text: str) -> None:
    assert reply("name", text) == Reply("given", {"name": "Bo Prøve"})


@pytest.mark.parametrize(
    "text",
    [
        "Prøves Byggeri og Anlæg ApS",
        "Klinik for Fodterapi og Massage",
        "Restaurant Den Gamle Havn ApS",
        "Prøve & Søn",
        "det lille bageri",
    ],
)
def test_a_company_of_many_words_is_taken(text: str) -> None:
    assert reply("company", text, QUESTION) == Reply("given", {"company": text})


@pytest.mark.parametrize(
    "text", ["Hvorfor spørger du?", "ja", "det ved jeg ikke", "Hvorfor skal I have mit navn", "det vil jeg ikke"]
)
def test_what_is_no_name_is_asked_for_again_and_never_stored_as_one(text: str) -> None:
    assert reply("name", text) == Reply("again")
    assert reply("name", text, retry=True) == Reply("left_out")


def test_what_is_asked_twice_is_taken_the_second_time() -> None:
    odd = "den nye byggetilladelse til alle vores små huse"
    assert reply("name", odd, QUESTION) == Reply("no_reply")
    assert reply("name", odd, QUESTION, retry=True) == Reply("given", {"name": odd})
    assert reply("company", odd, QUESTION, retry=True) == Reply("given", {"company": odd})


def test_details_in_one_line_each_get_their_field() -> None:
    everything = {"name": "Bo Prøve", "email": "bo@firma.example", "phone": "12345678", "company": "Prøves Frisør"}
    assert reply("name", "Bo Prøve, bo@firma.example, 12 34 56 78, Prøves Frisør") == Reply("given", everything)
    lines = "navn: Bo Prøve\nfirma: Prøves Frisør\ntlf: 12 34 56 78\nmail: bo@firma.example"
    assert reply("name", lines) == Reply("given", everything)


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("o'neil@firma.example", "o'neil@firma.example"),
        ("o’neil@firma.example", "o'neil@firma.example"),
        ("bo@prøve-værksted.example", "bo@prøve-værksted.example"),
        ("'bo@firma.example'", "bo@firma.example"),
    ],
)
def test_an_address_is_taken_whole(text: str, email: str) -> None:
    assert reply("reach", text) == Reply("given", {"email": email})


def test_of_an_address_with_an_unknown_sign_nothing_is_cut_off() -> None:
    assert reply("reach", "bo/prøve@firma.example") == Reply("again")


@pytest.mark.parametrize(
    ("text", "phone"),
    [("45 33 66 33 66", "+4533663366"), (CVR, CVR), ("tlf. 33-66-33-66 lokal 1", "33663366 lokal 1")],
)
def test_a_telephone_is_the_whole_number(text: str, phone: str) -> None:
    assert reply("reach", text) == Reply("given", {"phone": phone})


def test_of_a_free_text_only_what_says_so_is_a_name_or_a_company() -> None:
    said = pick("Jeg hedder Bo Prøve fra Prøves Frisør, ring på 12345678 efter kl. 10")
    assert (said.name, said.company, said.phone, said.call) == (
        "Bo Prøve",
        "Prøves Frisør",
        "12345678",
        "ring på efter kl. 10",
    )
    matter = "Jeg er murer og vil gerne bygge et skur"
    assert pick(matter) == Details(rest=matter)
    assert pick("Vores P-nummer er 1003123456").p_number == "1003123456"


@given(st.text(max_size=200), st.sampled_from(["name", "reach", "company", None]))
def test_any_text_is_picked_apart_without_an_error(text: str, asked: FormField | None) -> None:
    for value in pick(text, asked).given().values():
        assert value.strip() and len(value) <= 254
