"""What every page of the console has: its language, its errors as pages, a session, a CSRF token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote_plus, urlencode

from aiohttp import web

from bot.errors import HotlineError, SignedOut
from bot.masking import mask
from bot.staff import words
from bot.staff.refusals import note_refusal
from bot.staff.sessions import CSRF_FIELD, CSRF_HEADER, Session, check_csrf, check_operator_may, find_session
from bot.web.bodies import read_form
from bot.web.catalogues import LANGUAGE
from bot.web.keys import SERVICES
from bot.web.middleware import error_response
from bot.web.templating import render

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LANGUAGE_COOKIE = "hotline_language"
_NO_POLICY = ""  # htmx puts what the server sent into the page as HTML, which trusted types would refuse


def console_language(request: web.Request) -> str:
    """Danish unless the person has switched."""
    return "en" if request.cookies.get(LANGUAGE_COOKIE) == "en" else "da"


def page(handler: Handler) -> Handler:
    """Errors of ``handler`` as a page, or as JSON for the page's script; the signed out are sent to sign in."""

    async def answer(request: web.Request) -> web.StreamResponse:
        language = console_language(request)
        scripted = "HX-Request" in request.headers
        token = LANGUAGE.set(language)
        try:
            return await handler(request)
        except SignedOut:
            place = "/staff/sign-in?" + urlencode(
                {"next": place_of_page(request) if request.method == "GET" else "/staff"}
            )
            if scripted:
                return web.Response(status=204, headers={"HX-Redirect": "/staff/sign-in"})
            raise web.HTTPSeeOther(place) from None
        except HotlineError as error:
            await note_refusal(request, error)
            if scripted:
                return error_response(error, language)
            context = {"message": error.public_text(language), "detail": error.detail if error.status == 409 else None}
            return render_page(request, "staff/error.html", context, status=error.status)
        finally:
            LANGUAGE.reset(token)

    return answer


def render_page(request: web.Request, template: str, context: dict[str, Any], *, status: int = 200) -> web.Response:
    language = console_language(request)
    shown = {"now": request.app[SERVICES].now(), "path": request.path, "words": words}
    response = render(request, template, shown | context, status=status, policy=_NO_POLICY, language=language)
    response.headers["Cache-Control"] = "no-store"  # nothing of an inquiry stays in the browser after signing out
    response.headers["Referrer-Policy"] = "same-origin"  # without a referrer a form's origin is "null"
    return response


async def session_of(request: web.Request, *, counts_as_use: bool = True, operator: bool = False) -> Session:
    """The session of the cookie; raises SignedOut, and Forbidden for an operator unless ``operator``."""
    live = "X-Live" in request.headers  # the page asked by itself
    session = await find_session(request, counts_as_use=counts_as_use and not live)
    if session is None:
        raise SignedOut
    check_operator_may(session, operator)
    return session


async def checked_form(request: web.Request, *, operator: bool = False) -> tuple[Session, Any]:
    session, form = await session_of(request, operator=operator), await read_form(request)
    check_csrf(session, request.headers.get(CSRF_HEADER) or str(form.get(CSRF_FIELD, "")))
    return session, form


def place_of_page(request: web.Request) -> str:
    """Where the reader is, to come back to; without what was searched when that may hold a CPR number."""
    return request.path if mask(unquote_plus(request.path_qs)).count else request.path_qs
