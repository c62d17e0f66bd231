"""What one file of the knowledge base holds: read from its :class:`Reader`, which collects the complaints."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.knowledge.content import (
    FACETS,
    LANGUAGES,
    Area,
    Article,
    Authority,
    LocalValue,
    Package,
    Source,
    Step,
    Texts,
)
from bot.knowledge.reading import NAME, FieldPath, Reader, has_stray_brace, placeholders

KLE_CODE = re.compile(r"\d\d\.\d\d\.\d\d")
OWN_MINIMUM = (5, 0)  # Danish, English: an editor of one municipality has less to draw on than the common base
WEB_ADDRESS = re.compile(r"https?://[^\s/]+\.[^\s]+")
ARTICLE_FIELDS = frozenset(
    {"id", "kle", "owner", "law", "reviewed", "title", "answer", "sources", "local", "follow_ups", "examples"}
    | {"municipality"}
)


def read_areas(reader: Reader) -> Iterator[Area]:
    for i in reader.items(()):
        reader.only((i,), ("key", "da", "en", "covers", "not", "kle"))
        name = {language: reader.string((i, language)) for language in LANGUAGES}
        yield Area(
            reader.name_of((i, "key")),
            name,
            reader.texts((i, "covers")),
            reader.texts((i, "not")),
            reader.strings((i, "kle")),
        )


def parse_article(reader: Reader, minimum: tuple[int, int]) -> Article:
    """The article that is a file of its own, named as its id."""
    article = read_article_fields(reader, minimum)
    expected = f"{reader.path.parent.name}/{reader.path.stem}"
    if article.id != expected:
        reader.complain(("id",), f"must be {expected!r}, as the file is named")
    elif not NAME.fullmatch(reader.path.stem) or reader.path.stem == "other":
        reader.complain(("id",), "the name must be lower case letters, digits and _, and not 'other'")
    return article


def read_article_fields(reader: Reader, minimum: tuple[int, int]) -> Article:
    """An article's fields; of a municipality's own one fewer examples are asked for."""
    reader.only((), ARTICLE_FIELDS)
    municipality = reader.optional(("municipality",), reader.string)
    minimum = OWN_MINIMUM if municipality else minimum
    article = Article(
        id=reader.string(("id",)),
        owner=reader.name_of(("owner",)),
        kle=reader.strings(("kle",)),
        law=reader.strings(("law",), required=False),
        reviewed=reader.day(("reviewed",)),
        title=read_checked_texts(reader, ("title",)),
        answer=reader.texts(("answer",)),
        sources=tuple(_sources(reader)),
        local=tuple(_local(reader)),
        follow_ups=_follow_ups(reader),
        examples=reader.examples(minimum=minimum),
        municipality=municipality,
    )
    for i, code in enumerate(article.kle):
        if not KLE_CODE.fullmatch(code):
            reader.complain(("kle", i), f"{code!r} is not a KLE code like 02.34.02")
    _check_placeholders(reader, article)
    return article


def _check_placeholders(reader: Reader, article: Article) -> None:
    declared = {value.name for value in article.local}
    for language in LANGUAGES:
        used = set()
        texts: dict[FieldPath, str] = {("answer", language): article.answer[language]}
        texts |= {("follow_ups", facet, language): text[language] for facet, text in article.follow_ups.items()}
        for at, text in texts.items():
            used |= placeholders(text)
            if has_stray_brace(text):
                reader.complain(at, "braces may only stand around the name of a local value")
            for name in sorted(placeholders(text) - declared - {"municipality"}):
                reader.complain(at, f"{{{name}}} is not declared in local")
        for i, value in enumerate(article.local):
            if value.name and value.name not in used:
                reader.complain(("local", i, "name"), f"{value.name!r} is not used in the {language} texts")


def _sources(reader: Reader) -> Iterator[Source]:
    if reader.get(("sources",)) == []:
        reader.complain(("sources",), "at least one source is needed")
    for i in reader.items(("sources",)):
        at = ("sources", i)
        reader.only(at, ("title", "url"))
        source = Source(reader.string((*at, "title")), reader.string((*at, "url")))
        if source.url and not WEB_ADDRESS.fullmatch(source.url):
            reader.complain((*at, "url"), f"{source.url!r} is not a web address")
        yield source


def _local(reader: Reader) -> Iterator[LocalValue]:
    for i in reader.items(("local",), required=False):
        at = ("local", i)
        reader.only(at, ("name", "core", "label", "example"))
        core = reader.get((*at, "core"))
        if core not in (None, True, False):
            reader.complain((*at, "core"), "must be true or false")
        yield LocalValue(
            name=reader.name_of((*at, "name")),
            label=reader.texts((*at, "label")),
            example=reader.texts((*at, "example"), both_from_one=True),
            core=bool(core),
        )


def _follow_ups(reader: Reader) -> dict[str, Texts]:
    if reader.get(("follow_ups",)) is None:
        return {}
    reader.only(("follow_ups",), FACETS)
    value = reader.get(("follow_ups",))
    return {key: reader.texts(("follow_ups", key)) for key in value} if isinstance(value, dict) else {}


def read_authority(reader: Reader, at: FieldPath) -> Authority:
    reader.only(at, ("name", "url"))
    return Authority(reader.texts((*at, "name"), both_from_one=True), reader.string((*at, "url")))


def read_fixed_texts(reader: Reader) -> dict[str, Texts]:
    if not isinstance(reader.root, dict):
        reader.complain((), "must be a mapping of key: {da, en}")
        return {}
    return {key: read_checked_texts(reader, (key,)) for key in reader.root}


def read_checked_texts(reader: Reader, at: FieldPath) -> dict[str, str]:
    texts = reader.texts(at)
    if placeholders(texts["da"]) != placeholders(texts["en"]):
        reader.complain(at, "the placeholders differ between the languages")
    return texts


def read_package(reader: Reader) -> Package:
    reader.only((), ("id", "title", "intro", "reviewed", "steps", "examples"))
    name = reader.name_of(("id",))
    if name != reader.path.stem:
        reader.complain(("id",), f"must be {reader.path.stem!r}, as the file is named")
    steps = []
    for i in reader.items(("steps",)):
        at: FieldPath = ("steps", i)
        reader.only(at, ("area", "article", "what", "where", "time"))
        steps.append(
            Step(
                area=reader.string((*at, "area")),
                what=reader.texts((*at, "what")),
                where=reader.optional((*at, "where"), reader.texts),
                time=reader.optional((*at, "time"), reader.texts),
                article=reader.optional((*at, "article"), reader.string),
            )
        )
    return Package(
        id=name,
        title=reader.texts(("title",)),
        intro=reader.texts(("intro",)),
        reviewed=reader.day(("reviewed",)),
        steps=tuple(steps),
        examples=reader.examples(),
    )
