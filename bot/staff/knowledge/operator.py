"""The page of the installation's operator: which model answers, what the gate found, one click back, or on against it with a reason."""

from __future__ import annotations

from aiohttp import web

from bot.editing.operating import LONGEST_REASON, check_operator
from bot.errors import HotlineError, ReasonNeeded
from bot.staff.api import staff_json
from bot.staff.frame import checked_form, console_language, page, render_page, session_of
from bot.staff.knowledge import gate_words
from bot.staff.knowledge import words as said
from bot.staff.knowledge.api import training_json
from bot.staff.sessions import Session
from bot.web.catalogues import gettext
from bot.web.keys import SERVICES, TRAINING

HOME = "/staff/operator"


def add_to(app: web.Application) -> None:
    app.router.add_get(HOME, page(get_operator))
    app.router.add_post(HOME, page(post_operator))


async def get_operator(request: web.Request) -> web.Response:
    session = await session_of(request, operator=True)
    check_operator(session.staff)
    return await _show(request, session)


async def post_operator(request: web.Request) -> web.Response:
    session, form = await checked_form(request, operator=True)
    model, reason = str(form.get("model", ""))[:80], str(form.get("reason", ""))[:LONGEST_REASON]
    try:
        await request.app[TRAINING].use(session.staff, model, reason)
    except ReasonNeeded as error:
        return await _show(request, session, error)
    return web.Response(status=303, headers={"Location": HOME + "?done=use"})


async def _show(request: web.Request, session: Session, error: HotlineError | None = None) -> web.Response:
    language = console_language(request)
    context = {
        **await training_json(request, session.staff, language),
        "session": session,
        "me": await staff_json(request.app[SERVICES], session.staff, language),
        "said": said,
        "gate": gate_words,
        "place": "operator",
        "error": error.public_text(language) if error else None,
        "done": gettext(said.OPERATOR_DONE) if request.query.get("done") == "use" else None,
    }
    return render_page(request, "staff/knowledge/operator.html", context, status=error.status if error else 200)
