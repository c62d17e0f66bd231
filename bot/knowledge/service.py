"""The knowledge base as a municipality has it now: common articles under its own texts, local values and withdrawals."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.knowledge.content import Article, Knowledge, Texts
from bot.knowledge.own import from_body
from bot.store import tables as t
from bot.turn import Say

_PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)\}")


@dataclass(frozen=True, slots=True)
class Shown:
    """A bot message as the inquirer sees it: Markdown, and for an article its id, version and sources."""

    text: str
    sources: list[dict[str, str]] = field(default_factory=list)
    article: str | None = None
    version: str | None = None


class KnowledgeService:
    """Holds the common base in memory; each municipality's changes are read again when its knowledge_version has risen."""

    def __init__(self, common: Knowledge):
        self.common = common
        self._here: dict[str, MunicipalKnowledge] = {}

    def text(self, key: str, language: str, **params: str) -> str:
        """The bot's sentence ``key`` (of texts.yml, or a dialogue label), with ``params`` filled in."""
        texts = self.common.texts.get(key) or self.common.dialogue[key].text or {}
        return _fill(_pick(texts, language), params)

    def area_name(self, area: str, language: str) -> str:
        found = self.common.areas.get(area)
        return _pick(found.name, language) if found else ""

    async def of(self, connection: AsyncConnection, municipality: str) -> MunicipalKnowledge:
        """The knowledge base as it is in ``municipality`` at this moment."""
        c = t.municipality.c
        row = (await connection.execute(sa.select(c.knowledge_version, c.name).where(c.code == municipality))).one()
        known = self._here.get(municipality)
        if known is None or known.version != row.knowledge_version:
            known = self._here[municipality] = await self._load(
                connection, municipality, row.knowledge_version, row.name
            )
        return known

    async def _load(
        self, connection: AsyncConnection, municipality: str, version: int, name: Texts
    ) -> MunicipalKnowledge:
        a, v, common = t.article_text.c, t.local_value.c, self.common.articles
        texts = (await connection.execute(sa.select(t.article_text).where(a.municipality == municipality))).all()
        rows = (await connection.execute(sa.select(t.local_value).where(v.municipality == municipality))).all()
        values = {(row.article, row.name): row.value for row in rows}
        own = {
            row.article: from_body(row.article, municipality, row.body)
            for row in texts
            if row.body and row.article not in common
        }
        # Other municipalities' own articles are in the model too.
        foreign = await connection.execute(
            sa.select(a.article).where(a.municipality != municipality, a.body.is_not(None))
        )
        withdrawn = frozenset(row.article for row in texts if row.withdrawn)
        incomplete = [
            article.id
            for article in (*common.values(), *own.values())
            if any(value.core and (article.id, value.name) not in values for value in article.local)
        ]
        elsewhere = {article.id for article in common.values() if article.municipality not in (None, municipality)}
        elsewhere |= set(foreign.scalars()) - common.keys()
        return MunicipalKnowledge(
            self,
            version,
            name,
            {row.article: row.body for row in texts if row.body and row.article in common},
            own,
            values,
            withdrawn=withdrawn,
            unavailable=sorted(withdrawn | elsewhere),
            incomplete=incomplete,
        )


@dataclass(slots=True)
class MunicipalKnowledge:
    """What one municipality changed, as of ``version``; renders articles and sentences in its texts."""

    service: KnowledgeService
    version: int
    name: Texts
    texts: dict[str, dict[str, Any]]  # common article id → title, answer and follow_ups of its own
    own: dict[str, Article]  # articles that only this municipality has
    values: dict[tuple[str, str], Texts]  # (article id, placeholder) → text
    withdrawn: frozenset[str]
    unavailable: list[str]  # withdrawn, or another municipality's: the model must not answer with these here
    incomplete: list[str]  # a core local value is not filled in: shown only together with a person

    def render(self, say: Say, language: str, params: Mapping[str, str]) -> Shown:
        """``say`` in the municipality's current texts and local values."""
        if say.article:
            return self.article(say.article, language, say.facet)
        if say.package:
            return self._package(say.package, language)
        return Shown(self.service.text(say.text or "", language, municipality=_pick(self.name, language), **params))

    def article(self, article_id: str, language: str, facet: str | None = None) -> Shown:
        """The article's answer, or only its text for ``facet``. An unfilled local value says plainly that it is missing."""
        article = self.find(article_id)
        if article is None or article_id in self.unavailable:
            return Shown(self.service.text("withdrawn_article", language))
        texts = article.follow_ups.get(facet or "") or article.answer
        params = {"municipality": _pick(self.name, language)}
        for value in article.local:
            filled = self.values.get((article_id, value.name))
            missing = self.service.text("value_missing", language, label=_pick(value.label, language))
            params[value.name] = _pick(filled, language) if filled else missing
        sources = [{"title": source.title, "url": source.url} for source in article.sources]
        return Shown(_fill(_pick(texts, language), params).strip(), sources, article_id, self.version_of(article))

    def find(self, article_id: str) -> Article | None:
        """The article in this municipality's texts, also when it is withdrawn; None when there is none here."""
        article = self.own.get(article_id) or self.service.common.articles.get(article_id)
        texts = self.texts.get(article_id)
        return replace(article, **texts) if article and texts else article

    def articles(self) -> list[Article]:
        """Every article that this municipality has, in its texts."""
        ids = (*self.service.common.articles, *self.own)
        found = (self.find(article_id) for article_id in ids)
        return [article for article in found if article is not None]

    def title(self, key: str, language: str) -> str | None:
        """The title of the article or package ``key``, or of what others deal with; None when there is none."""
        found = self.find(key) or self.service.common.packages.get(key)
        title = found.title if found else self.service.common.outside_title(key)
        return _pick(title, language) if title else None

    def version_of(self, article: Article) -> str:
        """Changes with everything that the inquirer would read differently."""
        values = [self.values.get((article.id, value.name)) for value in article.local]
        return _fingerprint(text_version(article), values) if any(values) else text_version(article)

    def _package(self, name: str, language: str) -> Shown:
        service = self.service
        package = service.common.packages[name]
        lines = [f"**{_pick(package.title, language)}**", "", _pick(package.intro, language), ""]
        for place, step in enumerate(package.steps, 1):
            who = service.area_name(step.area, language) or service.text("other_authority", language)
            parts = [_pick(texts, language) for texts in (step.what, step.where, step.time) if texts]
            lines.append(f"{place}. **{who}:** " + " ".join(parts))
        return Shown("\n".join(lines), article=f"package/{name}", version=_fingerprint(lines))


def demo_values(common: Knowledge) -> list[tuple[Article, str, Texts]]:
    """Every local value of the common base with its example: what the demonstration municipality has filled in."""
    return [(article, value.name, value.example) for article in common.articles.values() for value in article.local]


def text_version(article: Article) -> str:
    """Changes with the article's texts."""
    return _fingerprint(article.title, article.answer, article.follow_ups)


def _pick(texts: Texts, language: str) -> str:
    return texts.get(language) or texts.get("da") or ""


def _fill(text: str, params: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: params.get(match[1], match[0]), text)


def _fingerprint(*parts: Any) -> str:
    """12 hexadecimal characters that change with the texts."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=dict).encode()).hexdigest()[:12]
