"""Exchange between municipalities: own articles and own texts as one YAML package, with the difference shown before it is read in.

A package names nobody and holds no local values. Own articles travel without their municipality's code; articles of the common base
that were rewritten travel as texts. Nothing of a package is taken when a part of it is wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.noting import HOUR, note
from bot.conversation.rights import StaffMember
from bot.conversation.service import Services
from bot.editing.articles import check_editor, find_stored
from bot.editing.service import audit, raise_version, store_text
from bot.errors import Conflict, NotFound
from bot.knowledge.bounded import read_bounded
from bot.knowledge.content import Article, Knowledge
from bot.knowledge.files import ArticleFileErrors, folded
from bot.knowledge.own import bare_name, dump, entry_of, own_id, read_entry, texts_of, to_body, to_entry
from bot.knowledge.parts import OWN_MINIMUM, read_article_fields
from bot.knowledge.reading import NAME, Reader
from bot.knowledge.service import MunicipalKnowledge, text_version
from bot.masking import mask, mask_json
from bot.store import tables as t

VERSION = 1

Kind = Literal["new", "changed", "same"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a package would change in one article: ``before`` is None for a new one. Texts by field and language."""

    id: str
    kind: Kind
    own: bool  # an article of the municipality's own, else a text for one of the common base
    overwrites: bool  # the municipality wrote this itself
    before: dict[str, Any] | None
    after: dict[str, Any]
    body: dict[str, Any]


async def take_package(services: Services, staff: StaffMember) -> tuple[str, int]:
    """The municipality's own articles and texts as YAML, and how many they are. Raises Forbidden."""
    check_editor(staff)
    async with services.database.read() as connection:
        here = await services.knowledge.of(connection, staff.municipality)
    await note(services, staff.municipality, staff.id, "package_exported", once_in=HOUR)
    return await asyncio.to_thread(_export, here, staff.municipality), len(here.own) + len(here.texts)


def _export(here: MunicipalKnowledge, municipality: str) -> str:
    articles = []
    for article in here.own.values():
        entry = to_entry(replace(article, id=bare_name(article.id, municipality), municipality=None))
        articles.append(entry)
    texts = [{"id": article_id, **body} for article_id, body in here.texts.items()]
    return dump({"hotline_articles": VERSION, "articles": articles, "texts": texts})


def read_package(source: str, name: str, municipality: str, common: Knowledge) -> list[tuple[str, dict[str, Any]]]:
    """(article id here, body) of all that a package holds. Raises ArticleFileErrors with file, line and field of all that is wrong."""
    reader = read_bounded(source, name)
    if not reader.parsed:
        raise ArticleFileErrors(reader.problems)
    reader.only((), ("hotline_articles", "articles", "texts"))
    if reader.get(("hotline_articles",)) != VERSION:
        reader.complain(("hotline_articles",), f"must be {VERSION}: this is no package of articles, or a newer one")
    found: dict[str, dict[str, Any]] = {}
    for i in reader.items(("articles",), required=False):
        part = reader.part(("articles", i))
        article = _own_article(part, municipality, common)
        if article.id in found:
            part.complain(("id",), f"{article.id!r} stands here twice")
        found[article.id] = mask_json(to_body(article))
    for i in reader.items(("texts",), required=False):
        part = reader.part(("texts", i))
        article_id, body = _text(part, common)
        if article_id in found:
            part.complain(("id",), f"{article_id!r} stands here twice")
        found[article_id] = mask_json(body)
    if not found and not reader.problems:
        reader.complain((), "holds no articles")
    if reader.problems:
        raise ArticleFileErrors(sorted(reader.problems, key=lambda problem: problem.line))
    return list(found.items())


def compare(here: MunicipalKnowledge, read: list[tuple[str, dict[str, Any]]]) -> list[Difference]:
    """What taking in the package would change, article by article."""
    found = []
    for article_id, body in read:
        common = here.service.common.articles.get(article_id)
        present = here.find(article_id)
        before = (texts_of(present) if common else to_body(present)) if present else None
        kind: Kind = "new" if before is None else "same" if _equal(before, body) else "changed"
        overwrites = kind == "changed" and (article_id in here.own or article_id in here.texts)
        found.append(Difference(article_id, kind, common is None, overwrites, before, body, body))
    return found


async def preview_package(services: Services, staff: StaffMember, source: str, name: str) -> list[Difference]:
    """What the package would change in the municipality as it is now. Raises Forbidden, ArticleFileErrors."""
    check_editor(staff)
    await note(services, staff.municipality, staff.id, "package_previewed", once_in=HOUR)
    return (await _find_differences(services, staff, source, name))[1]


async def _find_differences(
    services: Services, staff: StaffMember, source: str, name: str
) -> tuple[MunicipalKnowledge, list[Difference]]:
    common = services.knowledge.common
    read = await asyncio.to_thread(read_package, source, name, staff.municipality, common)
    async with services.database.read() as connection:
        here = await services.knowledge.of(connection, staff.municipality)
    return here, compare(here, read)


async def import_package(
    services: Services, staff: StaffMember, source: str, name: str, *, overwrite: Collection[str] = ()
) -> list[Difference]:
    """What was new or changed is taken in, at once or not at all; of the municipality's own texts only those named in
    ``overwrite``. Returns what was taken. Raises Forbidden, ArticleFileErrors, Conflict when a text changed meanwhile."""
    check_editor(staff)
    here, differences = await _find_differences(services, staff, source, name)
    taken = [
        d for d in differences if d.kind == "new" or (d.kind == "changed" and (not d.overwrites or d.id in overwrite))
    ]
    if not taken:
        return []
    async with services.database.write() as connection:
        # An own article is another label of the model: it must be masked in every other municipality.
        await raise_version(connection, None if any(d.own for d in taken) else staff.municipality)
        if await _version(connection, staff.municipality) != here.version + 1:
            raise Conflict
        for difference in taken:
            stored = await find_stored(connection, staff.municipality, difference.id)
            common = services.knowledge.common.articles.get(difference.id)
            base = text_version(common) if common else None
            await store_text(
                connection, services, staff, difference.id, stored, body=difference.body, base_version=base
            )
        await audit(connection, services, staff, "articles_imported", articles=[d.id for d in taken])
    if any(d.own for d in taken):
        services.taught.set()
    return taken


def _own_article(part: Reader, municipality: str, common: Knowledge) -> Article:
    before = len(part.problems)
    article = read_article_fields(part, OWN_MINIMUM)
    area, _, name = article.id.partition("/")
    if mask(article.id).count:
        part.complain(("id",), "holds what may be a CPR number")
    if article.municipality:
        part.complain(("municipality",), "a package names no municipality")
    if article.id and (area not in common.areas or not NAME.fullmatch(name) or name == "other"):
        part.complain(
            ("id",), "must be area/name, the area one of areas.yml, the name lower case letters, digits and _"
        )
    if len(article.id) > 70:
        part.complain(("id",), "is longer than 70 characters")
    if article.owner and article.owner not in common.areas:
        part.complain(("owner",), f"{article.owner!r} is not an area of areas.yml")
    known = _known_examples(common)
    for language, texts in article.examples.items():
        for i, text in enumerate(texts):
            if folded(text) in known and len(part.problems) - before < 5:
                part.complain(("examples", language, i), f"the example {text!r} is also in {known[folded(text)]}")
    return replace(article, id=own_id(article.id, municipality), municipality=municipality)


def _text(part: Reader, common: Knowledge) -> tuple[str, dict[str, Any]]:
    part.only((), ("id", "title", "answer", "follow_ups"))
    article_id = part.string(("id",))
    article = common.articles.get(article_id)
    if article is None:
        if article_id:
            part.complain(("id",), f"there is no article {article_id!r} in the common base")
        return article_id, {}
    texts = {name: part.texts((name,)) for name in ("title", "answer")}
    given = part.get(("follow_ups",))
    changes: dict[str, Any] = texts | {"follow_ups": given if isinstance(given, dict) else {}}
    read, problems = read_entry(entry_of(article, changes))
    for problem in problems:
        field = problem.field.partition(".")[0].partition("[")[0]
        part.complain((field,), f"{problem.field}: {problem.message}")
    return article_id, texts_of(read)


def _known_examples(common: Knowledge) -> dict[str, str]:
    return {folded(text): label for label, _, text in common.examples()}


def _equal(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return all(before.get(key) == value for key, value in after.items())


async def _version(connection: AsyncConnection, municipality: str) -> int:
    m = t.municipality.c
    version = await connection.scalar(sa.select(m.knowledge_version).where(m.code == municipality))
    if version is None:
        raise NotFound
    return int(version)
