from __future__ import annotations

import pytest

from bot.contact_form import Reply, ask, find_email, find_phone, finish, read_reply
from bot.decision import Ladder
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


def test_what_looks_like_a_case_number_or_a_price_is_no_phone_number() -> None:
    assert find_phone("sag 2026-001234") is None
    assert find_phone("123456789012") is None
    assert find_email("skriv @ os") is None
