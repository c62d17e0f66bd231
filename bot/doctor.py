"""What is wrong with an installation, in words."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bot.conversation.service import check_opening_hours
from bot.errors import HotlineError, StoreUnavailable
from bot.knowledge.files import load_knowledge
from bot.models import live_model, training_fingerprint
from bot.settings import PROJECT_DIR, Settings
from bot.store import tables as t
from bot.store.database import Database
from bot.store.migrate import current_revision, newest_revision
from bot.store.schema import schema_differences

Finding = tuple[str, str]  # "ok", "warning" or "problem", and a sentence


async def examine(settings: Settings) -> list[Finding]:
    """Every finding, in the order in which an operator would mend them."""
    findings = _settings(settings)
    findings += _articles(settings)
    findings += await _channels(settings)
    if settings.is_default_sqlite and not (settings.data_dir / "hotline.sqlite3").exists():
        if settings.has_key_file:
            lost = "There is a secret key but no database: put it back, or `hotline restore FILE`; `hotline migrate` begins anew."
            return [*findings, ("problem", lost)]
        return [*findings, ("warning", "There is no database yet: `hotline serve` or `hotline migrate` makes it.")]
    database = Database(settings.resolved_database_url)
    try:
        findings += await _database(database)
        if all(kind != "problem" for kind, _ in findings):
            findings += await _content(settings, database)
    except StoreUnavailable as error:
        findings.append(
            (
                "problem",
                f"The database cannot be reached ({error}). Check HOTLINE_DATABASE_URL and whether the server runs.",
            )
        )
    finally:
        await database.close()
    return findings


def _settings(settings: Settings) -> list[Finding]:
    findings: list[Finding] = []
    try:
        if settings.is_default_sqlite and not settings.secret_key.get_secret_value() and not settings.has_key_file:
            findings.append(("warning", "There is no secret key yet: `hotline serve` makes it."))
        else:
            settings.key()
            findings.append(("ok", "There is a secret key."))
    except HotlineError as error:
        findings.append(("problem", f"{error}."))
    except OSError as error:
        findings.append(
            ("problem", f"The secret key in the data folder cannot be read or made ({type(error).__name__}).")
        )
    if settings.data_dir.exists() and not os.access(settings.data_dir, os.W_OK):
        findings.append(("problem", f"The data folder {settings.data_dir} cannot be written."))
    if not settings.is_default_sqlite and not settings.public_url:
        findings.append(("warning", "HOTLINE_PUBLIC_URL is not set: secret links will name this machine."))
    if settings.is_https and not settings.trusted_proxies.strip():
        findings.append(
            (
                "problem",
                "HOTLINE_PUBLIC_URL is https but HOTLINE_TRUSTED_PROXIES is empty: all clients share the limits of the proxy's address.",
            )
        )
    findings += _modes(settings)
    webhook_secret = settings.telegram_webhook_secret.get_secret_value()
    if settings.telegram_token.get_secret_value() and webhook_secret:
        if not settings.public_url.startswith("https://"):
            findings.append(("problem", "Telegram sends to https only: HOTLINE_PUBLIC_URL must begin with https://."))
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", webhook_secret):
            findings.append(("problem", "HOTLINE_TELEGRAM_WEBHOOK_SECRET may hold letters, digits, _ and - only."))
    if settings.public_url.startswith("http://") and not settings.is_default_sqlite:
        findings.append(("warning", "HOTLINE_PUBLIC_URL is not https: tokens travel in the clear."))
    return findings


def _modes(settings: Settings) -> list[Finding]:
    """What in the data folder other accounts of the machine may read."""
    paths = [settings.data_dir, *settings.data_dir.glob("hotline.sqlite3*"), *settings.data_dir.glob("models/*")]
    paths.append(settings.data_dir / "secret_key")
    is_open = [path for path in paths if path.exists() and path.stat().st_mode & 0o077]
    if not is_open:
        return []
    names = ", ".join(str(path) for path in is_open[:5])
    return [
        ("warning", f"Other accounts of this machine may enter or read {names}: chmod 700 the folder, 600 the files.")
    ]


def _articles(settings: Settings) -> list[Finding]:
    try:
        common = load_knowledge(settings.nlu_data_dir)
    except HotlineError as error:
        return [
            (
                "problem",
                f"Article files have errors: {str(error).splitlines()[0]} … (`hotline articles check` lists all).",
            )
        ]
    return [("ok", f"{len(common.articles)} articles are in order.")]


async def _channels(settings: Settings) -> list[Finding]:
    if not settings.telegram_token.get_secret_value():
        return []
    from bot.channels.telegram.client import find_trouble

    trouble = await find_trouble(settings)
    return [trouble or ("ok", "Telegram knows the bot.")]


async def _database(database: Database) -> list[Finding]:
    revision = await current_revision(database)
    if revision != newest_revision():
        return [
            (
                "problem",
                f"The database is at revision {revision or 'none'}, the program at {newest_revision()}: run `hotline migrate`.",
            )
        ]
    try:
        differences = await schema_differences(database)
    except SQLAlchemyError as error:
        return [
            ("warning", f"The schema of the database cannot be compared with a fresh one ({type(error).__name__}).")
        ]
    if differences:
        more = f" and {len(differences) - 5} more" if len(differences) > 5 else ""
        return [
            (
                "problem",
                f"The database says revision {revision}, but its schema is another: {'; '.join(differences[:5])}{more}.",
            )
        ]
    return [("ok", f"The database is reachable, at revision {revision}, and its schema is the program's.")]


async def _content(settings: Settings, database: Database) -> list[Finding]:
    findings: list[Finding] = []
    try:
        await check_opening_hours(database)
    except HotlineError as error:
        return [("problem", f"The opening hours are wrong: {error}.")]
    try:
        model = await live_model(database, settings.data_dir / "models")
        if model is None:
            findings.append(("problem", "There is no model: `hotline serve` or `hotline train` makes one."))
        elif model[1] != training_fingerprint(settings.nlu_data_dir, PROJECT_DIR):
            findings.append(
                ("warning", "The model was trained on other articles than those on disk: run `hotline train`.")
            )
        else:
            findings.append(("ok", "The model is readable and knows the articles on disk."))
    except HotlineError as error:
        findings.append(("problem", f"The model is unusable: {error}. Run `hotline train`."))
    async with database.read() as connection:
        for row in (await connection.execute(sa.select(t.municipality.c.code))).all():
            coordinators = [
                person
                for person in (
                    await connection.execute(
                        sa.select(t.staff).where(t.staff.c.municipality == row.code, t.staff.c.active)
                    )
                ).all()
                if "coordinator" in person.roles
            ]
            if not coordinators:
                findings.append(
                    ("problem", f"Municipality {row.code} has no coordinator: escalations may find nobody.")
                )
        stuck = datetime.now(UTC) - timedelta(minutes=5)
        waiting = await connection.scalar(
            sa.select(sa.func.count()).select_from(t.turn).where(t.turn.c.status == "open", t.turn.c.at < stuck)
        )
        failed = await connection.scalar(
            sa.select(sa.func.count()).select_from(t.outbox).where(t.outbox.c.status == "failed")
        )
        codes = [row.code for row in (await connection.execute(sa.select(t.municipality.c.code))).all()]
        aside = await connection.scalar(
            sa.select(sa.func.count())
            .select_from(t.inbound)
            .where(t.inbound.c.done_at.is_(None), t.inbound.c.attempts >= 5)
        )
    if settings.telegram_token.get_secret_value() and settings.telegram_municipality not in codes:
        findings.append(("problem", f"Telegram's municipality {settings.telegram_municipality} does not exist here."))
    if aside:
        findings.append(("problem", f"{aside} received updates were set aside after five failures: see the log."))
    if waiting:
        findings.append(("problem", f"{waiting} turns have waited for over five minutes: does a server run?"))
    if failed:
        findings.append(("warning", f"{failed} deliveries failed for good (blocked bots, wrong addresses)."))
    return findings
