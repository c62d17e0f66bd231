"""Rows of the audit log that need no change to go with: who signed in, read, took away or was refused. ``detail`` holds ids and
words of ours, never a text that somebody typed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bot.conversation.service import Services
from bot.store import tables as t

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
a = t.audit.c


async def note(
    services: Services,
    municipality: str,
    staff_id: str | None,
    action: str,
    *,
    once_in: timedelta | None = None,
    most: int | None = None,
    inquiry_id: str | None = None,
    **detail: Any,
) -> None:
    """The audit log holds this; with ``once_in`` no second time so soon, and with ``most`` not more of this action and person in
    that time: who tries everything does not fill the log."""
    now, told = services.now(), detail or None
    if once_in is not None:
        recent = sa.select(a.inquiry_id, a.detail).where(
            a.municipality == municipality, a.at > now - once_in, a.action == action, a.staff_id == staff_id
        )
        recent = recent.limit(most) if most else recent.where(a.inquiry_id == inquiry_id)
        async with services.database.read() as connection:
            found = (await connection.execute(recent)).all()
        if len(found) == most or any((row.inquiry_id, row.detail) == (inquiry_id, told) for row in found):
            return
    entry = {"municipality": municipality, "staff_id": staff_id, "inquiry_id": inquiry_id}
    async with services.database.write() as connection:
        await connection.execute(sa.insert(t.audit), entry | {"action": action, "detail": told, "at": now})
