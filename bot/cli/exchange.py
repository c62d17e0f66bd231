"""What ``hotline articles export`` and ``import`` do."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click

from bot.conversation.rights import StaffMember
from bot.conversation.service import NoWorkers, Services, find_municipality
from bot.editing.exchange import Difference, import_package, preview_package, take_package
from bot.hub import Hub
from bot.knowledge.files import load_knowledge
from bot.knowledge.own import dump
from bot.knowledge.service import KnowledgeService
from bot.settings import Settings
from bot.store.database import Database

SAID = {"new": "new", "changed": "changed", "same": "the same"}


async def export_to(settings: Settings, municipality: str, file: Path) -> int:
    """The package of ``municipality`` is in ``file``; returns how many articles and texts it holds."""
    async with _services(settings, municipality) as services:
        package, number = await take_package(services, _operator(municipality))
        await asyncio.to_thread(file.write_text, package, encoding="utf-8")
        return number


async def import_from(
    settings: Settings, municipality: str, file: Path, applies: bool, overwrite: tuple[str, ...]
) -> None:
    """The difference is shown, and with ``applies`` taken in."""
    source = await asyncio.to_thread(file.read_text, encoding="utf-8", errors="replace")
    async with _services(settings, municipality) as services:
        operator = _operator(municipality)
        differences = await preview_package(services, operator, source, file.name)
        for difference in differences:
            _show(difference, overwrite)
        if not applies:
            click.echo("Nothing is changed. Take it in with --apply.")
            return
        taken = await import_package(services, operator, source, file.name, overwrite=overwrite)
        click.echo(
            f"{len(taken)} of {len(differences)} taken in; texts hold at the next turn, new articles after training."
        )


def _show(difference: Difference, overwrite: tuple[str, ...]) -> None:
    kept = difference.overwrites and difference.id not in overwrite
    note = f"; an own text, kept unless --overwrite {difference.id}" if kept else ""
    click.secho(f"{difference.id}: {SAID[difference.kind]}{note}", bold=True)
    if difference.kind == "changed":
        before = {key: (difference.before or {}).get(key) for key in difference.after}
        lines = difflib.unified_diff(
            dump(before).splitlines(), dump(difference.after).splitlines(), "here", "package", lineterm="", n=1
        )
        click.echo("\n".join(lines))


@asynccontextmanager
async def _services(settings: Settings, municipality: str) -> AsyncIterator[Services]:
    database = Database(settings.resolved_database_url)
    try:
        knowledge = KnowledgeService(load_knowledge(settings.nlu_data_dir))
        services = Services(settings, database, knowledge, Hub(), NoWorkers(), settings.key())
        async with database.read() as connection:
            await find_municipality(connection, municipality)
        yield services
    finally:
        await database.close()


def _operator(municipality: str) -> StaffMember:
    """Who acts when a command does."""
    return StaffMember(municipality, "operator", "", "operator", {}, "", (), frozenset({"administrator"}))
