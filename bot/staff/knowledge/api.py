"""HTTP handlers of the editors' API under /api/v1/staff. Each is: who, what, the service, the answer."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.conversation.rights import StaffMember
from bot.editing.articles import check_editor, read_article, read_article_filter, read_articles, read_values
from bot.editing.correcting import correct, report_wrong
from bot.editing.drafts import create_from_questions, read_key, read_keys
from bot.editing.lease import read_progress
from bot.editing.left_out import read_left_out
from bot.editing.operating import LONGEST_REASON
from bot.editing.preview import preview
from bot.errors import BadInput, NotFound
from bot.models import is_refused, kept_models
from bot.staff.knowledge.gate_words import say_reasons
from bot.staff.sessions import access_session
from bot.web.bodies import read_json
from bot.web.fields import number_field, number_query, text_field
from bot.web.keys import EDITING, SERVICES, TRAINING
from bot.web.middleware import language_of


async def get_articles(request: web.Request) -> web.Response:
    session = await access_session(request)
    chosen = read_article_filter(request.query)
    articles, counts = await read_articles(request.app[SERVICES], session.staff, chosen, language_of(request))
    return web.json_response({"articles": articles, "counts": counts})


async def post_articles(request: web.Request) -> web.Response:
    """A new article of the municipality's own; ``id`` is area/name. ``questions`` of inquiries become examples, ``draft`` is done with."""
    session, body = await access_session(request), await read_json(request)
    fields = {name: value for name, value in body.items() if name not in ("id", "questions", "draft")}
    name, draft = text_field(body, "id", 80) or "", text_field(body, "draft", 40)
    article_id = await create_from_questions(
        request.app[EDITING],
        session.staff,
        name,
        fields,
        read_keys(body.get("questions")),
        read_key(draft) if draft else None,
    )
    article = await read_article(request.app[SERVICES], session.staff, article_id, language_of(request))
    return web.json_response(article, status=201)


async def get_training(request: web.Request) -> web.Response:
    session = await access_session(request, counts_as_use=False, operator=True)
    return web.json_response(await training_json(request, session.staff, language_of(request)))


async def post_use(request: web.Request) -> web.Response:
    """The operator lets a kept model answer; one that the gate kept aside only with a reason."""
    session, body = await access_session(request, operator=True), await read_json(request)
    model, reason = text_field(body, "model", 80) or "", text_field(body, "reason", LONGEST_REASON) or ""
    await request.app[TRAINING].use(session.staff, model, reason)
    return web.json_response(await training_json(request, session.staff, language_of(request)))


async def training_json(request: web.Request, staff: StaffMember, language: str) -> dict[str, Any]:
    """How far a training is, the models that are kept, newest first, and what of the municipality's own was left out of them.

    Raises Forbidden for who is neither operator nor editor."""
    if not staff.has("operator"):
        check_editor(staff)
    services = request.app[SERVICES]
    areas = {key: services.knowledge.area_name(key, language) for key in services.knowledge.common.areas}
    models = [
        {
            **model,
            "created_at": model["created_at"].isoformat(),
            "refused": is_refused(model["report"]),
            "told": say_reasons(model["report"], language, areas),
        }
        for model in await kept_models(services.database)
    ]
    return {
        "progress": await read_progress(services.database, services.now()),
        "models": models,
        "left_out": await read_left_out(services, staff.municipality),
    }


async def get_article(request: web.Request) -> web.Response:
    session = await access_session(request)
    return await _article(request, session.staff)


async def put_article(request: web.Request) -> web.Response:
    session, body = await access_session(request), await read_json(request)
    await request.app[EDITING].change_text(session.staff, article_id_of(request), body, number_field(body, "version"))
    return await _article(request, session.staff)


async def delete_article(request: web.Request) -> web.Response:
    """The municipality's own text goes and the common one stands again; an own article that nobody used yet is gone."""
    session, article_id, version = (
        await access_session(request),
        article_id_of(request),
        number_query(request, "version"),
    )
    if version is None:
        raise BadInput("version is the number that was read")
    if article_id in request.app[SERVICES].knowledge.common.articles:
        await request.app[EDITING].back_to_common(session.staff, article_id, int(version))
        return await _article(request, session.staff)
    await request.app[EDITING].remove(session.staff, article_id, int(version))
    return web.json_response({})


async def post_keep(request: web.Request) -> web.Response:
    session, body = await access_session(request), await read_json(request)
    await request.app[EDITING].keep_text(session.staff, article_id_of(request), number_field(body, "version"))
    return await _article(request, session.staff)


async def post_withdraw(request: web.Request) -> web.Response:
    return await _withdraw(request)


async def post_take_back(request: web.Request) -> web.Response:
    return await _withdraw(request, back=True)


async def _withdraw(request: web.Request, *, back: bool = False) -> web.Response:
    session, body = await access_session(request), await read_json(request)
    version = number_field(body, "version")
    await request.app[EDITING].withdraw(session.staff, article_id_of(request), version, back=back)
    return await _article(request, session.staff)


async def post_correct(request: web.Request) -> web.Response:
    session, body = await access_session(request), await read_json(request)
    version = text_field(body, "version", 16)
    if not version:
        raise BadInput("version is one of those that were given")
    told = await correct(request.app[SERVICES], session.staff, article_id_of(request), version)
    return web.json_response({"told": told})


async def get_values(request: web.Request) -> web.Response:
    session = await access_session(request)
    return web.json_response({"values": await read_values(request.app[SERVICES], session.staff)})


async def put_values(request: web.Request) -> web.Response:
    session, body = await access_session(request), await read_json(request)
    article, values = text_field(body, "article", 80), body.get("values")
    if not article or not isinstance(values, dict):
        raise BadInput("send article and values")
    await request.app[EDITING].set_values(session.staff, article, values, number_field(body, "version"))
    return web.json_response(await read_article(request.app[SERVICES], session.staff, article, language_of(request)))


async def post_preview(request: web.Request) -> web.Response:
    session, body = await access_session(request), await read_json(request)
    text, language = text_field(body, "text", 100_000) or "", text_field(body, "language", 2) or "da"
    return web.json_response(await preview(request.app[SERVICES], session.staff, text, language))


async def post_wrong(request: web.Request) -> web.Response:
    """A staff member says that the answer in a message of an inquiry is wrong."""
    session, body = await access_session(request), await read_json(request)
    message = number_field(body, "message")
    article = await report_wrong(request.app[SERVICES], session.staff, request.match_info["id"], message)
    return web.json_response({"article": article}, status=201)


def article_id_of(request: web.Request) -> str:
    article_id = f"{request.match_info['area']}/{request.match_info['name']}"
    if len(article_id) > 80:
        raise NotFound
    return article_id


async def _article(request: web.Request, staff: Any) -> web.Response:
    article = await read_article(request.app[SERVICES], staff, article_id_of(request), language_of(request))
    return web.json_response(article)
