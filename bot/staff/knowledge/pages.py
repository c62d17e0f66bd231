"""The editors' pages: plain forms that work without a script. What was typed wrongly is shown again, with what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from aiohttp import web

from bot.editing.articles import STATES, check_editor, read_article, read_article_filter, read_articles
from bot.editing.correcting import correct
from bot.editing.drafts import (
    MOST_QUESTIONS,
    Key,
    create_from_questions,
    read_drafts,
    read_key,
    read_keys,
    read_questions,
)
from bot.editing.left_out import read_left_out
from bot.editing.preview import preview
from bot.errors import HotlineError, NotFound
from bot.knowledge.content import FACETS, LANGUAGES
from bot.knowledge.markdown import to_html
from bot.masking import mask, mask_json
from bot.staff.api import staff_json
from bot.staff.frame import checked_form, console_language, page, place_of_page, render_page, session_of
from bot.staff.knowledge import gate_words
from bot.staff.knowledge import words as said
from bot.staff.knowledge.api import article_id_of, training_json
from bot.staff.sessions import Session
from bot.web.catalogues import gettext, ngettext
from bot.web.fields import number_in, number_of
from bot.web.keys import EDITING, SERVICES

HOME = "/staff/knowledge"
ARTICLE = HOME + "/articles/{area}/{name}"


def add_to(app: web.Application) -> None:
    app.router.add_get(HOME, page(get_list))
    app.router.add_get(HOME + "/preview", page(get_preview))
    app.router.add_post(HOME + "/preview", page(post_preview))
    app.router.add_get(HOME + "/new", page(get_new))
    app.router.add_post(HOME + "/new", page(post_new))
    app.router.add_get(HOME + "/training", page(get_training))
    app.router.add_get(ARTICLE, page(get_one))
    app.router.add_post(ARTICLE + "/{action}", page(post_article))


async def get_list(request: web.Request) -> web.Response:
    session = await session_of(request)
    chosen, language = read_article_filter(request.query), console_language(request)
    articles, counts = await read_articles(request.app[SERVICES], session.staff, chosen, language)
    context = {"chosen": chosen, "articles": articles, "counts": counts, "states": STATES}
    return await show(request, session, "list", context)


async def get_one(request: web.Request) -> web.Response:
    session = await session_of(request)
    return await _show_article(request, session)


async def post_article(request: web.Request) -> web.Response:
    session, form = await checked_form(request)
    action, article_id = request.match_info["action"], article_id_of(request)
    editing, staff, services = request.app[EDITING], session.staff, request.app[SERVICES]
    done = action
    try:
        if action == "text":
            fields = texts_of_form(form) | (own_of_form(form) if "sources" in form else {})
            await editing.change_text(staff, article_id, fields, number_in(form, "version"))
        elif action == "common":
            await editing.back_to_common(staff, article_id, number_in(form, "version"))
        elif action == "keep":
            await editing.keep_text(staff, article_id, number_in(form, "version"))
        elif action in ("withdraw", "take_back"):
            await editing.withdraw(staff, article_id, number_in(form, "version"), back=action == "take_back")
        elif action == "values":
            await editing.set_values(staff, article_id, _values_of_form(form), number_in(form, "version"))
        elif action == "delete":
            await editing.remove(staff, article_id, number_in(form, "version"))
            return web.Response(status=303, headers={"Location": f"{HOME}?done=delete"})
        elif action == "correct":
            done = f"correct-{await correct(services, staff, article_id, str(form.get('version', ''))[:16])}"
        else:
            raise web.HTTPNotFound
    except HotlineError as error:
        if error.status not in (400, 409):
            raise
        return await _show_article(request, session, error=error, typed=form)
    return web.Response(status=303, headers={"Location": f"{place_of(article_id)}?done={done}"})


async def get_new(request: web.Request) -> web.Response:
    session = await session_of(request)
    check_editor(session.staff)
    keys, draft = read_keys(request.query.getall("question", [])[:MOST_QUESTIONS]), request.query.get("draft")
    typed: dict[str, str] = {}
    if draft:
        found = await read_drafts(request.app[SERVICES], session.staff, read_key(draft))
        if not found:
            raise NotFound
        given = found[0]
        keys.append((given["inquiry"], given["question_message"]))
        typed = {"area": given["area"] or "", f"answer_{given['language']}": given["answer"], "draft": draft}
    return await _show_new(request, session, typed=typed, keys=keys)


async def post_new(request: web.Request) -> web.Response:
    session, form = await checked_form(request)
    name = f"{form.get('area', '')}/{str(form.get('name', '')).strip()}"
    draft = str(form.get("draft", ""))
    keys = read_keys([str(key) for key in form.getall("question", [])])
    fields = texts_of_form(form) | own_of_form(form)
    try:
        article_id = await create_from_questions(
            request.app[EDITING], session.staff, name, fields, keys, read_key(draft) if draft else None
        )
    except HotlineError as error:
        if error.status not in (400, 409):
            raise
        return await _show_new(request, session, error=error, typed=form, keys=keys)
    return web.Response(status=303, headers={"Location": f"{place_of(article_id)}?done=new"})


async def _show_new(
    request: web.Request,
    session: Session,
    *,
    error: HotlineError | None = None,
    typed: Mapping[str, Any] | None = None,
    keys: Sequence[Key] = (),
) -> web.Response:
    """``keys``: questions of inquiries that become examples."""
    form = typed or {}
    context = {
        "questions": await read_questions(request.app[SERVICES], session.staff, keys),
        "texts": mask_json(texts_of_form(form)),
        "given": mask_json(own_of_form(form)),
        "typed": mask_json({name: str(form.get(name, "")) for name in ("area", "name", "draft")}),
        "facets": FACETS,
        "error": error.public_text(console_language(request)) if error else None,
        "detail": error.detail if error else None,
    }
    return await show(request, session, "new", context, status=error.status if error else 200)


async def get_training(request: web.Request) -> web.Response:
    session = await session_of(request)
    check_editor(session.staff)
    context = await training_json(request, session.staff, console_language(request))
    return await show(request, session, "training", context)


async def get_preview(request: web.Request) -> web.Response:
    session = await session_of(request)
    check_editor(session.staff)
    return await show(request, session, "preview", {"text": "", "result": None, "error": None})


async def post_preview(request: web.Request) -> web.Response:
    session, form = await checked_form(request)
    text, language = str(form.get("text", "")), console_language(request)
    try:
        result = await preview(request.app[SERVICES], session.staff, text, language)
    except HotlineError as error:
        if error.status == 403:
            raise
        told = error.public_text(language)
        return await show(
            request, session, "preview", {"text": mask(text).text, "result": None, "error": told}, status=error.status
        )
    return await show(request, session, "preview", {"text": mask(text).text, "result": result, "error": None})


async def show(
    request: web.Request, session: Session, template: str, context: Mapping[str, Any], *, status: int = 200
) -> web.Response:
    """A page of the editors, under the console's head."""
    services, language = request.app[SERVICES], console_language(request)
    shown: dict[str, Any] = {
        "session": session,
        "me": await staff_json(services, session.staff, language),
        "areas": services.knowledge.common.areas,
        "said": said,
        "gate": gate_words,
        "place": template,
        "languages": LANGUAGES,
        "path": HOME if request.method != "GET" else place_of_page(request),
        "done": _done(request.query.get("done", "")),
        "place_of": place_of,
    }
    return render_page(request, f"staff/knowledge/{template}.html", {**shown, **context}, status=status)


async def _show_article(
    request: web.Request, session: Session, *, error: HotlineError | None = None, typed: Mapping[str, Any] | None = None
) -> web.Response:
    language = console_language(request)
    article = await read_article(request.app[SERVICES], session.staff, article_id_of(request), language)
    texts = article["own"] or article["common"]
    if typed is not None and "title_da" in typed:
        texts = mask_json(texts_of_form(typed))
    given = _values_of_form(typed or {})
    values = [value | {"value": given.get(value["name"], value["value"])} for value in article["values"]]
    context = {
        "article": article | {"values": values},
        "texts": texts,
        "html": {tongue: to_html(text) for tongue, text in article["shown"].items()},
        "left_out": await _left_out(request, session, article),
        "error": error.public_text(language) if error else None,
        "detail": error.detail if error else None,
    }
    return await show(request, session, "article", context, status=error.status if error else 200)


async def _left_out(request: web.Request, session: Session, article: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "left_out" not in article["states"]:
        return []
    left = await read_left_out(request.app[SERVICES], session.staff.municipality)
    return [one for one in left if one["kind"] == "article" and one["article"] == article["id"]]


def texts_of_form(form: Mapping[str, Any]) -> dict[str, Any]:
    both = lambda name: {tongue: str(form.get(f"{name}_{tongue}", "")) for tongue in LANGUAGES}  # noqa: E731
    follow_ups = {facet: both(facet) for facet in FACETS if f"{facet}_da" in form}
    return {"title": both("title"), "answer": both("answer"), "follow_ups": follow_ups}


def own_of_form(form: Mapping[str, Any]) -> dict[str, Any]:
    """Sources ("title | address") and examples of an own article, one per line."""
    lines = lambda name: [line.strip() for line in str(form.get(name, "")).splitlines() if line.strip()]  # noqa: E731
    sources = [line.rpartition("|") for line in lines("sources")]
    return {
        "sources": [{"title": title.strip() or url.strip(), "url": url.strip()} for title, _, url in sources],
        "examples": {tongue: lines(f"examples_{tongue}") for tongue in LANGUAGES},
    }


def place_of(article_id: str) -> str:
    return f"{HOME}/articles/{quote(article_id)}"


def _values_of_form(form: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    names = [
        name.removeprefix("value.").removesuffix("_da")
        for name in form
        if name.startswith("value.") and name.endswith("_da")
    ]
    return {name: {tongue: str(form.get(f"value.{name}_{tongue}", "")) for tongue in LANGUAGES} for name in names}


def _done(name: str) -> str | None:
    action, _, number = name.partition("-")
    if action == "correct" and number.isdecimal():
        told = ngettext(
            "%(num)s henvendelse har fået rettelsen.", "%(num)s henvendelser har fået rettelsen.", number_of(number)
        )
        return told % {"num": number}
    return gettext(said.DONE[action]) if action in said.DONE else None
