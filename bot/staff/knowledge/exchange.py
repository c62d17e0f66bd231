"""Exchange in the console and its API: take the package away, show what another would change, take it in."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.editing.articles import check_editor
from bot.editing.exchange import Difference, import_package, preview_package, take_package
from bot.errors import BadInput
from bot.knowledge.bounded import MAX_BYTES
from bot.knowledge.files import ArticleFileErrors
from bot.masking import mask
from bot.staff.frame import checked_form, page, session_of
from bot.staff.knowledge.pages import HOME, show
from bot.staff.sessions import access_session
from bot.web.bodies import read_json
from bot.web.fields import text_field
from bot.web.keys import SERVICES

API = "/api/v1/staff/package"


def add_to(app: web.Application) -> None:
    app.router.add_get(API, get_package)
    app.router.add_post(API, post_package)
    app.router.add_get(HOME + "/exchange", page(get_exchange))
    app.router.add_post(HOME + "/exchange", page(post_exchange))
    app.router.add_get(HOME + "/package.yml", page(get_file))


async def get_package(request: web.Request) -> web.Response:
    session = await access_session(request)
    package, _ = await take_package(request.app[SERVICES], session.staff)
    return web.json_response({"package": package})


async def post_package(request: web.Request) -> web.Response:
    """Without ``apply`` only the difference; with it what was new or changed is taken in."""
    request = request.clone(client_max_size=MAX_BYTES)
    session, body = await access_session(request), await read_json(request)
    source, overwrite = text_field(body, "package", MAX_BYTES) or "", body.get("overwrite") or []
    if not isinstance(overwrite, list) or not all(isinstance(item, str) for item in overwrite):
        raise BadInput("overwrite is a list of article ids")
    services, name = request.app[SERVICES], text_field(body, "name", 100) or "package.yml"
    try:
        differences = await preview_package(services, session.staff, source, name)
        taken: list[Difference] = []
        if body.get("apply") is True:
            taken = await import_package(services, session.staff, source, name, overwrite=overwrite)
    except ArticleFileErrors as error:
        raise BadInput(str(error)) from error
    return web.json_response(
        {"differences": [_shown(difference) for difference in differences], "taken": [d.id for d in taken]}
    )


async def get_file(request: web.Request) -> web.Response:
    session = await session_of(request)
    headers = {"Content-Disposition": f'attachment; filename="hotline-articles-{session.staff.municipality}.yml"'}
    package, _ = await take_package(request.app[SERVICES], session.staff)
    return web.Response(text=package, content_type="application/yaml", headers=headers | {"Cache-Control": "no-store"})


async def get_exchange(request: web.Request) -> web.Response:
    session = await session_of(request)
    check_editor(session.staff)
    return await show(request, session, "exchange", _NOTHING)


async def post_exchange(request: web.Request) -> web.Response:
    request = request.clone(client_max_size=MAX_BYTES)
    session, form = await checked_form(request)
    source, name = _source(form)
    services, context = request.app[SERVICES], _NOTHING | {"source": source, "name": name}
    try:
        if "apply" in form:
            overwrite = [str(article_id) for article_id in form.getall("overwrite", [])]
            taken = await import_package(services, session.staff, source, name, overwrite=overwrite)
            return await show(request, session, "exchange", _NOTHING | {"taken": [d.id for d in taken]})
        context["differences"] = await preview_package(services, session.staff, source, name)
    except ArticleFileErrors as error:
        return await show(
            request,
            session,
            "exchange",
            _NOTHING | {"problems": [mask(str(problem)).text for problem in error.problems]},
            status=400,
        )
    return await show(request, session, "exchange", context)


_NOTHING: dict[str, Any] = {"source": "", "name": "", "differences": None, "problems": [], "taken": None}


def _source(form: Any) -> tuple[str, str]:
    """The package: an uploaded file, or the text that the page sent back after showing the difference."""
    given = form.get("file")
    if isinstance(given, web.FileField) and given.filename:
        source, name = given.file.read().decode("utf-8", "replace"), given.filename
    else:
        source, name = str(form.get("source", "")), str(form.get("name", "") or "package.yml")
    return mask(source).text, mask(name).text[:100]


def _shown(difference: Difference) -> dict[str, Any]:
    return {
        "id": difference.id,
        "kind": difference.kind,
        "own": difference.own,
        "overwrites": difference.overwrites,
        "before": difference.before,
        "after": difference.after,
    }
