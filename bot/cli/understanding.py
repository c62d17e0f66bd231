"""``hotline rasa``, ``train`` and ``articles``: the language model and what it learns from."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import date
from pathlib import Path

import click

from bot.settings import PROJECT_DIR, Settings


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}, add_help_option=False
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def rasa(arguments: tuple[str, ...]) -> None:
    """Rasa's own command line on this project: data validate, train, shell, test, run actions …"""
    from bot.understanding.rasa_cli import main

    main(arguments)


@click.command()
def train() -> None:
    """Train the language model on the knowledge base and make it the live one."""
    began = time.monotonic()
    model_id, path = asyncio.run(_train(Settings()))
    click.echo(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB in {time.monotonic() - began:.0f} s.")
    click.echo(f"Model {model_id} is live; a running server takes it at its next start.")


async def _train(settings: Settings) -> tuple[str, Path]:
    from bot.cli.progress import tell_progress
    from bot.conversation.service import utc_now
    from bot.models import store_model, training_fingerprint
    from bot.store.database import Database
    from bot.understanding.training import train_in_subprocess

    path = await train_in_subprocess(settings.nlu_data_dir, PROJECT_DIR / "models", tell_progress())
    database = Database(settings.resolved_database_url)
    try:
        fingerprint = training_fingerprint(settings.nlu_data_dir, PROJECT_DIR)
        return await store_model(database, path, fingerprint, utc_now()), path
    finally:
        await database.close()


@click.group()
def articles() -> None:
    """The files of the knowledge base."""


@articles.command()
@click.option("--padding", is_flag=True, help="Also name pairs of examples that differ in hardly a word.")
def check(padding: bool) -> None:
    """Check every file; errors name file, line and field."""
    from bot.knowledge.files import load_knowledge
    from bot.knowledge.padding import near_identical

    knowledge = load_knowledge(Settings().nlu_data_dir, today=date.today())
    for warning in knowledge.warnings:
        click.secho(f"warning: {warning}", fg="yellow")
    if padding:
        for pair in near_identical(knowledge):
            click.secho(f"padding: {pair.label} ({pair.language}, {pair.similarity:.2f}): {pair.first!r} / {pair.second!r}", fg="yellow")
    examples = sum(1 for _ in knowledge.examples())
    click.echo(f"{len(knowledge.articles)} articles, {len(knowledge.packages)} packages, {examples} examples: no errors.")
    sys.exit(0)


COMMANDS = (rasa, train, articles)
