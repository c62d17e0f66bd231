"""``hotline rasa``, ``train``, ``evaluate`` and ``articles``: the language model and what it learns from."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.settings import Settings

if TYPE_CHECKING:
    from bot.knowledge.content import Knowledge
    from bot.understanding.evaluation import Outcome

EVERYTHING_FILLED = "0000"  # the demonstration municipality: every local value has its example


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}, add_help_option=False
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def rasa(arguments: tuple[str, ...]) -> None:
    """Rasa's own command line on this project: data validate, train, shell, test, run actions …"""
    from bot.understanding.rasa_cli import main

    main(arguments)


@click.command()
@click.option(
    "--reason", default="", help="Let the new model go live whatever the gate finds, with all additions; it is logged."
)
def train(reason: str) -> None:
    """Train the language model on the knowledge base and what the municipalities added; it goes live if the gate lets it through.

    Exit status 1 when it is kept aside."""
    from bot.cli.models import train_and_tell

    began = time.monotonic()
    told, live = asyncio.run(train_and_tell(Settings(), reason))
    for line in told:
        click.echo(line)
    click.echo(f"It took {time.monotonic() - began:.0f} s.")
    if not live:
        raise SystemExit(1)


@click.group()
def articles() -> None:
    """The files of the knowledge base."""


@articles.command()
@click.option(
    "--padding", "all_padding", is_flag=True, help="Name every pair of examples that differ in hardly a word."
)
def check(all_padding: bool) -> None:
    """Check every file; errors name file, line and field. Fails when a label's examples are padded."""
    from bot.knowledge.files import load_knowledge
    from bot.knowledge.padding import MOST_PADDED, padding

    knowledge = load_knowledge(Settings().nlu_data_dir, today=date.today())
    for warning in knowledge.warnings:
        click.secho(f"warning: {warning}", fg="yellow")
    found = padding(knowledge)
    for of_label in found:
        for pair in of_label.pairs if of_label.refused or all_padding else ():
            click.secho(
                f"padding: {pair.label} ({pair.language}, {pair.similarity:.2f}): {pair.first!r} / {pair.second!r}",
                fg="red" if of_label.refused else "yellow",
            )
    examples = sum(1 for _ in knowledge.examples())
    pairs = sum(len(of_label.pairs) for of_label in found)
    click.echo(
        f"{len(knowledge.articles)} articles, {len(knowledge.packages)} packages, {examples} examples; {pairs} pairs alike."
    )
    refused = [of_label for of_label in found if of_label.refused]
    for of_label in refused:
        click.echo(
            f"{of_label.label} ({of_label.language}): {of_label.share:.0%} of the examples differ from another one in hardly a word;"
            f" {MOST_PADDED:.0%} may. Write them anew, or leave them out.",
            err=True,
        )
    sys.exit(1 if refused else 0)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Write the figures as JSON and nothing else.")
@click.option(
    "--predictions", type=click.Path(dir_okay=False, path_type=Path), help="Write what was understood, line by line."
)
@click.option(
    "--municipality",
    default=EVERYTHING_FILLED,
    show_default=True,
    help="Ask with this one's own values and withdrawals.",
)
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), default=Path("evaluation.html"), show_default=True
)
def evaluate(file: Path, as_json: bool, predictions: Path | None, municipality: str, report: Path) -> None:
    """Ask the live model the questions in FILE (JSON lines) and measure how well it does."""
    from bot.understanding import evaluation, evaluation_report

    outcomes, model = asyncio.run(_evaluate(Settings(), file, municipality, quiet=as_json))
    figures = evaluation.measure(outcomes)
    if predictions is not None:
        lines = (json.dumps(evaluation.prediction(outcome), ensure_ascii=False) for outcome in outcomes)
        predictions.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(figures))
        return
    report.write_text(evaluation_report.report(figures, outcomes, model), encoding="utf-8")
    for key, value in figures.items():
        if not isinstance(value, dict):
            click.echo(f"{key:28} {'–' if value is None else value}")
    click.echo(f"Report: {report}")


async def _evaluate(settings: Settings, file: Path, municipality: str, *, quiet: bool) -> tuple[list[Outcome], str]:
    from bot.knowledge.files import load_knowledge
    from bot.understanding.evaluation import ask, read_lines
    from bot.understanding.worker.pool import WorkerPool

    knowledge = load_knowledge(settings.nlu_data_dir)
    lines = read_lines(file, list(knowledge.areas))
    model, unavailable, incomplete = await _model_and_availability(settings, knowledge, municipality)
    pool = WorkerPool(1, model)
    try:
        await pool.start()
        if quiet:
            return await ask(pool, lines, municipality, unavailable, incomplete), pool.model_id or ""
        with click.progressbar(length=len(lines), label="Asking") as bar:
            tell = lambda share: bar.update(int(share * len(lines)) - bar.pos)  # noqa: E731
            return await ask(pool, lines, municipality, unavailable, incomplete, tell), pool.model_id or ""
    finally:
        await pool.close()


async def _model_and_availability(
    settings: Settings, knowledge: Knowledge, municipality: str
) -> tuple[Path, list[str], list[str]]:
    """The live model's file (trained first where there is none), and which articles must not answer or lack a value in ``municipality``."""
    from bot.cli.prepare import prepare_database, prepare_model
    from bot.editing.corpus import own_articles
    from bot.knowledge.service import KnowledgeService
    from bot.store.database import Database

    database = Database(settings.resolved_database_url)
    try:
        await prepare_database(settings, database)
        model = await prepare_model(settings, database, knowledge)
        if municipality == EVERYTHING_FILLED:
            return model, await own_articles(database, knowledge), []
        async with database.read() as connection:
            here = await KnowledgeService(knowledge).of(connection, municipality)
        return model, here.unavailable, here.incomplete
    finally:
        await database.close()


@articles.command()
@click.argument("municipality")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(municipality: str, file: Path) -> None:
    """Write the own articles and texts of MUNICIPALITY to FILE, for another municipality."""
    from bot.cli.exchange import export_to

    click.echo(f"{file}: {asyncio.run(export_to(Settings(), municipality, file))} articles and texts.")


@articles.command("import")
@click.argument("municipality")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", "applies", is_flag=True, help="Take it in; without it only the difference is shown.")
@click.option(
    "--overwrite", multiple=True, metavar="ID", help="An own text that may be replaced; may be given several times."
)
def import_(municipality: str, file: Path, applies: bool, overwrite: tuple[str, ...]) -> None:
    """Show what FILE would change in MUNICIPALITY, and take it in with --apply."""
    from bot.cli.exchange import import_from

    asyncio.run(import_from(Settings(), municipality, file, applies, overwrite))


@click.group()
def models() -> None:
    """The trained models that are kept: the last three."""


@models.command("list")
def list_() -> None:
    """List them, with what the gate found."""
    from bot.cli.models import list_models

    for line in asyncio.run(list_models(Settings())):
        click.echo(line)


@models.command()
@click.argument("model")
@click.option("--reason", required=True, help="Why; it is logged.")
def use(model: str, reason: str) -> None:
    """Make MODEL the live one, also against the gate. A running server takes it within seconds."""
    from bot.cli.models import use_model_with_reason

    asyncio.run(use_model_with_reason(Settings(), model, reason))
    click.echo(f"Model {model} is live.")


COMMANDS = (rasa, train, evaluate, articles, models)
