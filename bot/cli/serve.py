"""``hotline serve``: everything from nothing to a hotline that answers."""

from __future__ import annotations

import asyncio
import gc
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from aiohttp import web

from bot.settings import Settings

if TYPE_CHECKING:
    from bot.conversation.service import Services
    from bot.understanding.worker.pool import WorkerPool


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
    from bot.cli.prepare import find_model, prepare_database, prepare_demo
    from bot.conversation.service import Services
    from bot.hub import Hub
    from bot.knowledge.files import load_knowledge
    from bot.knowledge.service import KnowledgeService
    from bot.models import live_model
    from bot.store.database import Database
    from bot.store.single import hold_alone
    from bot.understanding.worker.pool import WorkerPool

    began = time.monotonic()
    common = load_knowledge(settings.nlu_data_dir)
    database = Database(settings.resolved_database_url)
    settings.make_data_dir()
    only_server = hold_alone(database)
    pool = None
    try:
        await prepare_database(settings, database)
        password = await prepare_demo(settings, database, common, demo)
        # The key is made last: a key without a database means that the database was lost.
        key = settings.key()
        model, why = await find_model(settings, database)
        pool = WorkerPool(settings.workers, model, mend=lambda: live_model(database, settings.data_dir / "models"))
        services = Services(
            settings=settings, database=database, knowledge=KnowledgeService(common), hub=Hub(), workers=pool, key=key
        )
        runner = web.AppRunner(create_app(services), access_log=None, keepalive_timeout=settings.idle_timeout_s)
        await runner.setup()
        site = web.TCPSite(runner, settings.host, settings.port)
        await site.start()
        # The knowledge base lives as long as the process: keep the collector from walking it again and again.
        gc.collect()
        gc.freeze()
        if not settings.public_url:
            settings.public_url = _address(settings, runner)  # secret links name the port that was chosen
        _tell(settings.base_url, password)
        if settings.is_https and not settings.trusted_proxies.strip():
            warning = "HOTLINE_TRUSTED_PROXIES is empty: all clients count as one address, and limits will refuse them together."
            click.secho(warning, fg="red", err=True)
        starting = asyncio.create_task(_bring_up(services, pool, model, why))
        ready = asyncio.create_task(_tell_ready(pool, began))
        try:
            await _until_stopped()
        finally:
            for task in (starting, ready):
                task.cancel()
            await asyncio.gather(starting, ready, return_exceptions=True)
            await runner.cleanup()
    finally:
        if pool is not None:
            await pool.close()
        await database.close()
        if only_server is not None:
            only_server.close()


def _address(settings: Settings, runner: web.AppRunner) -> str:
    port = runner.addresses[0][1]
    return f"http://{'127.0.0.1' if settings.host in ('0.0.0.0', '::') else settings.host}:{port}"


def _tell(address: str, password: str | None) -> None:
    click.echo(f"\nChat page      {address}/chat/0000")
    click.echo(f"Embed example  {address}/embed/0000")
    click.echo(f"Staff console  {address}/staff")
    if password:
        click.echo(
            f"Sign in as     byg@demo.example, koordinator@demo.example, operator@demo.example …  password: {password}"
        )
    click.echo("Stop with Ctrl+C.\n")


async def _bring_up(services: Services, pool: WorkerPool, model: Path | None, why: str) -> None:
    """The workers have the running model, and what no kept model has learnt is trained behind them, as after any other change."""
    from bot.cli.prepare import has_learnt_all
    from bot.understanding.worker.child import WorkerFailed

    try:
        await pool.start()
    except WorkerFailed as error:
        model, why = None, str(error)
    if model and await has_learnt_all(services.settings, services.database, services.knowledge.common):
        return
    click.echo(f"Training the language model: {why}.", err=True)
    if model is None:
        click.secho("Until it is ready every message goes to a person.", fg="yellow", err=True)
    services.taught.set()


async def _tell_ready(pool: WorkerPool, began: float) -> None:
    await pool.started.wait()
    click.echo(f"Ready to answer after {time.monotonic() - began:.1f} s.")


async def _until_stopped() -> None:
    import signal

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


COMMANDS = (serve,)
