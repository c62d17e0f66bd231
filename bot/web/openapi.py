"""The OpenAPI document of everything under /api/v1, served by the app itself. Each room describes its own routes.

Kept as Python values beside the routes rather than derived from handlers: what a client may rely on is decided here, not found out.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

PATH = "/api/v1/openapi.json"
DOCUMENT: web.AppKey[dict[str, Any]] = web.AppKey("openapi", dict)


def add_to(app: web.Application) -> None:
    app[DOCUMENT] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Hotline",
            "version": "1",
            "description": "One entrance for businesses to their municipality: answers at any hour, and a person who keeps the thread.",
            "license": {"name": "MPL-2.0", "identifier": "MPL-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": {},
        "components": {
            "schemas": {"Error": ERROR},
            "responses": {"Error": _ERROR_RESPONSE},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The inquiry's token, given when it was opened.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "hotline_session",
                    "description": "A staff member's session (behind https __Host-hotline_session); "
                    "every change also needs the header X-CSRF-Token.",
                },
            },
        },
    }
    app.router.add_get(PATH, get_document)
    describe(app, {PATH: {"get": operation("This document.", answer({"type": "object"}, "The document."))}})


def describe(app: web.Application, paths: dict[str, Any], schemas: dict[str, Any] | None = None) -> None:
    """``paths`` and ``schemas`` stand in the document."""
    app[DOCUMENT]["paths"].update(paths)
    app[DOCUMENT]["components"]["schemas"].update(schemas or {})


async def get_document(request: web.Request) -> web.Response:
    return web.json_response(request.app[DOCUMENT])


def operation(
    summary: str,
    *answers: dict[str, Any],
    body: dict[str, Any] | None = None,
    parameters: list[dict[str, Any]] | None = None,
    security: str | None = None,
    description: str = "",
) -> dict[str, Any]:
    """One method of a path. Anything else than ``answers`` is an error, which has the same shape everywhere."""
    described: dict[str, Any] = {"summary": summary, "responses": {"default": {"$ref": "#/components/responses/Error"}}}
    for given in answers:
        described["responses"] |= given
    if description:
        described["description"] = description
    if body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    if parameters:
        described["parameters"] = parameters
    if security:
        described["security"] = [{security: []}]
    return described


def answer(schema: dict[str, Any] | None, description: str, status: int = 200) -> dict[str, Any]:
    content = {} if schema is None else {"content": {"application/json": {"schema": schema}}}
    return {str(status): {"description": description, **content}}


def parameter(name: str, place: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema, "description": description}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def fields(*required: str, **properties: dict[str, Any]) -> dict[str, Any]:
    """An object with ``properties``, of which ``required`` are always there."""
    return {"type": "object", "properties": properties, "required": list(required)}


def nullable(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": [kind, "null"], **more}


TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "integer", "minimum": 0}
TRUTH: dict[str, Any] = {"type": "boolean"}
TIME: dict[str, Any] = {"type": "string", "format": "date-time"}
MAYBE_TIME = nullable("string", format="date-time")

ERROR = fields(
    "error",
    error=fields(
        "code",
        "message",
        code={**TEXT, "description": "Stable; every one is listed in docs/api.md."},
        message={**TEXT, "description": "A sentence for people, in Danish or English by Accept-Language or ?lang."},
        detail={**TEXT, "description": "What is wrong with the fields sent (bad_input)."},
        by={**TEXT, "description": "Who has it (taken_by_other)."},
    ),
)
_ERROR_RESPONSE = {
    "description": "An error with a stable code.",
    "headers": {"Retry-After": {"schema": NUMBER, "description": "Seconds to wait (429)."}},
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
