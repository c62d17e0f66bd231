"""``hotline train`` and the server's start pass the gate too, unless there is nothing that the new model could be compared with."""

from __future__ import annotations

import asyncio
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.__main__ import main
from bot.cli.prepare import prepare_model
from bot.conversation.service import Services
from bot.editing.corpus import write_corpus
from bot.editing.service import Editing
from bot.models import kept_models, store_model
from bot.store import tables as t
from tests.conftest import Clock, ServicesMaker, rows
from tests.inquirer import staff_member
from tests.knowledge.gate_material import BEER_HALL, GATE


@pytest.fixture
async def services(
    make_services: ServicesMaker,
    sqlite_url: str,
    judged: Path,
    running_model: Path,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Services:
    """A database whose live model has learnt everything, and a command line that works on it."""
    services = await make_services(sqlite_url, nlu_data_dir=judged)
    corpus = await write_corpus(services.database, services.knowledge.common, judged, tmp_path / "first")
    await store_model(services.database, running_model, corpus.fingerprint, clock())
    for name, value in (("DATABASE_URL", sqlite_url), ("NLU_DATA_DIR", judged), ("DATA_DIR", tmp_path)):
        monkeypatch.setenv(f"HOTLINE_{name}", str(value))
    monkeypatch.setenv("HOTLINE_SECRET_KEY", "k" * 40)
    return services


async def hotline(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, list(arguments))


async def live(services: Services) -> str:
    (model,) = [model["id"] for model in await kept_models(services.database) if model["live"]]
    return str(model)


async def test_training_where_nothing_is_new_trains_nothing(services: Services) -> None:
    result = await hotline("train")
    assert result.exit_code == 0 and "learnt all there is" in result.output
    assert len(await kept_models(services.database)) == 1


async def test_the_command_keeps_a_worse_model_aside_and_a_reason_overrules_and_is_logged(services: Services) -> None:
    before = await live(services)
    await Editing(services).create(await staff_member(services, "redaktoer"), BEER_HALL["id"], BEER_HALL)
    result = await hotline("train")
    assert result.exit_code == 1, result.output
    assert "questions net in the area licences" in result.output and "is kept aside" in result.output
    assert await live(services) == before
    result = await hotline("train", "--reason", "the hall opens tomorrow")
    assert result.exit_code == 0 and "The operator decided" in result.output, result.output
    assert await live(services) != before
    (entry,) = await rows(services, t.audit, t.audit.c.action == "model_used")
    assert entry.detail["reason"] == "the hall opens tomorrow" and entry.detail["overruled"]
    assert [row.left_out for row in await rows(services, t.article_text)] == [None]


async def test_the_server_starts_with_the_running_model_when_the_new_one_is_worse(services: Services) -> None:
    before = await live(services)
    await Editing(services).create(await staff_member(services, "redaktoer"), BEER_HALL["id"], BEER_HALL)
    path = await prepare_model(services.settings, services.database, services.knowledge.common)
    assert path.name == f"{before}.tar.gz"
    again = await prepare_model(services.settings, services.database, services.knowledge.common)
    assert again == path and len(await kept_models(services.database)) == 2, "not trained again"


async def test_a_model_that_the_new_code_cannot_read_locks_no_release_out(
    services: Services, tmp_path: Path, clock: Clock
) -> None:
    await Editing(services).create(await staff_member(services, "redaktoer"), GATE["id"], GATE)
    old = await store_model(services.database, _archive(tmp_path / "old.tar.gz"), "of an old release", clock())
    path = await prepare_model(services.settings, services.database, services.knowledge.common)
    assert path.name != f"{old}.tar.gz"
    report: dict[str, Any] = next(m["report"] for m in await kept_models(services.database) if m["live"])
    assert report == {"passed": True, "reasons": [], "not_compared": True}
    listed = await hotline("models", "list")
    assert "cannot read the model before it" in listed.output


def _archive(path: Path) -> Path:
    """A model as another pipeline would have written it."""
    with tarfile.open(path, "w:gz") as archive:
        content = b'{"model_id": "old", "rasa_open_source_version": "3.0.0"}'
        entry = tarfile.TarInfo("metadata.json")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return path
