"""Trained models are kept in the database, so that a backup is the database; the file on disk is a cache of it."""

from __future__ import annotations

import asyncio
import hashlib
import tarfile
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.errors import ModelUnavailable, NotFound
from bot.store import tables as t
from bot.store.database import Database

KEPT = 3


async def store_model(
    database: Database,
    path: Path,
    fingerprint: str,
    now: datetime,
    *,
    live: bool = True,
    report: dict[str, Any] | None = None,
) -> str:
    """The model is the live one, or without ``live`` kept aside; the last three are kept. Returns its id."""
    content = await asyncio.to_thread(path.read_bytes)
    sha256 = hashlib.sha256(content).hexdigest()
    model_id = f"{now:%Y%m%d-%H%M%S}-{sha256[:8]}"
    m = t.model.c
    async with database.write() as connection:
        known = await connection.scalar(sa.select(m.id).where(m.sha256 == sha256))
        if live:
            await connection.execute(sa.update(t.model).values(live=False))
        if known:
            if live:
                await connection.execute(sa.update(t.model).where(m.id == known).values(live=True))
            return str(known)
        row = {
            "id": model_id,
            "fingerprint": fingerprint,
            "size_bytes": len(content),
            "sha256": sha256,
            "content": content,
        }
        await connection.execute(sa.insert(t.model), row | {"live": live, "report": report, "created_at": now})
        old = (await connection.execute(sa.select(m.id).order_by(m.created_at.desc()).offset(KEPT))).scalars().all()
        await connection.execute(sa.delete(t.model).where(m.id.in_(old), ~m.live))
    return model_id


async def use_model(database: Database, model_id: str) -> None:
    """The model ``model_id`` is the live one. Raises NotFound."""
    async with database.write() as connection:
        await connection.execute(sa.update(t.model).values(live=False))
        used = await connection.execute(sa.update(t.model).where(t.model.c.id == model_id).values(live=True))
        if used.rowcount != 1:
            raise NotFound


async def kept_models(database: Database) -> list[dict[str, Any]]:
    """Every model that is kept, newest first, without its content."""
    m = t.model.c
    columns = (m.id, m.fingerprint, m.size_bytes, m.live, m.report, m.created_at)
    async with database.read() as connection:
        rows = await connection.execute(sa.select(*columns).order_by(m.created_at.desc()))
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
            content = await connection.scalar(sa.select(m.content).where(m.id == row.id)) or b""
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
    """Changes with everything a model is made of: articles, dialogue, pipeline and the components' code."""
    parts = [project / "config.yml", project / "domain.yml", *sorted((project / "bot" / "understanding").glob("*.py"))]
    for folder in ("articles", "other", "dialogue", "packages"):
        parts += sorted((nlu_data / folder).rglob("*.yml"))
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.name.encode() + b"\0" + part.read_bytes())
    return digest.hexdigest()
