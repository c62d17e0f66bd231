"""What staff were refused stands in the audit log, once a day each, and in the process log."""

from __future__ import annotations

import structlog
from aiohttp import web

from bot.conversation.noting import DAY, note
from bot.errors import Forbidden, HotlineError, StoreUnavailable
from bot.staff.sessions import WHO
from bot.web.keys import SERVICES
from bot.web.middleware import Handler

MOST = 100  # rows a day of one person
log = structlog.get_logger()


@web.middleware
async def note_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Forbidden as error:
        await note_refusal(request, error)
        raise


async def note_refusal(request: web.Request, error: HotlineError) -> None:
    """Nothing for other errors than a refusal, and where nobody is signed in."""
    staff = request.get(WHO)
    if staff is None or not isinstance(error, Forbidden):
        return
    resource = request.match_info.route.resource
    told = {"code": error.code, "method": request.method, "route": resource.canonical if resource else ""}
    log.info("refused", municipality=staff.municipality, staff=staff.id, **told)
    inquiry_id = request.match_info.get("id", "")
    inquiry = inquiry_id if 0 < len(inquiry_id) <= 16 and "/inquiries/" in told["route"] else None
    try:
        await note(
            request.app[SERVICES],
            staff.municipality,
            staff.id,
            "refused",
            once_in=DAY,
            most=MOST,
            inquiry_id=inquiry,
            **told,
        )
    except StoreUnavailable:  # the line above says it; the refusal itself is what must be told
        log.warning("refusal_not_stored")
