"""What a command needs before it can work: the database, the demonstration, the model. Each is made where it is missing."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.errors import ModelUnavailable, SettingsError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.editing.rounds import Outcome
    from bot.knowledge.content import Knowledge
    from bot.store.database import Database


async def prepare_database(settings: Settings, database: Database) -> None:
    """The database is up to date, and its file is held. Raises SettingsError where it would be a new one beside the key of another."""
    from bot.conversation.service import check_opening_hours
    from bot.store.migrate import current_revision, migrate, newest_revision

    settings.make_data_dir()
    if settings.is_default_sqlite:
        if settings.has_key_file and await current_revision(database) is None:
            raise SettingsError(
                f"{settings.data_dir} holds a secret key but no database: it was moved or lost. Put it back, bring a backup back "
                "(`hotline restore FILE`), or begin anew (`hotline migrate`)"
            )
        await migrate(database)
    elif await current_revision(database) != newest_revision():
        raise SettingsError("the database is not up to date: run `hotline migrate` first")
    database.hold_file()
    await check_opening_hours(database)


async def prepare_demo(settings: Settings, database: Database, common: Knowledge, demo: bool) -> str | None:
    """Load the demonstration where it belongs; returns the password when it is new or given, else None."""
    from bot import demo as demonstration
    from bot.conversation.service import utc_now

    given = settings.demo_password.get_secret_value()
    if (settings.is_default_sqlite or demo) and await demonstration.is_empty(database):
        password = given or demonstration.new_password()
        await demonstration.load_demo(database, common, password, utc_now())
        return password
    if given:
        await demonstration.set_demo_password(database, given)
    return given or None


async def prepare_model(settings: Settings, database: Database, common: Knowledge) -> Path:
    """The live model as a file; trained first when there is none, or when the knowledge base is another than any kept one learnt.

    What is trained must pass the gate where there is a running model; otherwise that one goes on answering."""
    from bot.models import live_model

    found, why = await find_model(settings, database)
    if found and await has_learnt_all(settings, database, common):
        return found
    click.echo(f"Training the language model: {why}.", err=True)
    outcome = await train(settings, database, common)
    if outcome and not outcome.live:
        click.secho(f"The new model {outcome.model} is kept aside; the running one answers on.", fg="yellow", err=True)
    stored = await live_model(database, settings.data_dir / "models")
    assert stored is not None
    return stored[0]


async def find_model(settings: Settings, database: Database) -> tuple[Path | None, str]:
    """The live model as a file, or None; and why one has to be trained, if one has to."""
    from bot.models import live_model

    try:
        found = await live_model(database, settings.data_dir / "models")
    except ModelUnavailable as error:
        return None, str(error)
    return (found[0], "the knowledge base has changed") if found else (None, "there is none yet")


async def has_learnt_all(settings: Settings, database: Database, common: Knowledge) -> bool:
    """Whether a kept model is of the knowledge base as it is now. Another than the newest may be live because somebody went back
    to it, or because the gate kept the newest aside."""
    from bot.editing.corpus import write_corpus
    from bot.models import kept_models

    with tempfile.TemporaryDirectory(prefix="hotline-training-") as room:
        corpus = await write_corpus(database, common, settings.nlu_data_dir, Path(room) / "nlu_data")
    return corpus.fingerprint in {model["fingerprint"] for model in await kept_models(database)}


async def train(settings: Settings, database: Database, common: Knowledge, *, overrule: bool = False) -> Outcome | None:
    """Train and compare, once no other process does; None when the live model has learnt everything already."""
    from bot.cli.progress import tell_progress
    from bot.conversation.service import utc_now
    from bot.conversation.tokens import new_id
    from bot.editing.lease import Lease
    from bot.editing.rounds import Rounds

    lease = Lease(database, new_id(), utc_now)
    busy = False
    while not await lease.take():
        if not busy:
            click.echo("Another process is training; waiting for it.", err=True)
        busy = True
        await asyncio.sleep(1.0)
    cache = settings.data_dir / "models"
    async with lease.held():
        return await Rounds(
            database, common, settings.nlu_data_dir, cache, utc_now, lease.progress, lease.renew, tell=tell_progress()
        ).run(overrule=overrule)
