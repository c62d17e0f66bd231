"""What ``hotline models list`` and ``use`` do."""

from __future__ import annotations

import sqlalchemy as sa

from bot.conversation.service import utc_now
from bot.models import kept_models, use_model
from bot.settings import Settings
from bot.store import tables as t
from bot.store.database import Database


async def list_models(settings: Settings) -> list[str]:
    """A line per model that is kept, newest first."""
    database = Database(settings.resolved_database_url)
    try:
        kept = await kept_models(database)
    finally:
        await database.close()
    lines = []
    for model in kept:
        report = model["report"]
        found = "not compared" if report is None else "passed" if report["passed"] else "; ".join(report["reasons"])
        mark = "live" if model["live"] else "    "
        lines.append(f"{mark}  {model['id']}  {model['size_bytes'] / 1e6:.1f} MB  {found}")
    return lines


async def use_as_operator(settings: Settings, model: str, reason: str) -> None:
    """The model is live, whatever the gate said, and the reason is in the audit log. Raises NotFound."""
    database = Database(settings.resolved_database_url)
    entry = {
        "municipality": "",  # of the installation
        "staff_id": "operator",
        "action": "model_used",
        "detail": {"model": model, "reason": reason[:500]},
        "at": utc_now(),
    }
    try:
        await use_model(database, model)
        async with database.write() as connection:
            await connection.execute(sa.insert(t.audit), entry)
    finally:
        await database.close()
