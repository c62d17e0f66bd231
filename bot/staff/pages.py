"""The console: server-rendered pages that work with plain forms; htmx and the page's script only save reloads."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.editing.candidates import mark
from bot.editing.correcting import report_wrong
from bot.editing.drafts import propose_draft
from bot.errors import HotlineError
from bot.lifecycle import STAFF_OUTCOMES
from bot.masking import mask
from bot.staff import words
from bot.staff.api import staff_json
from bot.staff.detail import open_inquiry, read_colleagues, read_detail
from bot.staff.events import mark_present
from bot.staff.frame import LANGUAGE_COOKIE, checked_form, console_language, page, render_page, session_of
from bot.staff.learning import words as taught
from bot.staff.lists import LISTS, STATUSES, Filter, count_lists, note_list, read_filter, read_list
from bot.staff.sessions import Session, drop_cookie, find_session, set_cookie
from bot.staff.signing_in import know_device, sign_in, sign_out
from bot.web.bodies import read_form
from bot.web.catalogues import gettext
from bot.web.fields import client_id_field, number_in, number_of, number_query
from bot.web.keys import PEOPLE, SERVICES

_YEAR_S = 365 * 86400


def add_to(app: web.Application) -> None:
    app.router.add_get("/staff", page(get_console))
    app.router.add_get("/staff/", page(get_console))
    app.router.add_get("/staff/sign-in", get_sign_in)
    app.router.add_post("/staff/sign-in", post_sign_in)
    app.router.add_post("/staff/sign-out", page(post_sign_out))
    app.router.add_get("/staff/language", get_language)
    app.router.add_get("/staff/inquiries/{id}", page(get_console))
    app.router.add_get("/staff/inquiries/{id}/news", page(get_news))
    app.router.add_get("/staff/inquiries/{id}/hand_on", page(get_hand_on))
    app.router.add_post("/staff/inquiries/{id}/{action}", page(post_action))


async def get_sign_in(request: web.Request) -> web.Response:
    if await find_session(request):
        raise web.HTTPSeeOther(_own_path(request.query.get("next")))
    return render_page(
        request, "staff/sign_in.html", {"next": _own_path(request.query.get("next")), "error": None, "email": ""}
    )


async def post_sign_in(request: web.Request) -> web.Response:
    form = await read_form(request)
    email, password = str(form.get("email", ""))[:254], str(form.get("password", ""))[:1000]
    language = console_language(request)
    try:
        session, token = await sign_in(request, email, password, str(form.get("municipality", ""))[:4] or None)
    except HotlineError as error:
        context = {
            "next": _own_path(str(form.get("next", ""))),
            "error": error.public_text(language),
            "email": mask(email).text,
        }
        response = render_page(request, "staff/sign_in.html", context, status=error.status)
        if error.retry_after_s:
            response.headers["Retry-After"] = str(error.retry_after_s)
        return response
    await mark_present(request.app[SERVICES], session.staff)
    answer = web.Response(status=303, headers={"Location": _own_path(str(form.get("next", "")))})
    set_cookie(request, answer, token)
    know_device(request, answer, session)
    return answer


async def post_sign_out(request: web.Request) -> web.Response:
    session, _ = await checked_form(request, operator=True)
    await sign_out(request, session)
    await mark_present(request.app[SERVICES], session.staff, present=False)
    response = web.Response(status=303, headers={"Location": "/staff/sign-in"})
    drop_cookie(request, response)
    return response


async def get_language(request: web.Request) -> web.Response:
    response = web.Response(status=303, headers={"Location": _own_path(request.query.get("next"))})
    language = "en" if request.query.get("to") == "en" else "da"
    secure = request.app[SERVICES].settings.is_https
    response.set_cookie(
        LANGUAGE_COOKIE, language, path="/staff", max_age=_YEAR_S, samesite="Lax", httponly=True, secure=secure
    )
    return response


async def get_console(request: web.Request) -> web.Response:
    """The whole page, or the one part of it that the page's script asks for. Operators have a page of their own."""
    session = await session_of(request, operator="id" not in request.match_info)
    if session.staff.has("operator"):
        raise web.HTTPSeeOther("/staff/operator")
    chosen, inquiry_id = read_filter(request.query), request.match_info.get("id")
    part = request.headers.get("HX-Target") if "HX-Request" in request.headers else None
    context: dict[str, Any] = {
        "session": session,
        "chosen": chosen,
        "query": _query(chosen),
        "path": f"{request.path}?{_query(chosen)}",
        "selected": inquiry_id,
        "lists": LISTS,
        "statuses": STATUSES,
        "areas": request.app[SERVICES].knowledge.common.areas,
        "done": request.query.get("done"),
    }
    if part != "inquiries":
        context |= await _thread(request, session, inquiry_id, before=_number(request, "before"))
        context["is_earlier"] = "before" in request.query
    if part == "earlier":
        return render_page(request, "staff/_messages.html", context)
    if part == "thread":
        return render_page(request, "staff/_thread.html", context)
    services, now = request.app[SERVICES], request.app[SERVICES].now()
    await note_list(services, session.staff, chosen)
    async with services.database.read() as connection:
        context["inquiries"], context["after"] = await read_list(connection, session.staff, chosen, now)
        context["counts"] = await count_lists(connection, session.staff, now)
    if part == "inquiries":
        return render_page(request, "staff/_inquiries.html", context)
    context["me"] = await staff_json(services, session.staff, console_language(request))
    return render_page(request, "staff/console.html", context)


async def get_news(request: web.Request) -> web.Response:
    """What changed in an inquiry since ``rev``, as fragments that the page's script puts in their places."""
    session = await session_of(request, counts_as_use=False)
    context = await _thread(request, session, request.match_info["id"], rev=_number(request, "rev") or 0)
    return render_page(request, "staff/_news.html", context | {"session": session, "query": "", "selected": None})


async def get_hand_on(request: web.Request) -> web.Response:
    session = await session_of(request)
    services = request.app[SERVICES]
    inquiry = await open_inquiry(services, session.staff, request.match_info["id"])
    async with services.database.read() as connection:
        people = await read_colleagues(connection, session.staff, services.now(), console_language(request))
    colleagues = [person for person in people if person["id"] != inquiry["acting_id"]]
    seen = _number(request, "rev")
    context = {"session": session, "inquiry": inquiry, "colleagues": colleagues}
    context["rev"] = inquiry["rev"] if seen is None else seen
    partial = "HX-Request" in request.headers
    return render_page(request, "staff/_hand_on.html" if partial else "staff/hand_on.html", context)


async def post_action(request: web.Request) -> web.Response:
    """Do it; then say so, and how to undo it."""
    session, form = await checked_form(request)
    action, inquiry_id = request.match_info["action"], request.match_info["id"]
    people, staff = request.app[PEOPLE], session.staff
    field = lambda name: str(form.get(name, ""))  # noqa: E731
    undo: dict[str, str] | None = None
    if action == "take":
        before = await open_inquiry(request.app[SERVICES], staff, inquiry_id)
        await people.take(staff, inquiry_id, from_id=field("from") or None)
        undo = _undo_take(staff.id, before)
    elif action == "reply":
        text, article = field("text") or None, field("article") or None
        await people.reply(
            staff,
            inquiry_id,
            text,
            article=article,
            client_id=client_id_field({"client_id": field("client_id") or None}),
        )
    elif action == "note":
        await people.note(staff, inquiry_id, field("text"))
    elif action == "give_back":
        await people.give_back(staff, inquiry_id, rev=number_in(form, "rev"))
        undo = {"action": "take"}
    elif action == "hand_on":
        await people.hand_on(staff, inquiry_id, field("to"), field("note"), rev=number_in(form, "rev"))
    elif action == "revoke_link":
        await people.revoke_link(staff, inquiry_id)
    elif action == "wrong":
        message = field("message")
        await report_wrong(request.app[SERVICES], staff, inquiry_id, number_of(message))
    elif action == "mark":
        message, label = field("message"), (field("label") or field("other"))[:80]
        await mark(request.app[SERVICES], staff, inquiry_id, number_of(message), label)
    elif action == "draft":
        message = field("message")
        await propose_draft(request.app[SERVICES], staff, inquiry_id, number_of(message))
        if staff.has("editor", "administrator"):
            return _go_to(request, f"/staff/knowledge/new?draft={inquiry_id}.{message}")
    elif action == "resolve":
        await people.resolve(staff, inquiry_id, field("outcome"), rev=number_in(form, "rev"))
        undo = {"action": "take"}
    else:
        raise web.HTTPNotFound
    return await _done(request, session, inquiry_id, action, undo)


def _go_to(request: web.Request, place: str) -> web.Response:
    if "HX-Request" in request.headers:
        return web.Response(status=204, headers={"HX-Redirect": place})
    return web.Response(status=303, headers={"Location": place})


def _undo_take(staff_id: str, before: dict[str, Any]) -> dict[str, str]:
    """A take from a colleague is undone by handing it back, any other by giving it to the bot, which keeps its owner."""
    previous = before["acting_id"]
    if previous and previous != staff_id and before["status"] != "resolved":
        return {"action": "hand_on", "to": previous}
    return {"action": "give_back"}


async def _done(
    request: web.Request, session: Session, inquiry_id: str, action: str, undo: dict[str, str] | None
) -> web.Response:
    place = f"/staff/inquiries/{inquiry_id}?list=mine"
    try:
        now = await open_inquiry(request.app[SERVICES], session.staff, inquiry_id)
    except HotlineError:  # handed on to another department
        return _go_to(request, f"/staff?list=mine&done={action}")
    if undo:
        undo["rev"] = str(now["rev"])
    if "HX-Request" not in request.headers:
        return web.Response(status=303, headers={"Location": place})
    told = {"hotline:done": {"text": gettext(words.DONE[action]), "undo": undo, "action": action, "id": inquiry_id}}
    return web.Response(status=204, headers={"HX-Trigger": json.dumps(told)})


async def _thread(
    request: web.Request,
    session: Session,
    inquiry_id: str | None,
    *,
    rev: int | None = None,
    before: int | None = None,
) -> dict[str, Any]:
    if inquiry_id is None:
        return {"detail": None}
    services, language = request.app[SERVICES], console_language(request)
    await open_inquiry(services, session.staff, inquiry_id, request.query.get("reason"))
    detail = await read_detail(services, session.staff, inquiry_id, language, rev=rev, before=before)
    shown = {"detail": detail, "inquiry": detail["inquiry"], "may": detail["may"], "outcomes": STAFF_OUTCOMES}
    return shown | {"marks": {mark["message"]: mark for mark in detail["marks"]}, "taught": taught}


def _number(request: web.Request, name: str) -> int | None:
    given = number_query(request, name)
    return None if given is None else int(given)


def _query(chosen: Filter) -> str:
    """The filter as a query string, for links that keep it."""
    kept = {"list": chosen.list, "area": chosen.area, "q": chosen.q, "status": chosen.status}
    return urlencode({name: value for name, value in kept.items() if value})


def _own_path(path: str | None) -> str:
    """``path`` when it is one of the console, else the console: nobody is sent to another website."""
    safe = path and path.startswith("/staff") and "\\" not in path and "\n" not in path and "\r" not in path
    return path if safe and path else "/staff"
