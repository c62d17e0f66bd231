"""Changes of a municipality's knowledge base. Each holds at the next turn: it raises the municipality's knowledge_version."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.calendar import ZONE
from bot.conversation.rights import StaffMember
from bot.conversation.service import Services
from bot.editing.articles import Stored, check_editor, find_stored
from bot.errors import ArticleInUse, BadInput, Conflict, NotFound
from bot.knowledge.content import LANGUAGES, Article, LocalValue, Problem
from bot.knowledge.files import folded
from bot.knowledge.own import entry_of, new_article, own_id, read_entry, texts_of, to_body
from bot.knowledge.reading import NAME
from bot.knowledge.service import text_version
from bot.masking import mask
from bot.models import kept_models, what_it_learnt
from bot.store import tables as t
from bot.text_input import clean

OWN_FIELDS = ("sources", "examples", "kle", "law", "local")
LONGEST = {"title": 200, "answer": 6000, "follow_ups": 1000, "value": 500}


class Editing:
    """What editors and administrators may do; raises Forbidden for others, NotFound for what is not the municipality's."""

    def __init__(self, services: Services):
        self.services = services

    async def change_text(self, staff: StaffMember, article_id: str, texts: Mapping[str, Any], version: int) -> None:
        """The article has ``texts`` (title, answer, follow_ups) here. ``version`` is the one that was read, as in every change:
        Conflict when somebody changed it since. Raises BadInput, saying what is wrong with the texts. Of an own article sources
        and examples may be given too; changed examples are trained on."""
        if article_id not in self.services.knowledge.common.articles:
            await self._change_own(staff, article_id, texts, version)
            return
        common = self._common(article_id)
        changes = _clean(texts)
        article, problems = read_entry(entry_of(common, changes))
        _refuse(problems + _too_long(changes))
        body = texts_of(article)
        if body == texts_of(common):
            await self.back_to_common(staff, article_id, version)
            return
        async with self._change(staff, article_id, "article_text", version) as (connection, stored):
            await store_text(
                connection, self.services, staff, article_id, stored, body=body, base_version=text_version(common)
            )

    async def create(self, staff: StaffMember, name: str, fields: Mapping[str, Any]) -> str:
        """The municipality has a new article ``area/name``, which the bot gives after the next training; returns its id.

        Raises BadInput, saying what is wrong, and Conflict when there is one of this name."""
        check_editor(staff)
        area, _, rest = name.partition("/")
        if area not in self.services.knowledge.common.areas or not NAME.fullmatch(rest) or rest == "other":
            raise BadInput("id: must be area/name, the name of lower case letters, digits and _")
        if mask(name).count:
            raise BadInput("id: holds what may be a CPR number")
        if len(name) > 70:
            raise BadInput("id: at most 70 characters")
        today = self.services.now().astimezone(ZONE).date()
        body = self._own_body(new_article(name, staff.municipality, today), fields)
        article_id = own_id(name, staff.municipality)
        async with self.services.database.write() as connection:
            # Another label of the one model: it must be masked in every other municipality.
            await raise_version(connection)
            stored = await find_stored(connection, staff.municipality, article_id)
            if stored.body is not None:
                raise Conflict
            await store_text(connection, self.services, staff, article_id, stored, body=body)
            await audit(connection, self.services, staff, "article_created", article=article_id)
        self.services.taught.set()
        return article_id

    async def _change_own(self, staff: StaffMember, article_id: str, fields: Mapping[str, Any], version: int) -> None:
        check_editor(staff)
        article = await self._article(staff, article_id)
        body = self._own_body(article, fields)
        async with self._change(staff, article_id, "article_text", version) as (connection, stored):
            await store_text(connection, self.services, staff, article_id, stored, body=body)
        if body["examples"] != to_body(article)["examples"]:
            self.services.taught.set()

    def _own_body(self, article: Article, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The own article with ``fields``, as stored. Raises BadInput."""
        changes = _clean(fields)
        given = {name: _clean_json(fields[name]) for name in OWN_FIELDS if fields.get(name) is not None}
        changed, problems = read_entry(entry_of(article, {"kle": [], **changes, **given}))
        known = {folded(text): label for label, _, text in self.services.knowledge.common.examples()}
        doubles = [
            Problem("", 0, "examples", f"{text!r} is also in {known[folded(text)]}")
            for texts in changed.examples.values()
            for text in texts
            if folded(text) in known
        ]
        _refuse(problems + doubles + _too_long(changes))
        return to_body(changed)

    async def back_to_common(self, staff: StaffMember, article_id: str, version: int) -> None:
        """The article has the common text again."""
        self._common(article_id)
        async with self._change(staff, article_id, "article_common", version) as (connection, stored):
            await store_text(connection, self.services, staff, article_id, stored, body=None, base_version=None)

    async def keep_text(self, staff: StaffMember, article_id: str, version: int) -> None:
        """The municipality's own text is right although the common one changed."""
        common = self._common(article_id)
        async with self._change(staff, article_id, "article_kept", version) as (connection, stored):
            if stored.body is None:
                raise Conflict
            await store_text(connection, self.services, staff, article_id, stored, base_version=text_version(common))

    async def withdraw(self, staff: StaffMember, article_id: str, version: int, *, back: bool = False) -> None:
        """The article is not given here any more, or with ``back`` is again."""
        action = "article_taken_back" if back else "article_withdrawn"
        async with self._change(staff, article_id, action, version) as (connection, stored):
            await store_text(connection, self.services, staff, article_id, stored, withdrawn=not back)

    async def set_values(
        self, staff: StaffMember, article_id: str, values: Mapping[str, Mapping[str, str] | None], version: int
    ) -> None:
        """The article's local values are ``values``; None or empty ones are not filled in any more. Raises BadInput."""
        check_editor(staff)
        article = await self._article(staff, article_id)
        known = {value.name: value for value in article.local}
        if unknown := values.keys() - known.keys():
            raise BadInput(f"{article_id} has no local value {sorted(unknown)[0]}")
        filled = {name: _clean_value(known[name], value) for name, value in values.items()}
        v = t.local_value.c
        async with self._change(staff, article_id, "local_values", version) as (connection, stored):
            here = (v.municipality == staff.municipality) & (v.article == article_id)
            await connection.execute(sa.delete(t.local_value).where(here, v.name.in_(filled)))
            rows = [
                {
                    "municipality": staff.municipality,
                    "article": article_id,
                    "name": name,
                    "value": value,
                    "changed_by": staff.id,
                    "changed_at": self.services.now(),
                }
                for name, value in filled.items()
                if value
            ]
            if rows:
                await connection.execute(sa.insert(t.local_value), rows)
            await store_text(connection, self.services, staff, article_id, stored)

    async def remove(self, staff: StaffMember, article_id: str, version: int) -> None:
        """The own article is gone. Raises ArticleInUse when a model has learnt it, somebody was given it or a question is marked with
        it: then it can only be withdrawn; NotFound for an article of the common base."""
        if article_id in self.services.knowledge.common.articles:
            raise NotFound
        check_editor(staff)
        learnt = [
            await what_it_learnt(self.services.database, model["id"])
            for model in await kept_models(self.services.database)
        ]
        if any(article_id in (of_model.get("articles") or ()) for of_model in learnt):
            raise ArticleInUse
        here = (staff.municipality, article_id)
        async with self._change(staff, article_id, "article_deleted", version) as (connection, _):
            for used in (t.message.c.article, t.candidate.c.label):
                query = sa.select(used).where(used.table.c.municipality == here[0], used == here[1])
                if await connection.scalar(query.limit(1)) is not None:
                    raise ArticleInUse
            for table in (t.local_value, t.article_text):
                gone = (table.c.municipality == here[0]) & (table.c.article == here[1])
                await connection.execute(sa.delete(table).where(gone))
        self.services.taught.set()

    def _common(self, article_id: str) -> Article:
        common = self.services.knowledge.common.articles.get(article_id)
        if common is None:
            raise NotFound
        return common

    async def _article(self, staff: StaffMember, article_id: str) -> Article:
        async with self.services.database.read() as connection:
            here = await self.services.knowledge.of(connection, staff.municipality)
        article = here.service.common.articles.get(article_id) or here.own.get(article_id)
        if article is None or article.municipality not in (None, staff.municipality):
            raise NotFound
        return article

    @asynccontextmanager
    async def _change(
        self, staff: StaffMember, article_id: str, action: str, version: int
    ) -> AsyncIterator[tuple[AsyncConnection, Stored]]:
        """A transaction in which the municipality's knowledge changes, with what was stored of the article before."""
        check_editor(staff)
        await self._article(staff, article_id)
        async with self.services.database.write() as connection:
            # The municipality's row first: two changes at the same time come one after the other.
            await raise_version(connection, staff.municipality)
            stored = await find_stored(connection, staff.municipality, article_id)
            if version != stored.version:
                raise Conflict
            yield connection, stored
            await audit(connection, self.services, staff, action, article=article_id)


async def raise_version(connection: AsyncConnection, municipality: str | None = None) -> None:
    """The next turn reads the knowledge again: in one municipality, or in all."""
    m = t.municipality
    raised = sa.update(m).values(knowledge_version=m.c.knowledge_version + 1)
    await connection.execute(raised.where(m.c.code == municipality) if municipality else raised)


async def audit(
    connection: AsyncConnection,
    services: Services,
    staff: StaffMember,
    action: str,
    *,
    inquiry_id: str | None = None,
    **detail: Any,
) -> None:
    """The audit log says who did what; ``detail`` holds ids and numbers, never a text."""
    entry: dict[str, Any] = {"municipality": staff.municipality, "staff_id": staff.id, "inquiry_id": inquiry_id}
    entry |= {"action": action, "detail": detail or None}
    await connection.execute(sa.insert(t.audit), entry | {"at": services.now()})


async def store_text(
    connection: AsyncConnection, services: Services, staff: StaffMember, article_id: str, stored: Stored, **changes: Any
) -> None:
    """``changes`` of ``stored`` are in the article's row, as its next version."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    values = {
        "version": stored.version + 1,
        "body": changes.get("body", stored.body),
        "base_version": changes.get("base_version", stored.base_version),
        "withdrawn": changes.get("withdrawn", stored.withdrawn),
        "changed_by": staff.id,
        "changed_at": services.now(),
    }
    row = insert(t.article_text).values(municipality=staff.municipality, article=article_id, **values)
    await connection.execute(row.on_conflict_do_update(index_elements=["municipality", "article"], set_=values))


def _clean(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Title, answer and follow-ups without CPR numbers and control characters; an empty follow-up is none."""
    found: dict[str, Any] = {}
    for name in ("title", "answer"):
        value = texts.get(name)
        if not isinstance(value, Mapping):
            raise BadInput(f"{name}: a text in Danish and English (da, en) is missing")
        found[name] = {language: clean_text(value.get(language)) for language in LANGUAGES}
    follow_ups = texts.get("follow_ups") or {}
    if not isinstance(follow_ups, Mapping):
        raise BadInput("follow_ups: must be a mapping")
    both = {
        str(facet): {language: clean_text((value or {}).get(language)) for language in LANGUAGES}
        for facet, value in follow_ups.items()
        if isinstance(value, Mapping | None)
    }
    found["follow_ups"] = {facet: value for facet, value in both.items() if any(value.values())}
    return found


def clean_text(value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise BadInput("texts are strings")
    return mask(clean((value or "").replace("\r\n", "\n"))).text


def _clean_json(value: Any) -> Any:
    """``value`` without CPR numbers and control characters in its texts."""
    if isinstance(value, dict):
        return {key: _clean_json(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_clean_json(part) for part in value]
    return mask(clean(value)).text if isinstance(value, str) else value


def _clean_value(definition: LocalValue, value: Mapping[str, str] | None) -> dict[str, str] | None:
    """The value in both languages; one that stands in one language only is the same in both."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise BadInput(f"{definition.name}: a text in Danish and English (da, en) is missing")
    texts = {language: clean_text(value.get(language)) for language in LANGUAGES}
    if not any(texts.values()):
        return None
    if any(len(text) > LONGEST["value"] or "{" in text or "}" in text for text in texts.values()):
        raise BadInput(f"{definition.name}: at most {LONGEST['value']} characters, and no braces")
    return {language: texts[language] or texts["da"] or texts["en"] for language in LANGUAGES}


def _too_long(changes: Mapping[str, Any]) -> list[Problem]:
    texts = [(name, text) for name in ("title", "answer") for text in changes[name].values()]
    texts += [("follow_ups", text) for value in changes["follow_ups"].values() for text in value.values()]
    return [
        Problem("", 0, name, f"at most {LONGEST[name]} characters") for name, text in texts if len(text) > LONGEST[name]
    ]


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise BadInput("; ".join(f"{problem.field}: {problem.message}" for problem in problems[:5]))
