"""Language, entities and labels: the parts of the pipeline, without Rasa."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.turn import Hit
from bot.understanding.entities import find_entities
from bot.understanding.features import Vectorizer
from bot.understanding.labels import send_withdrawn_to_people, understand
from bot.understanding.language import detect_language
from bot.understanding.model import LabelModel

AREAS = ("building", "waste")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hvad koster en byggetilladelse", "da"),
        ("faar man tilskud til en laerling", "da"),
        ("Vores container står på vejen, må den det?", "da"),
        ("do we need a permit for a sign", "en"),
        ("waste collection fee", "en"),
        ("byggesagsgebyr", "da"),
        ("Hur lång tid tar det att få bygglov för en lagerlokal?", "other"),
        ("Jeg trenger hjelp med søknad, hva gjør jeg nå?", "other"),
        ("Ich brauche eine Genehmigung für mein Restaurant", "other"),
        ("Gdzie mogę złożyć wniosek? Nie wiem czy jest potrzebne pozwolenie", "other"),
        ("Потрібен дозвіл на будівництво", "other"),
        ("هل أحتاج إلى تصريح", "other"),
        ("我需要许可证吗", "other"),
    ],
)
def test_the_language_of_a_message_is_told(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_a_message_without_language_takes_the_hint() -> None:
    assert detect_language("12345678", "en") == "en"
    assert detect_language("12345678") == "da"
    assert detect_language("🙂", "en") == "en"


def found(text: str, language: str = "da") -> list[tuple[str, str]]:
    return [(entity["entity"], entity["value"]) for entity in find_entities(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cvr 13 58 56 28", [("cvr", "13585628")]),
        ("vores nummer er 12345678", [("phone", "12345678")]),
        ("faktura 12345678", []),
        ("P-nr. 1012345678", [("p_number", "1012345678")]),
        ("nummer 1012345678", []),
        ("EAN 5798009811578", [("ean", "5798009811578")]),
        ("EAN 5798009811579", []),
        ("sag 2026-000123 og 2024-11873", [("case_number", "2026-000123"), ("case_number", "2024-11873")]),
        ("den 3. marts 2026 og 12/3-2026", [("date", "3. marts 2026"), ("date", "12/3-2026")]),
        ("12.500 kr. eller kr. 900", [("amount", "12.500 kr."), ("amount", "kr. 900")]),
        ("på Nørre Allé 4B", [("address", "Nørre Allé 4B")]),
        ("byggesag på industrivej 14", [("address", "industrivej 14")]),
        ("skriv til a.b@c.dk", [("email", "a.b@c.dk")]),
        ("ring 12 34 56 78", [("phone", "12345678")]),
        ("vi er 3 mand", []),
    ],
)
def test_entities_are_what_check_digits_and_words_around_them_say(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_an_entity_says_exactly_where_it_stands() -> None:
    text = "Sagen (2026-000123) på Algade 12, tlf.12345678!"
    for entity in find_entities(text, "da"):
        assert text[entity["start"] : entity["end"]].replace(" ", "") == entity["value"].replace(" ", "")


def test_areas_share_among_them_what_their_labels_have() -> None:
    understood = understand(
        {"building/a": 0.3, "building/other": 0.2, "waste/b": 0.4, "smalltalk/greet": 0.1}, AREAS, "da", []
    )
    assert understood.areas == [Hit("building", 0.5556), Hit("waste", 0.4444)]
    assert understood.kind == "article" and understood.label is None
    assert understood.articles == [Hit("waste/b", 0.4), Hit("building/a", 0.3)]
    assert {hit.id: hit.confidence for hit in understood.kinds} == {"article": 0.7, "other": 0.2, "smalltalk": 0.1}


def test_the_label_is_the_likeliest_of_the_kind_that_is_no_article() -> None:
    understood = understand({"out_of_scope/a": 0.3, "out_of_scope/b": 0.4, "waste/b": 0.3}, AREAS, "da", [])
    assert (understood.kind, understood.label) == ("out_of_scope", "out_of_scope/b")


def test_a_withdrawn_articles_questions_go_to_the_areas_people_and_not_to_its_sibling() -> None:
    shares = send_withdrawn_to_people({"building/a": 0.8, "building/b": 0.15, "building/other": 0.05}, ["building/a"])
    assert shares == {"building/b": 0.15, "building/other": pytest.approx(0.85)}


TEXTS = ["hvad koster en carport", "pris på carport", "container på vejen", "må containeren stå her", "hej", "goddag"]
LABELS = ["building/fee", "building/fee", "waste/container", "waste/container", "smalltalk/greet", "smalltalk/greet"]


def test_the_model_finds_the_label_whatever_the_keyboard_and_is_deterministic(tmp_path: Path) -> None:
    first, second = (LabelModel.fit(TEXTS, LABELS, ["da"] * 6) for _ in range(2))
    for text in ("Carport PRIS", "maa containeren staa paa vejen?"):
        shares = first.predict(text)
        assert shares == second.predict(text)
        assert sum(shares.values()) == pytest.approx(1)
    assert (
        max((shares := first.predict("maa en container staa paa vejen")), key=shares.__getitem__) == "waste/container"
    )


def test_a_text_gives_the_same_numbers_alone_as_among_others() -> None:
    texts = [*TEXTS, "", "zzzz 🙂", "pris pris pris på en containercarport på vejen"]
    vectorizer, _ = Vectorizer.fit(TEXTS, {"price": ["pris", "hvad koster"]})
    together = vectorizer.rows(texts).toarray()
    alone = [vectorizer.row(text).toarray()[0] for text in texts]
    assert np.allclose(together, alone, atol=1e-6) and together[:6].any(axis=1).all()
    model = LabelModel.fit(TEXTS, LABELS, ["da"] * 6)
    shares = model.combine(*model.opinions(texts), model.weights)
    for text, share in zip(texts, shares.tolist(), strict=True):
        assert list(model.predict(text).values()) == pytest.approx(share, abs=1e-5)


def test_the_model_is_the_same_after_saving_and_loading(tmp_path: Path) -> None:
    model = LabelModel.fit(TEXTS, LABELS, ["da"] * 6)
    model.save(tmp_path)
    again = LabelModel.load(tmp_path)
    assert again.predict("pris på en carport") == pytest.approx(model.predict("pris på en carport"))
    assert again.ladder == model.ladder


def test_a_label_that_must_not_answer_gets_nothing_and_the_rest_share_its_part() -> None:
    model = LabelModel.fit(TEXTS, LABELS, ["da"] * 6)
    shares = model.predict("pris på carport", without={"building/fee", "unknown/label"})
    assert shares["building/fee"] == 0 and sum(shares.values()) == pytest.approx(1)


def test_a_model_of_one_label_is_refused() -> None:
    with pytest.raises(ValueError, match="two labels"):
        LabelModel.fit(["a"], ["x/y"], ["da"])


def test_words_the_model_never_saw_do_not_break_it() -> None:
    model = LabelModel.fit(TEXTS, LABELS, ["da"] * 6)
    for text in ("", "🙂", "zzzz", "!" * 4000):
        assert sum(model.predict(text).values()) == pytest.approx(1)
