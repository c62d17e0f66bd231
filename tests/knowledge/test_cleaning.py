"""Nothing of what is known of a person leaves the thread; what the question is about stays."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.editing.cleaning import Known, clean, clean_answer
from bot.editing.names import COMMON_WORDS
from bot.words import fold

KNOWN = Known.of(["Mette Hansen"], ["Café Solsikken ApS", "mette.h@solsikken.dk"])
WORD = re.compile(r"[^\W_]+")
LETTERS = st.characters(categories=["Lu", "Ll"], max_codepoint=0x17F)
NAMES = st.lists(st.text(LETTERS, min_size=2, max_size=12), min_size=1, max_size=3).map(" ".join)
DIGITS = st.text("0123456789", min_size=8, max_size=8)
FRAMES = st.sampled_from(
    [
        "Hej, jeg hedder {name} fra {company}. Skal vi have tilladelse til et skur?",
        "{company} v/ {name}, tlf. {phone}, {email}: hvad koster det?",
        "mon {name}s forretning må have åbent\n\nmvh\n{name}\n{company}\n{phone}",
        "({name}) [{company}] <{email}> {phone} CVR {phone}",
        "we are {company}/{name} and want a permit, call +45{phone} or {email}",
        "{name}-{company}_{email}",
    ]
)


@given(FRAMES, NAMES, NAMES, DIGITS, st.sampled_from(["dk", "com", "example"]))
@settings(max_examples=300, deadline=None)
def test_nothing_that_is_known_survives(frame: str, name: str, company: str, phone: str, domain: str) -> None:
    email = f"{fold(name.split()[0])}@{fold(company.split()[0])}.{domain}"
    text = frame.format(name=name, company=company, phone=phone, email=email)
    for cleaned in (
        clean(text, Known.of([name], [company, email])),
        clean_answer(text, Known.of([name], [company, email])),
    ):
        left = {fold(word) for word in WORD.findall(unicodedata.normalize("NFC", cleaned))}
        known = {fold(word) for word in WORD.findall(unicodedata.normalize("NFC", f"{name} {company} {email}"))}
        assert not left & {word for word in known - COMMON_WORDS if len(word) > 1}, cleaned
        assert "@" not in cleaned and phone not in cleaned


@given(st.text(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_text_is_cleaned_without_digits_and_cleaning_again_changes_nothing_more(text: str) -> None:
    cleaned = clean(text)
    assert not re.search(r"[1-9]", cleaned) and "@" not in cleaned
    assert clean(clean(cleaned)) == clean(cleaned)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("skal man have byggetilladelse til et skur på 20 kvm", "skal man have byggetilladelse til et skur på 00 kvm"),
        ("Vi bor på Nørregade 12, 2. th, 8000 Aarhus og vil bygge", "Vi bor på … og vil bygge"),
        ("Solsikkens terrasse, hvornår må den stå ude", "… terrasse, hvornår må den stå ude"),
        ("Jeg talte med Søren Kristensen om sag 2026-000123", "Jeg talte med … om sag …"),
        ("mit cpr er 0101901234, må jeg sælge øl", "mit cpr er …, må jeg sælge øl"),
        ("cvr 13585628 vil have en p-plads", "cvr … vil have en p-plads"),
        ("How do I get a permit? Kind regards, John Smith", "How do I get a permit? …"),
        ("se https://example.org/sag?id=7 – hvad betyder det", "se … – hvad betyder det"),
        ("METTE HANSEN", ""),
        ("0101901234", ""),
    ],
)
def test_who_wrote_goes_and_what_it_is_about_stays(text: str, cleaned: str) -> None:
    assert clean(text, KNOWN) == cleaned


def test_a_reply_keeps_its_sums_and_its_web_addresses() -> None:
    reply = "Hej Mette\nDet koster 1.250 kr. og tager 14 dage, se https://virk.dk/skur?sag=5.\nRing 87 65 43 21.\nVenlig hilsen\nAnne"
    assert clean_answer(reply, KNOWN) == "Hej …\nDet koster 1.250 kr. og tager 14 dage, se https://virk.dk/skur\nRing …"
