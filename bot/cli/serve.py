"""``hotline serve``: everything from nothing to a hotline that answers."""

from __future__ import annotations

import asyncio
import gc
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from aiohttp import web

from bot.errors import SettingsError
from bot.settings import PROJECT_DIR, Settings

if TYPE_CHECKING:
    from bot.knowledge.content import Knowledge
    from bot.store.database import Database


@click.command()
@click.option(
    "--demo",
    is_flag=True,
    help="Load the demonstration municipality also where the database is not the default SQLite.",
)
def serve(demo: bool) -> None:
    """Serve the hotline: make what is missing (database, model, demonstration), then answer."""
    import uvloop

    from bot.logging import configure_logging

    settings = Settings()
    configure_logging(settings.log_level)
    uvloop.run(_serve(settings, demo))


async def _serve(settings: Settings, demo: bool) -> None:
    from bot.app import create_app
    from bot.conversation.service import Services
    from bot.hub import Hub
    from bot.knowledge.files import load_knowledge
    from bot.knowledge.service import KnowledgeService
    from bot.store.database import Database
    from bot.understanding.worker.pool import WorkerPool

    began = time.monotonic()
    key = settings.key()
    common = load_knowledge(settings.nlu_data_dir)
    database = Database(settings.resolved_database_url)
    pool = None
    try:
        await _prepare_database(settings, database)
        password = await _prepare_demo(settings, database, common, demo)
        model = await _prepare_model(settings, database)
        pool = WorkerPool(size=settings.workers, model_path=model)
        services = Services(
            settings=settings, database=database, knowledge=KnowledgeService(common), hub=Hub(), workers=pool, key=key
        )
        runner = web.AppRunner(create_app(services), access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, settings.host, settings.port)
        await site.start()
        # The knowledge base lives as long as the process: keep the collector from walking it again and again.
        gc.collect()
        gc.freeze()
        if not settings.public_url:
            settings.public_url = _address(settings, runner)  # secret links name the port that was chosen
        _tell(settings.base_url, password)
        starting = asyncio.create_task(pool.start())
        starting.add_done_callback(lambda task: _tell_ready(task, began))
        try:
            await _until_stopped()
        finally:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            await runner.cleanup()
    finally:
        if pool is not None:
            await pool.close()
        await database.close()


async def _prepare_database(settings: Settings, database: Database) -> None:
    from bot.store.migrate import current_revision, migrate, newest_revision

    if settings.is_default_sqlite:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        await migrate(database)
    elif await current_revision(database) != newest_revision():
        raise SettingsError("the database is not up to date: run `hotline migrate` first")


async def _prepare_demo(settings: Settings, database: Database, common: Knowledge, demo: bool) -> str | None:
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


async def _prepare_model(settings: Settings, database: Database) -> Path:
    """The live model as a file; trained first when there is none, or when the knowledge base is another than it learnt."""
    from bot.cli.progress import tell_progress
    from bot.conversation.service import utc_now
    from bot.models import live_model, store_model, training_fingerprint
    from bot.understanding.training import train_in_subprocess

    fingerprint = training_fingerprint(settings.nlu_data_dir, PROJECT_DIR)
    found = await live_model(database, settings.data_dir / "models")
    if found and found[1] == fingerprint:
        return found[0]
    click.echo("Training the language model: " + ("the knowledge base has changed." if found else "there is none yet."))
    path = await train_in_subprocess(settings.nlu_data_dir, PROJECT_DIR / "models", tell_progress())
    await store_model(database, path, fingerprint, utc_now())
    stored = await live_model(database, settings.data_dir / "models")
    assert stored is not None
    return stored[0]


def _address(settings: Settings, runner: web.AppRunner) -> str:
    port = runner.addresses[0][1]
    return f"http://{'127.0.0.1' if settings.host in ('0.0.0.0', '::') else settings.host}:{port}"


def _tell(address: str, password: str | None) -> None:
    click.echo(f"\nChat page      {address}/chat/0000")
    click.echo(f"Embed example  {address}/embed/0000")
    click.echo(f"Staff console  {address}/staff")
    if password:
        click.echo(f"Sign in as     byg@demo.example, koordinator@demo.example …  password: {password}")
    click.echo("Stop with Ctrl+C.\n")


def _tell_ready(task: asyncio.Task[None], began: float) -> None:
    if not task.cancelled() and task.exception() is None:
        click.echo(f"Ready to answer after {time.monotonic() - began:.1f} s.")


async def _until_stopped() -> None:
    import signal

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


COMMANDS = (serve,)
