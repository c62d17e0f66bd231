"""The editors' part of the console: articles, local values, trying out, corrections."""

from __future__ import annotations

from aiohttp import web

from bot.staff.knowledge import api, exchange, openapi, operator, pages
from bot.web.openapi import describe

ARTICLE = "/api/v1/staff/articles/{area}/{name}"
ACTIONS = {
    "keep": api.post_keep,
    "withdraw": api.post_withdraw,
    "take_back": api.post_take_back,
    "correct": api.post_correct,
}


def add_to(app: web.Application) -> None:
    app.router.add_get("/api/v1/staff/articles", api.get_articles)
    app.router.add_post("/api/v1/staff/articles", api.post_articles)
    app.router.add_get("/api/v1/staff/training", api.get_training)
    app.router.add_post("/api/v1/staff/training/use", api.post_use)
    app.router.add_get(ARTICLE, api.get_article)
    app.router.add_put(ARTICLE, api.put_article)
    app.router.add_delete(ARTICLE, api.delete_article)
    for action, handler in ACTIONS.items():
        app.router.add_post(f"{ARTICLE}/{action}", handler)
    app.router.add_get("/api/v1/staff/values", api.get_values)
    app.router.add_put("/api/v1/staff/values", api.put_values)
    app.router.add_post("/api/v1/staff/preview", api.post_preview)
    app.router.add_post("/api/v1/staff/inquiries/{id}/wrong", api.post_wrong)
    describe(app, openapi.PATHS, openapi.SCHEMAS)
    pages.add_to(app)
    exchange.add_to(app)
    operator.add_to(app)
