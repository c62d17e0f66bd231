"""Around every request: errors become a stable code and a text for strangers, security headers are set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web

from bot.errors import HotlineError, NotFound, TextTooLong
from bot.web.bodies import read_address
from bot.web.keys import HEALTH, SERVICES

log = structlog.get_logger()
MAX_BODY_BYTES = 64 * 1024
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        read_address(request)
        return await handler(request)
    except HotlineError as error:
        if error.status == 503:
            request.app[HEALTH].refused += 1
        return error_response(error, language_of(request))
    except web.HTTPRequestEntityTooLarge:
        return error_response(TextTooLong(), language_of(request))
    except web.HTTPNotFound:
        if request.path.startswith("/api/"):
            return error_response(NotFound(), language_of(request))
        raise
    except web.HTTPException:
        raise
    except ConnectionResetError:
        raise
    except Exception:
        # The traceback tells where; exception texts could hold a message's words, so structlog is told not to show locals.
        log.exception(
            "request_failed", path=request.match_info.route.resource and request.match_info.route.resource.canonical
        )
        return error_response(HotlineError(), language_of(request))


def error_response(error: HotlineError, language: str) -> web.Response:
    body: dict[str, Any] = {"error": {"code": error.code, "message": error.public_text(language)}}
    if error.code == "taken_by_other":
        body["error"]["by"] = error.detail
    if error.code == "bad_input" and error.detail:
        body["error"]["detail"] = error.detail
    headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else {}
    return web.json_response(body, status=error.status, headers=headers)


def language_of(request: web.Request) -> str:
    """The reader's language: ``?lang=``, else the first of Danish and English that the browser names, else Danish."""
    asked = request.query.get("lang")
    if asked in ("da", "en"):
        return asked
    for part in request.headers.get("Accept-Language", "").split(","):
        tag = part.split(";")[0].strip().lower()[:2]
        if tag in ("da", "en"):
            return tag
    return "da"


async def set_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.pop("Server", None)  # which version runs here is nobody's business
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.app[SERVICES].settings.is_https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
