"""What the right answer to a question can be: an article, an area's people, or that it is not the municipality's matter."""

from __future__ import annotations

from typing import Any

from bot.errors import BadInput
from bot.knowledge.service import MunicipalKnowledge
from bot.words import fold

MOST_FOUND = 8
OUT_OF_SCOPE = "out_of_scope"
_NOT_CHOSEN = ("out_of_scope/other_language",)  # says how something was written, not what about


def label_json(here: MunicipalKnowledge, label: str, language: str) -> dict[str, Any]:
    """``kind`` is article, other (an area's people) or out_of_scope; ``title`` the article's, the area's name, or the authority's,
    None where there is no authority."""
    group, _, name = label.partition("/")
    if group == OUT_OF_SCOPE:
        entry = here.service.common.dialogue.get(label)
        authority = entry.authority.name if entry and entry.authority else {}
        return {"label": label, "kind": OUT_OF_SCOPE, "title": authority.get(language) or authority.get("da")}
    if name == "other":
        return {"label": label, "kind": "other", "title": here.service.area_name(group, language)}
    return {"label": label, "kind": "article", "title": here.title(label, language) or label}


def check_label(here: MunicipalKnowledge, label: str) -> str:
    """``label`` when it can be the right answer here; raises BadInput."""
    group, _, name = label.partition("/")
    common = here.service.common
    article = here.find(label)
    known = (
        (article is not None and article.municipality in (None, *_codes(here)))
        or (name == "other" and group in common.areas)
        or (group == OUT_OF_SCOPE and label in common.dialogue and label not in _NOT_CHOSEN)
    )
    if not known:
        raise BadInput("label: an article's id, area/other, or out_of_scope/…")
    return label


def find_articles(here: MunicipalKnowledge, q: str, language: str) -> list[dict[str, Any]]:
    """The articles of which id, title or answer hold all words of ``q``, those with the words in their title first."""
    words = fold(q).split()
    found = []
    for article in here.articles():
        if article.municipality not in (None, *_codes(here)):
            continue
        title = fold(" ".join(article.title.values()))
        text = f"{fold(article.id)} {title} {fold(' '.join(article.answer.values()))}"
        if words and all(word in text for word in words):
            found.append((sum(word not in title for word in words), title, article.id))
    return [label_json(here, article_id, language) for _, _, article_id in sorted(found)[:MOST_FOUND]]


def other_labels(here: MunicipalKnowledge, language: str) -> list[dict[str, Any]]:
    """Every area's people, then everything out of scope."""
    common = here.service.common
    labels = [f"{area}/other" for area in common.areas]
    labels += [label for label in common.dialogue if label.startswith(f"{OUT_OF_SCOPE}/") and label not in _NOT_CHOSEN]
    return [label_json(here, label, language) for label in labels]


def _codes(here: MunicipalKnowledge) -> set[str | None]:
    """The municipality, as its own articles name it."""
    return {article.municipality for article in here.own.values()}
