"""What a command needs before it can work: the database, the demonstration, the model. Each is made where it is missing."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.errors import ModelUnavailable, SettingsError
from bot.settings import PROJECT_DIR, Settings

if TYPE_CHECKING:
    from bot.editing.corpus import Corpus
    from bot.knowledge.content import Knowledge
    from bot.store.database import Database


async def prepare_database(settings: Settings, database: Database) -> None:
    from bot.store.migrate import current_revision, migrate, newest_revision

    if settings.is_default_sqlite:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        await migrate(database)
    elif await current_revision(database) != newest_revision():
        raise SettingsError("the database is not up to date: run `hotline migrate` first")


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
    """The live model as a file; trained first when there is none, or when the knowledge base is another than it learnt."""
    from bot.editing.corpus import write_corpus
    from bot.models import kept_models, live_model

    with tempfile.TemporaryDirectory(prefix="hotline-training-") as room:
        corpus = await write_corpus(database, common, settings.nlu_data_dir, Path(room) / "nlu_data")
        try:
            found = await live_model(database, settings.data_dir / "models")
            why = "the knowledge base has changed" if found else "there is none yet"
        except ModelUnavailable as error:
            found, why = None, str(error)
        # Another model than the newest may be live because somebody went back to it, or the gate kept the newest aside.
        if found and corpus.fingerprint in {model["fingerprint"] for model in await kept_models(database)}:
            return found[0]
        click.echo(f"Training the language model: {why}.", err=True)
        await train_and_store(database, corpus)
    stored = await live_model(database, settings.data_dir / "models")
    assert stored is not None
    return stored[0]


async def train_and_store(database: Database, corpus: Corpus) -> tuple[str, Path]:
    """The model of ``corpus`` is the live one; returns its id and its file."""
    from bot.cli.progress import tell_progress
    from bot.conversation.service import utc_now
    from bot.models import store_model
    from bot.understanding.training import train_in_subprocess

    path = await train_in_subprocess(corpus.folder, PROJECT_DIR / "models", tell_progress())
    return await store_model(database, path, corpus.fingerprint, utc_now()), path
