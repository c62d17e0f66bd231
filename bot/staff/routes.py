"""The staff console and its API."""

from __future__ import annotations

from aiohttp import web

from bot.staff import api, events, knowledge, learning, openapi, pages
from bot.staff.passwords import PasswordChecks
from bot.staff.refusals import note_refusals
from bot.staff.signing_in import PASSWORDS
from bot.web.openapi import describe

ACTIONS = {
    "take": api.post_take,
    "reply": api.post_reply,
    "note": api.post_note,
    "give_back": api.post_give_back,
    "hand_on": api.post_hand_on,
    "resolve": api.post_resolve,
    "revoke_link": api.post_revoke_link,
}


def add_to(app: web.Application) -> None:
    app[PASSWORDS] = PasswordChecks()
    app.middlewares.append(note_refusals)
    app.router.add_post("/api/v1/staff/session", api.post_session)
    app.router.add_get("/api/v1/staff/session", api.get_session)
    app.router.add_delete("/api/v1/staff/session", api.delete_session)
    app.router.add_get("/api/v1/staff/inquiries", api.get_inquiries)
    app.router.add_get("/api/v1/staff/inquiries/{id}", api.get_inquiry)
    for action, handler in ACTIONS.items():
        app.router.add_post(f"/api/v1/staff/inquiries/{{id}}/{action}", handler)
    app.router.add_get("/api/v1/staff/colleagues", api.get_colleagues)
    app.router.add_get("/api/v1/staff/events", events.get_events)
    describe(app, openapi.PATHS, openapi.SCHEMAS)
    knowledge.add_to(app)
    learning.add_to(app)
    events.add_to(app)
    pages.add_to(app)
