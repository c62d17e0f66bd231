from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from bot.cli.understanding import articles
from bot.knowledge.bundle import from_lines, to_lines
from bot.knowledge.content import Knowledge
from bot.knowledge.files import ArticleFileErrors, load_knowledge, read_article
from bot.knowledge.padding import padding
from tests.understanding.model import NLU_DATA

AREAS = """
- key: building
  da: Byggesag
  en: Building
  covers: {da: "x", en: "x"}
  not: {da: "y", en: "y"}
  kle: ["02.34.02 Byggetilladelse"]
"""
ARTICLE = """id: building/permit
kle: ["02.34.02"]
owner: building
law: []
reviewed: 2026-01-01
title: {da: "Titel", en: "Title"}
answer:
  da: "Prisen er {fee} i {municipality}."
  en: "The price is {fee} in {municipality}."
sources:
  - {title: "BR18", url: "https://www.bygningsreglementet.dk"}
local:
  - {name: fee, core: true, label: {da: "Gebyr", en: "Fee"}, example: "850 kr."}
follow_ups:
  price: {da: "{fee}", en: "{fee}"}
examples:
  da: ["hvad koster det", "byggetilladelse pris"]
  en: ["what does it cost", "permit price"]
"""
DIALOGUE = """
- label: smalltalk/greet
  text: {da: "Hej", en: "Hello"}
  examples:
    da: ["hej", "goddag"]
    en: ["hello"]
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a knowledge base of one article; ``files`` replace or add files by path."""

    def write(**files: str) -> Path:
        contents = {"areas.yml": AREAS, "articles/building/permit.yml": ARTICLE, "dialogue/smalltalk.yml": DIALOGUE}
        for path, content in {**contents, **files}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content, encoding="utf-8")
        return tmp_path

    return write


def problems(folder: Path, minimum: tuple[int, int] = (1, 1)) -> list[str]:
    with pytest.raises(ArticleFileErrors) as caught:
        load_knowledge(folder, minimum_examples=minimum)
    return [str(problem) for problem in caught.value.problems]


def changed(old: str, new: str) -> dict[str, str]:
    assert old in ARTICLE
    return {"articles/building/permit.yml": ARTICLE.replace(old, new)}


def test_a_right_file_is_read_whole(write: Write) -> None:
    knowledge = load_knowledge(write(), minimum_examples=(2, 2))
    article = knowledge.articles["building/permit"]
    assert (article.area, article.owner, article.reviewed) == ("building", "building", date(2026, 1, 1))
    assert article.local[0].core and article.local[0].example == {"da": "850 kr.", "en": "850 kr."}
    assert article.sources[0].url == "https://www.bygningsreglementet.dk"
    assert next(knowledge.examples()) == ("building/permit", "da", "hvad koster det")
    assert knowledge.dialogue["smalltalk/greet"].text == {"da": "Hej", "en": "Hello"}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "id: building/permit",
            "id: building/other_name",
            "articles/building/permit.yml:1: id: must be 'building/permit'",
        ),
        ('kle: ["02.34.02"]', 'kle: ["2.34.2"]', "articles/building/permit.yml:2: kle[0]: '2.34.2' is not a KLE code"),
        ("owner: building", "owner: cars", "articles/building/permit.yml:3: owner: 'cars' is not an area"),
        ("reviewed: 2026-01-01", "reviewed: soon", "articles/building/permit.yml:5: reviewed: a date like"),
        ('en: "Title"', 'fr: "Titre"', "title.fr: unknown field"),
        ('en: "Title"', 'en: ""', "articles/building/permit.yml:6: title.en: a text is missing"),
        (
            "The price is {fee}",
            "The price is {price}",
            "articles/building/permit.yml:9: answer.en: {price} is not declared in local",
        ),
        ("The price is {fee}", "The price is {fee", "answer.en: braces may only stand around"),
        (
            "https://www.bygningsreglementet.dk",
            "bygningsreglementet",
            "articles/building/permit.yml:11: sources[0].url: 'bygningsreglementet'",
        ),
        ("name: fee", "name: price", "local[0].name: 'price' is not used in the da texts"),
        ("  price: {da", "  cost: {da", "articles/building/permit.yml:15: follow_ups.cost: unknown field"),
        ("law: []", "law: []\nextra: 1", "articles/building/permit.yml:5: extra: unknown field"),
        ("law: []", "law: []\nlaw: []", "articles/building/permit.yml:5: 'law' stands here twice"),
        ('"permit price"', "7", "examples.en[1]: must be a text"),
        ("title: {da", "title: [da", "articles/building/permit.yml:6: "),
        ('"byggetilladelse pris"', '"Hej"', "examples.da[1]: the example"),
    ],
)
def test_an_error_names_file_line_and_field(write: Write, old: str, new: str, complaint: str) -> None:
    found = problems(write(**changed(old, new)))
    if "the example" in complaint:
        assert any("is also in" in problem for problem in found)
    else:
        assert any(problem.startswith(complaint) or complaint in problem for problem in found), found


def test_all_errors_of_all_files_are_found_at_once(write: Write) -> None:
    folder = write(
        **{
            **changed("owner: building", "owner: cars"),
            "other/building.yml": "area: cars\nexamples: {da: [], en: []}\n",
        }
    )
    found = problems(folder, minimum=(3, 1))
    assert (
        any("owner" in p for p in found)
        and any("2 examples, at least 3" in p for p in found)
        and any("other/building.yml:1" in p for p in found)
    )


def test_the_same_words_under_two_labels_are_refused_where_the_second_stands(write: Write) -> None:
    found = problems(write(**{"dialogue/smalltalk.yml": DIALOGUE.replace('"goddag"', '"Hvad  koster det"')}))
    assert found == [
        "dialogue/smalltalk.yml:5: [0].examples.da[1]: the example 'Hvad  koster det' is also in building/permit"
    ]


def test_a_package_names_only_articles_that_exist(write: Write) -> None:
    package = """id: open_cafe
title: {da: a, en: b}
intro: {da: a, en: b}
reviewed: 2026-01-01
steps:
  - {area: building, article: building/none, what: {da: a, en: b}}
examples: {da: [vil åbne café], en: [open a café]}
"""
    found = problems(write(**{"packages/open_cafe.yml": package}))
    assert found == ["packages/open_cafe.yml:6: steps[0].article: there is no article 'building/none'"]


def test_placeholders_of_a_fixed_text_agree_between_the_languages(write: Write) -> None:
    found = problems(write(**{"dialogue/texts.yml": 'hello: {da: "Hej {name}", en: "Hello"}\n'}))
    assert found == ["dialogue/texts.yml:1: hello: the placeholders differ between the languages"]


def test_what_is_not_there_is_empty_and_a_file_that_is_not_text_is_named(write: Write, tmp_path: Path) -> None:
    folder = write()
    assert load_knowledge(folder, minimum_examples=(1, 1)).packages == {}
    (folder / "articles/building/permit.yml").write_bytes(b"\xff\xfe")
    assert problems(folder) == ["articles/building/permit.yml:1: is not UTF-8 (byte 0)"]
    assert problems(tmp_path / "nowhere")[0].endswith("is not a folder")


def test_a_passed_review_date_is_a_warning_and_no_error(write: Write) -> None:
    folder = write()
    assert load_knowledge(folder, minimum_examples=(1, 1), today=date(2026, 12, 1)).warnings == ()
    late = load_knowledge(folder, minimum_examples=(1, 1), today=date(2027, 2, 1)).warnings
    assert [str(w) for w in late] == [
        "articles/building/permit.yml:5: reviewed: was to be reviewed again by 2027-01-01"
    ]


def test_one_article_can_be_read_alone(write: Write) -> None:
    folder = write()
    path = folder / "articles/building/permit.yml"
    assert read_article(path, folder, (1, 1)).id == "building/permit"
    path.write_text("id: building/permit\n", encoding="utf-8")
    with pytest.raises(ArticleFileErrors):
        read_article(path, folder)


def test_the_knowledge_base_travels_without_its_examples_and_loses_nothing_else(write: Write) -> None:
    knowledge = load_knowledge(write(), minimum_examples=(1, 1))
    back = from_lines(to_lines(knowledge))
    assert back.articles["building/permit"].answer == knowledge.articles["building/permit"].answer
    assert back.articles["building/permit"].local == knowledge.articles["building/permit"].local
    assert back.areas == knowledge.areas and back.texts == knowledge.texts
    assert list(back.examples()) == []


def knowledge_with(examples: list[str]) -> Knowledge:
    article = load_knowledge(NLU_DATA).articles["building/permit_needed"]
    return Knowledge(articles={article.id: replace(article, examples={"da": tuple(examples)})})


DIFFERENT = [
    "skal jeg have lov til at sætte en carport op",
    "byggetilladelse drivhus erhverv",
    "vi vil gerne slå to butikker sammen, kræver det noget",
    "min tømrer siger at man bare kan gå i gang??",
    "hvornår er det nok at give besked",
    "kan et halvtag over læsserampen bare bygges",
    "lagerteltet på parkeringspladsen er 60 kvm",
    "må vi skære hul i muren ud til gaden",
    "ny port i værkstedet, er det noget kommunen blander sig i",
]


def test_padding_is_measured_by_label_and_language() -> None:
    found = padding(knowledge_with([*DIFFERENT, f"{DIFFERENT[0]}?"]))
    assert [(of.label, of.language, of.share) for of in found] == [("building/permit_needed", "da", 0.2)]
    assert [(pair.first, pair.second) for pair in found[0].pairs] == [(DIFFERENT[0], f"{DIFFERENT[0]}?")]
    assert padding(knowledge_with(DIFFERENT)) == [] and padding(Knowledge()) == []


def test_a_template_multiplied_over_a_list_is_padding() -> None:
    things = ["carport", "garage", "flagstang", "svømmehal"]
    found = padding(knowledge_with([*DIFFERENT, *(f"må vi bygge en {thing} i år" for thing in things)]))
    assert found[0].refused and len(found[0].pairs) == 6


def test_articles_check_refuses_padding_and_names_it(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    real = load_knowledge(NLU_DATA).articles["building/permit_needed"].examples
    things = ["carport", "garage", "hal", "terrasse"]
    danish = [*real["da"][:30], *(f"hvad koster en {thing} i kommunen" for thing in things)]
    entry = yaml.safe_load(ARTICLE) | {"examples": {"da": danish, "en": list(real["en"][:15])}}
    folder = write(**{"articles/building/permit.yml": yaml.safe_dump(entry), "dialogue/smalltalk.yml": "[]"})
    monkeypatch.setenv("HOTLINE_NLU_DATA_DIR", str(folder))
    result = CliRunner().invoke(articles, ["check"])
    assert result.exit_code == 1, result.output
    assert "'hvad koster en carport i kommunen' / 'hvad koster en garage i kommunen'" in result.output


def test_the_projects_own_knowledge_base_has_no_errors() -> None:
    knowledge = load_knowledge(NLU_DATA)
    assert len(knowledge.areas) == 12 and knowledge.articles
    assert not [of_label for of_label in padding(knowledge) if of_label.refused]
