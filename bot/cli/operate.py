"""For operators: ``settings``, ``migrate``, ``backup``, ``restore``, ``doctor``, ``operator``."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from bot.errors import HotlineError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.store.database import Database

Result = TypeVar("Result")


@click.command()
def settings() -> None:
    """List every setting, its value here and its meaning. Secrets are not shown."""
    from pydantic import SecretStr

    values = Settings()
    for name, field in Settings.model_fields.items():
        value = getattr(values, name)
        shown = (
            ("(set)" if value.get_secret_value() else "(not set)") if isinstance(value, SecretStr) else repr(str(value))
        )
        click.echo(f"HOTLINE_{name.upper()} = {shown}\n    {field.description}")


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from bot.store.database import Database
    from bot.store.migrate import migrate as run
    from bot.store.migrate import newest_revision

    async def go() -> Path | None:
        given = Settings()
        given.make_data_dir()
        database = Database(given.resolved_database_url)
        try:
            return await run(database)
        finally:
            await database.close()

    if copy := asyncio.run(go()):
        click.echo(f"The database as it was before is kept as {copy}.")
    click.echo(f"The database is at revision {newest_revision()}.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write the whole database (inquiries, staff, models) to FILE, while the hotline may go on serving."""
    from bot.store.backup import backup as run

    os.umask(0o077)
    counts = asyncio.run(run(Settings(), file))
    click.echo(f"{file}: {sum(counts.values())} rows of {len(counts)} tables, {file.stat().st_size / 1e6:.1f} MB.")
    click.echo("Keep the secret key (HOTLINE_SECRET_KEY, or secret_key in the data folder) too, apart from this file.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Fill an empty database from FILE, which `hotline backup` wrote."""
    from bot.store.restore import restore as run

    counts = asyncio.run(run(Settings(), file))
    click.echo(f"{sum(counts.values())} rows of {len(counts)} tables restored.")


@click.command()
def doctor() -> None:
    """Say in words what is wrong with settings, model and database; exit status 1 when something is."""
    from bot.doctor import examine

    try:
        findings = asyncio.run(examine(Settings()))
    except HotlineError as error:
        findings = [("problem", str(error))]
    for kind, text in findings:
        click.secho(
            f"{ {'ok': 'ok     ', 'warning': 'warning', 'problem': 'PROBLEM'}[kind] }  {text}",
            fg={"ok": "green", "warning": "yellow", "problem": "red"}[kind],
        )
    if any(kind == "problem" for kind, _ in findings):
        raise SystemExit(1)


@click.group()
def operator() -> None:
    """Who may choose the model in the console, also against the gate. Operators read no inquiries."""


@operator.command("add")
@click.argument("email")
@click.option("--name", default="", help="As the console shows it; without it the e-mail address.")
@click.password_option(help="At least 12 characters; asked for when it is not given.")
def add_operator(email: str, name: str, password: str) -> None:
    """EMAIL signs in at /staff as an operator. Of one that exists name and password are changed."""
    from bot.conversation.service import utc_now
    from bot.staff import operators

    _with_database(lambda database: operators.add_operator(database, email, name, password, utc_now))
    click.echo(f"{email} signs in as an operator.")


@operator.command("remove")
@click.argument("email")
def remove_operator(email: str) -> None:
    """EMAIL is no operator any more, and is signed out."""
    from bot.conversation.service import utc_now
    from bot.staff import operators

    _with_database(lambda database: operators.remove_operator(database, email, utc_now))
    click.echo(f"{email} is no operator any more.")


@operator.command("list")
def list_operators() -> None:
    """List them."""
    from bot.staff import operators

    for email, name in _with_database(operators.list_operators):
        click.echo(f"{email}  {name}")


def _with_database(work: Callable[[Database], Awaitable[Result]]) -> Result:
    """What ``work`` does with the database of the settings, which is up to date."""
    from bot.cli.prepare import prepare_database
    from bot.store.database import Database

    async def go() -> Result:
        given = Settings()
        database = Database(given.resolved_database_url)
        try:
            await prepare_database(given, database)
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(go())


COMMANDS = (settings, migrate, backup, restore, doctor, operator)
