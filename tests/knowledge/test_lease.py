"""Of several server processes on one database one trains at a time, and all follow the model that goes live."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.conversation.service import Services
from bot.editing.lease import LASTS, Lease, Progress, read_progress, tell_progress
from bot.editing.service import Editing
from bot.editing.training import Training
from bot.errors import ModelUnavailable
from bot.models import kept_models, store_model
from bot.store import tables as t
from bot.understanding.worker.pool import WorkerPool
from tests.conftest import Clock, ServicesMaker, eventually, rows
from tests.inquirer import staff_member
from tests.knowledge.gate_material import GATE


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.editing.training.BUSY_S", 0.05)


async def two(make_services: ServicesMaker, url: str, **more: Any) -> list[Services]:
    return [await make_services(url, **more) for _ in range(2)]


async def test_two_processes_that_both_have_something_to_train_train_it_once_and_both_answer_with_it(
    make_services: ServicesMaker, database_url: str, nlu_data: Path, model_path: Path, clock: Clock, quick: None
) -> None:
    pools = [WorkerPool(1, model_path), WorkerPool(1, model_path)]
    await asyncio.gather(*(pool.start() for pool in pools))
    try:
        both = [await make_services(database_url, workers=pool, nlu_data_dir=nlu_data) for pool in pools]
        first = await store_model(both[0].database, model_path, "the first", clock())
        clock.advance(minutes=5)
        editor = await staff_member(both[0], "redaktoer")
        article = await Editing(both[0]).create(editor, GATE["id"], GATE)
        trainings = [Training(services) for services in both]
        await asyncio.gather(*(training.train() for training in trainings))
        new, old = await kept_models(both[0].database)
        assert (new["live"], old["id"]) == (True, first), "trained once"
        found = [await pool.understand(["må vi male byporten rød"]) for pool in pools]
        assert [understood[0].articles[0].id for understood in found] == [article, article]
        assert pools[0].model_id == pools[1].model_id
    finally:
        await asyncio.gather(*(pool.close() for pool in pools))


async def test_one_holds_the_lease_until_it_lets_go_or_gives_no_sign_of_life(
    make_services: ServicesMaker, database_url: str, clock: Clock
) -> None:
    here, there = [services.database for services in await two(make_services, database_url)]
    first, second = Lease(here, "first", clock), Lease(there, "second", clock)
    taken = await asyncio.gather(*(lease.take() for lease in (first, second)))
    assert sorted(taken) == [False, True]
    holder, waiting = (first, second) if taken[0] else (second, first)
    holder.progress.share = 0.5
    await holder.renew()
    await tell_progress(there, Progress("waiting"))
    assert await read_progress(there, clock()) == {"phase": "training", "share": 0.5, "model": None, "round": 0}
    await holder.release()
    assert await waiting.take()
    with pytest.raises(ModelUnavailable):
        await holder.renew()
    clock.advance(seconds=LASTS.total_seconds() + 1)
    assert (await read_progress(here, clock()))["phase"] == "failed"
    assert await holder.take(), "of one that died"
    with pytest.raises(ModelUnavailable):
        await waiting.renew()


async def test_a_process_that_lost_its_lease_lets_nothing_go_live(
    make_services: ServicesMaker, sqlite_url: str, nlu_data: Path, model_path: Path, clock: Clock
) -> None:
    services = await make_services(sqlite_url, nlu_data_dir=nlu_data)
    editor = await staff_member(services, "redaktoer")
    await Editing(services).create(editor, GATE["id"], GATE)
    training = asyncio.create_task(Training(services).train())
    await eventually(lambda: rows(services, t.training, t.training.c.holder.is_not(None)))
    async with services.database.write() as connection:
        await connection.execute(t.training.update().values(holder="another"))
    with pytest.raises(ModelUnavailable):
        await training
    assert await kept_models(services.database) == []
    (row,) = await rows(services, t.training)
    assert row.holder == "another"
