"""What ``hotline train``, ``hotline models list`` and ``use`` do."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bot.cli.prepare import prepare_database, train
from bot.conversation.service import utc_now
from bot.editing.operating import LONGEST_REASON, audit_entry, use_as_operator
from bot.knowledge.files import load_knowledge
from bot.models import is_refused, kept_models
from bot.settings import Settings
from bot.staff.knowledge.gate_words import say_reasons
from bot.store import tables as t
from bot.store.database import Database
from bot.text_input import short

COMMAND_LINE = "command line"  # as who acted, in the audit log


async def train_and_tell(settings: Settings, reason: str) -> tuple[list[str], bool]:
    """What came of a training, and whether what there is to learn is live. With ``reason`` the gate is overruled, which is logged."""
    common = load_knowledge(settings.nlu_data_dir)
    database = Database(settings.resolved_database_url)
    try:
        await prepare_database(settings, database)
        outcome = await train(settings, database, common, overrule=bool(reason.strip()))
        if outcome is None:
            return ["The live model has learnt all there is; nothing was trained."], True
        report = outcome.report or {}
        if report.get("overruled"):
            entry = audit_entry(
                COMMAND_LINE,
                "model_used",
                utc_now(),
                model=outcome.model,
                reason=short(reason, LONGEST_REASON),
                overruled=True,
            )
            async with database.write() as connection:
                await connection.execute(sa.insert(t.audit), entry)
    finally:
        await database.close()
    lines = [f"The gate: {sentence}." for sentence in say_reasons(report, "en")]
    lines += [f"Left out: {one['label']} of {one['municipality']}." for one in report.get("left_out", ())]
    if outcome.live:
        return [*lines, f"Model {outcome.model} is live; a running server takes it within seconds."], True
    return [
        *lines,
        f"Model {outcome.model} is kept aside; `hotline models use {outcome.model} --reason …` overrules.",
    ], False


async def list_models(settings: Settings) -> list[str]:
    """A line per model that is kept, newest first."""
    database = Database(settings.resolved_database_url)
    try:
        kept = await kept_models(database)
    finally:
        await database.close()
    return [_line(model) for model in kept]


def _line(model: dict[str, Any]) -> str:
    report = model["report"]
    found = "; ".join(say_reasons(report, "en")) if report else "not compared"
    mark = "live " if model["live"] else "aside" if is_refused(report) else "     "
    return f"{mark}  {model['id']}  {model['size_bytes'] / 1e6:.1f} MB  {found or 'passed'}"


async def use_model_with_reason(settings: Settings, model: str, reason: str) -> None:
    """The model is live, whatever the gate said, and the reason is in the audit log. Raises NotFound."""
    database = Database(settings.resolved_database_url)
    try:
        common = load_knowledge(settings.nlu_data_dir)
        await use_as_operator(database, common, utc_now(), COMMAND_LINE, model, reason)
    finally:
        await database.close()
