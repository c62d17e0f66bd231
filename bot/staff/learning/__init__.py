"""The learning loop in the console: marks in the thread, and the editors' pages of what is to be learnt and what it gained."""

from __future__ import annotations

from aiohttp import web

from bot.staff.learning import api, openapi, pages
from bot.web.openapi import describe


def add_to(app: web.Application) -> None:
    app.router.add_get("/api/v1/staff/labels", api.get_labels)
    app.router.add_post("/api/v1/staff/inquiries/{id}/mark", api.post_mark)
    app.router.add_post("/api/v1/staff/inquiries/{id}/draft", api.post_draft)
    app.router.add_get("/api/v1/staff/candidates", api.get_candidates)
    app.router.add_put("/api/v1/staff/candidates/{inquiry}/{message}", api.put_candidate)
    app.router.add_get("/api/v1/staff/drafts", api.get_drafts)
    app.router.add_delete("/api/v1/staff/drafts/{inquiry}/{message}", api.delete_draft)
    app.router.add_get("/api/v1/staff/unanswered", api.get_unanswered)
    app.router.add_post("/api/v1/staff/unanswered/mark", api.post_unanswered)
    app.router.add_get("/api/v1/staff/gains", api.get_gains)
    describe(app, openapi.PATHS, openapi.SCHEMAS)
    pages.add_to(app)
