"""What only the operator of the installation decides: which model answers, also against the gate. Each decision is in the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.conversation.rights import INSTALLATION, StaffMember
from bot.editing.additions import read_additions, take_in_again
from bot.errors import Forbidden, NotFound, ReasonNeeded
from bot.knowledge.content import Knowledge
from bot.models import is_refused, kept_models, use_model, what_it_learnt
from bot.store import tables as t
from bot.store.database import Database
from bot.text_input import short

LONGEST_REASON = 500


def check_operator(staff: StaffMember) -> None:
    """Raises Forbidden unless ``staff`` is the operator of the installation."""
    if staff.municipality != INSTALLATION or not staff.has("operator"):
        raise Forbidden


async def use_as_operator(
    database: Database, common: Knowledge, now: datetime, staff_id: str, model_id: str, reason: str
) -> None:
    """The model is live, and what it learnt is not left out any more. Raises NotFound, and ReasonNeeded for a model that the gate kept
    aside."""
    found = next((model for model in await kept_models(database) if model["id"] == model_id), None)
    if found is None:
        raise NotFound
    report, reason = found["report"], short(reason, LONGEST_REASON)
    overrules = is_refused(report)
    if overrules and not reason:
        raise ReasonNeeded
    learnt = await what_it_learnt(database, model_id)
    async with database.write() as connection:
        await use_model(connection, model_id, {**report, "overruled": True} if overrules else report)
        additions = await read_additions(connection, common)
        await take_in_again(connection, [one for one in additions if one.left_out and one.is_learnt(learnt)])
        await connection.execute(
            sa.insert(t.audit),
            audit_entry(staff_id, "model_used", now, model=model_id, reason=reason or None, overruled=overrules),
        )


def audit_entry(staff_id: str, action: str, now: datetime, **detail: Any) -> dict[str, Any]:
    return {"municipality": INSTALLATION, "staff_id": staff_id, "action": action, "detail": detail, "at": now}
