"""The website's channel: HTTP and WebSocket under /api/v1, the same conversation over both (docs/api.md)."""

from __future__ import annotations

from aiohttp import web

from bot.channels.web import api, listening, openapi, sockets
from bot.web.openapi import describe


def add_to(app: web.Application) -> None:
    app.router.add_get("/api/v1/municipalities/{code}", api.get_municipality)
    app.router.add_post("/api/v1/municipalities/{code}/inquiries", api.post_inquiry)
    app.router.add_get("/api/v1/inquiries/{id}/messages", api.get_messages)
    app.router.add_post("/api/v1/inquiries/{id}/messages", api.post_message)
    app.router.add_post("/api/v1/inquiries/{id}/feedback", api.post_feedback)
    app.router.add_post("/api/v1/inquiries/{id}/read", api.post_read)
    app.router.add_route("OPTIONS", "/api/v1/{tail:(?:municipalities|inquiries)/.*}", api.preflight)
    app.router.add_get("/api/v1/ws", sockets.get_socket)
    app.on_response_prepare.append(api.allow_origin)
    app.on_shutdown.append(sockets.close_all)
    app[sockets.SOCKETS] = set()
    app[listening.SHARED_READS] = listening.SharedReads()
    describe(app, openapi.PATHS, openapi.SCHEMAS)
