"""Trained models are kept in the database, so that a backup is the database; the file on disk is a cache of it."""

from __future__ import annotations

import asyncio
import hashlib
import tarfile
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import ModelUnavailable, NotFound
from bot.settings import Settings
from bot.store import tables as t
from bot.store.database import Database

KEPT = 3
_NEWEST_FIRST = (t.model.c.created_at.desc(), t.model.c.live.desc(), t.model.c.id)


async def store_model(
    database: Database,
    path: Path,
    fingerprint: str,
    now: datetime,
    *,
    live: bool = True,
    report: dict[str, Any] | None = None,
    learnt: dict[str, Any] | None = None,
) -> str:
    """The model is the live one, or without ``live`` kept aside. The last three that may answer are kept, and the last one that
    the gate kept aside. ``learnt``: what of the municipalities' additions is in it. Returns its id."""
    content = await asyncio.to_thread(path.read_bytes)
    sha256 = hashlib.sha256(content).hexdigest()
    model_id = f"{now:%Y%m%d-%H%M%S}-{sha256[:8]}"
    m = t.model.c
    async with database.write() as connection:
        known = await connection.scalar(sa.select(m.id).where(m.sha256 == sha256))
        if live:
            await connection.execute(sa.update(t.model).where(m.live).values(live=False))
        if known:
            if live:
                await connection.execute(sa.update(t.model).where(m.id == known).values(live=True))
            return str(known)
        row = {
            "id": model_id,
            "fingerprint": fingerprint,
            "size_bytes": len(content),
            "sha256": sha256,
            "learnt": learnt,
        }
        await connection.execute(sa.insert(t.model), row | {"live": live, "report": report, "created_at": now})
        await connection.execute(sa.insert(t.model_content), {"model_id": model_id, "content": content})
        kept = (await connection.execute(sa.select(m.id, m.report).order_by(*_NEWEST_FIRST))).all()
        good = [one.id for one in kept if not is_refused(one.report)][:KEPT]
        aside = [one.id for one in kept if is_refused(one.report)][:1]
        await connection.execute(sa.delete(t.model).where(m.id.not_in([*good, *aside]), ~m.live))
    return model_id


def is_refused(report: dict[str, Any] | None) -> bool:
    """Whether the gate kept the model with this report aside, and the operator did not overrule it."""
    return report is not None and not report["passed"] and not report.get("overruled")


async def what_it_learnt(database: Database, model_id: str | None = None) -> dict[str, Any]:
    """What of the municipalities' additions is in the model ``model_id``, or in the live one; empty when that is not known."""
    m = t.model.c
    async with database.read() as connection:
        learnt = await connection.scalar(sa.select(m.learnt).where(m.id == model_id if model_id else m.live))
    return dict(learnt or {})


async def use_model(connection: AsyncConnection, model_id: str, report: dict[str, Any] | None) -> None:
    """The model ``model_id`` is the live one, with ``report``. Raises NotFound."""
    await connection.execute(sa.update(t.model).where(t.model.c.live).values(live=False))
    used = await connection.execute(sa.update(t.model).where(t.model.c.id == model_id).values(live=True, report=report))
    if used.rowcount != 1:
        raise NotFound


async def kept_models(database: Database) -> list[dict[str, Any]]:
    """Every model that is kept, newest first, without its content."""
    m = t.model.c
    columns = (m.id, m.fingerprint, m.size_bytes, m.live, m.report, m.created_at)
    async with database.read() as connection:
        rows = await connection.execute(sa.select(*columns).order_by(*_NEWEST_FIRST))
    return [dict(row._mapping) for row in rows]


async def live_model(database: Database, cache: Path) -> tuple[Path, str] | None:
    """The live model as a file in ``cache`` and its fingerprint; None when there is none.

    Raises ModelUnavailable when what is stored is not what was stored once, or is no model.
    """
    m = t.model.c
    async with database.read() as connection:
        row = (await connection.execute(sa.select(m.id, m.sha256, m.fingerprint).where(m.live))).first()
        if row is None:
            return None
        path = cache / f"{row.id}.tar.gz"
        if await asyncio.to_thread(_sha256, path) != row.sha256:
            stored = t.model_content.c
            content = await connection.scalar(sa.select(stored.content).where(stored.model_id == row.id)) or b""
            if hashlib.sha256(content).hexdigest() != row.sha256:
                raise ModelUnavailable(f"the stored model {row.id} is damaged")
            await asyncio.to_thread(_write_whole, path, content)
    await asyncio.to_thread(check_model_file, path)
    return path, row.fingerprint


def check_model_file(path: Path) -> None:
    """Raises ModelUnavailable, saying why, unless ``path`` is a readable archive with Rasa's metadata in it."""
    try:
        with tarfile.open(path) as archive:
            if "metadata.json" not in {name.removeprefix("./") for name in archive.getnames()}:
                raise ModelUnavailable(f"{path.name} is not a Rasa model: it holds no metadata.json")
    except FileNotFoundError as error:
        raise ModelUnavailable(f"{path} does not exist") from error
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ModelUnavailable(f"{path.name} cannot be read: {type(error).__name__}") from error


def _sha256(path: Path) -> str | None:
    if not path.exists():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_bytes(content)
    partial.replace(path)


def training_fingerprint(nlu_data: Path, project: Path) -> str:
    """Changes with everything a model is made of: articles, dialogue, words, what it is calibrated to, pipeline, settings and code."""
    parts = [project / "config.yml", project / "domain.yml"]
    # The ladder of a model is calibrated by deciding with it.
    parts += [project / "bot" / name for name in ("words.py", "decision.py", "moves.py")]
    for room in ("understanding", "knowledge"):
        parts += sorted((project / "bot" / room).glob("*.py"))
    parts += sorted(nlu_data.glob("*.yml"))
    for folder in ("articles", "other", "dialogue", "packages", "lexicon", "development"):
        parts += sorted(path for path in (nlu_data / folder).rglob("*") if path.suffix in (".yml", ".jsonl"))
    digest = hashlib.sha256(Settings().dense_model.encode())
    for part in parts:
        digest.update(part.name.encode() + b"\0" + part.read_bytes())
    return digest.hexdigest()
