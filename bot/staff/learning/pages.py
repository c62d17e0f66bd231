"""The pages of the learning loop: plain forms that work without a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.conversation.rights import may_act
from bot.editing.articles import LONGEST_Q, check_editor
from bot.editing.candidates import STATES, judge, likely_labels, read_candidate, read_candidates
from bot.editing.drafts import drop_draft, read_drafts, read_key, read_keys, read_questions
from bot.editing.gains import SHARES, read_gains
from bot.editing.labels import find_articles, other_labels
from bot.editing.questions import mark_all, read_unanswered
from bot.errors import Forbidden, HotlineError
from bot.masking import mask
from bot.staff.detail import open_inquiry
from bot.staff.frame import checked_form, console_language, page, render_page, session_of
from bot.staff.knowledge.pages import HOME, show
from bot.staff.learning import words as taught
from bot.staff.sessions import Session
from bot.text_input import short
from bot.web.catalogues import gettext, ngettext
from bot.web.fields import number_of, number_query
from bot.web.keys import SERVICES

CANDIDATES, QUESTIONS, GAINS = f"{HOME}/candidates", f"{HOME}/questions", f"{HOME}/gains"


def add_to(app: web.Application) -> None:
    app.router.add_get("/staff/inquiries/{id}/mark", page(get_mark))
    app.router.add_get(CANDIDATES, page(get_candidates))
    app.router.add_get(CANDIDATES + "/{key}", page(get_candidate))
    app.router.add_post(CANDIDATES + "/{key}", page(post_candidate))
    app.router.add_post(HOME + "/drafts/{key}/drop", page(post_drop))
    app.router.add_get(QUESTIONS, page(get_questions))
    app.router.add_post(QUESTIONS, page(post_questions))
    app.router.add_get(GAINS, page(get_gains))


async def get_mark(request: web.Request) -> web.Response:
    """What was right for a message of the thread: a dialog of the console, or without a script a page of its own."""
    session, services = await session_of(request), request.app[SERVICES]
    inquiry = await open_inquiry(services, session.staff, request.match_info["id"])
    if not may_act(session.staff, inquiry):
        raise Forbidden
    _, message_id = read_key(f"{inquiry['id']}.{request.query.get('message', '')}")
    context = {
        "session": session,
        "inquiry": inquiry,
        "message": message_id,
        "taught": taught,
        **await _choices(request, session, request.query.get("q", ""), (inquiry["id"], message_id)),
    }
    partial = "HX-Request" in request.headers
    return render_page(request, "staff/_mark.html" if partial else "staff/mark.html", context)


async def get_candidates(request: web.Request) -> web.Response:
    session, services = await session_of(request), request.app[SERVICES]
    state = request.query.get("state") or "proposed"
    offset = int(number_query(request, "offset") or 0)
    found, counts = await read_candidates(services, session.staff, state, console_language(request), offset)
    read = offset + len(found)
    context = {
        "next_offset": read if read < counts[state] else None,
        "candidates": found,
        "counts": counts,
        "state": state,
        "states": STATES,
        "drafts": await read_drafts(services, session.staff),
    }
    return await _show(request, session, "candidates", context)


async def get_candidate(request: web.Request) -> web.Response:
    return await _show_candidate(request, await session_of(request))


async def post_candidate(request: web.Request) -> web.Response:
    session, form = await checked_form(request)
    key, state = read_key(request.match_info["key"]), str(form.get("state", ""))
    text = str(form["text"]) if "text" in form else None
    try:
        await judge(request.app[SERVICES], session.staff, *key, state, text=text, label=_label(form) or None)
    except HotlineError as error:
        if error.status not in (400, 413, 422):
            raise
        return await _show_candidate(request, session, error=error, text=text)
    return web.Response(status=303, headers={"Location": f"{CANDIDATES}?done={state}"})


async def post_drop(request: web.Request) -> web.Response:
    session, _ = await checked_form(request)
    await drop_draft(request.app[SERVICES], session.staff, read_key(request.match_info["key"]))
    return web.Response(status=303, headers={"Location": f"{CANDIDATES}?done=dropped"})


async def get_questions(request: web.Request) -> web.Response:
    session = await session_of(request)
    found = await read_unanswered(request.app[SERVICES], session.staff, console_language(request))
    return await _show(request, session, "questions", found)


async def post_questions(request: web.Request) -> web.Response:
    """A group is set aside, or marked; until an answer is chosen the page asks for it."""
    session, form = await checked_form(request)
    services, keys = request.app[SERVICES], read_keys([str(key) for key in form.getall("question", [])])
    action, label = str(form.get("action", "")), _label(form)
    if action == "aside":
        await mark_all(services, session.staff, keys, None)
        return web.Response(status=303, headers={"Location": f"{QUESTIONS}?done=aside"})
    if action == "mark" and label and keys:
        number = await mark_all(services, session.staff, keys, label)
        return web.Response(status=303, headers={"Location": f"{QUESTIONS}?done=marked-{number}"})
    context = {
        "questions": await read_questions(services, session.staff, keys),
        **await _choices(request, session, str(form.get("q", "")), keys[0] if keys else None),
    }
    return await _show(request, session, "questions_mark", context)


async def get_gains(request: web.Request) -> web.Response:
    session = await session_of(request)
    rounds = await read_gains(request.app[SERVICES], session.staff)
    return await _show(request, session, "gains", {"rounds": rounds, "shares": SHARES})


async def _show_candidate(
    request: web.Request, session: Session, *, error: HotlineError | None = None, text: str | None = None
) -> web.Response:
    services, language, key = request.app[SERVICES], console_language(request), read_key(request.match_info["key"])
    candidate = await read_candidate(services, session.staff, key, language)
    context = {
        "candidate": candidate,
        "text": candidate["text"] if text is None else mask(text).text,
        "error": error.public_text(language) if error else None,
        "detail": error.detail if error else None,
        **await _choices(request, session, request.query.get("q", ""), key),
    }
    return await _show(request, session, "candidate", context, status=error.status if error else 200)


async def _choices(request: web.Request, session: Session, q: str, key: tuple[str, int] | None) -> dict[str, Any]:
    """What may be chosen as right: the articles that fit ``q``, or those that the bot thought of; areas and what is out of scope."""
    services, language, municipality = request.app[SERVICES], console_language(request), session.staff.municipality
    q = short(q, LONGEST_Q)
    async with services.database.read() as connection:
        here = await services.knowledge.of(connection, municipality)
    found = find_articles(here, q, language)
    if not q and key:
        found = await likely_labels(services, municipality, *key, language)
    return {"q": q, "found": found, "others": other_labels(here, language)}


async def _show(
    request: web.Request, session: Session, template: str, context: Mapping[str, Any], *, status: int = 200
) -> web.Response:
    check_editor(session.staff)
    shown = {"taught": taught, "done": _done(request.query.get("done", "")), **context}
    return await show(request, session, template, shown, status=status)


def _label(form: Mapping[str, Any]) -> str:
    """The article that was chosen, or what was chosen instead of one."""
    return (str(form.get("label", "")) or str(form.get("other", "")))[:80]


def _done(name: str) -> str | None:
    action, _, number = name.partition("-")
    if action == "marked" and number.isdecimal():
        return ngettext("%(num)s spørgsmål er bekræftet.", "%(num)s spørgsmål er bekræftet nu.", number_of(number)) % {
            "num": number
        }
    return gettext(taught.DONE[action]) if action in taught.DONE else None
