"""An own article is trained in the background, passes the gate, goes live without losing a turn, and answers at home only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient
from click.testing import CliRunner

from bot.__main__ import main
from bot.conversation.service import Services
from bot.editing.corpus import write_corpus
from bot.knowledge.files import load_knowledge
from bot.models import kept_models, store_model
from bot.understanding.worker.pool import WorkerPool
from tests.conftest import ServicesMaker
from tests.inquirer import Inquirer
from tests.knowledge.gate_material import GATE
from tests.staff.people import Staff, copy_municipality, refusal

QUESTION = "må vi male byporten rød"


@pytest_asyncio.fixture(loop_scope="session")
async def taught(
    make_services: ServicesMaker, sqlite_url: str, nlu_data: Path, model_path: Path, clock: Any
) -> AsyncIterator[Services]:
    """Services with workers of their own, which a test may replace, and a live model."""
    pool = WorkerPool(size=1, model_path=model_path)
    await pool.start()
    services = await make_services(sqlite_url, workers=pool, nlu_data_dir=nlu_data, training_pause_s=0.1)
    await store_model(services.database, model_path, "the first", clock())
    clock.advance(minutes=5)
    yield services
    await pool.close()


async def test_a_new_article_answers_where_it_belongs_and_one_click_goes_back(taught: Services, serve: Any) -> None:
    await copy_municipality(taught, "0001")
    client: TestClient[Any, Any] = await serve(taught)
    editor = Staff(client)
    await editor.sign_in("redaktoer", municipality="0000")
    response = await editor.post("/articles", **GATE)
    assert response.status == 201, await response.text()
    assert (await response.json())["states"] == ["own"]

    talked = 0
    while (training := await editor.get("/training"))["progress"]["phase"] not in ("live", "failed", "kept_aside"):
        business = Inquirer(client)  # the hotline answers all the while
        assert await business.write("hvad koster en byggetilladelse")
        talked += 1
    assert training["progress"]["phase"] == "live" and talked
    assert [model["live"] for model in training["models"]] == [True, False]

    business = Inquirer(client)
    assert [m["article"] for m in await business.write(QUESTION) if m["article"]] == ["building/town_gate_0000"]
    elsewhere = Inquirer(client, municipality="0001")
    assert "byporten er fredet" not in str(await elsewhere.write(QUESTION))

    before = training["models"][1]["id"]
    assert await refusal(await editor.post("/training/use", model=before)) == (403, "forbidden")
    operator = Staff(client)
    await operator.sign_in("operator")
    assert (await operator.post("/training/use", model=before)).status == 200
    assert [model["live"] for model in (await editor.get("/training"))["models"]] == [False, True]
    await operator.session.close()
    again = Inquirer(client)
    assert "byporten er fredet" not in str(await again.write(QUESTION))
    await editor.session.close()


async def test_what_is_wrong_with_a_new_article_is_said_and_nothing_is_stored(taught: Services, serve: Any) -> None:
    editor = Staff(await serve(taught))
    await editor.sign_in("redaktoer")
    for broken in ({"id": "nowhere/x"}, {"examples": {"da": ["kort"], "en": []}}, {"sources": []}, {"title": None}):
        assert await refusal(await editor.post("/articles", **{**GATE, **broken})) == (400, "bad_input")
    assert (await editor.get("/articles"))["counts"]["own"] == 0
    assert (await editor.post("/articles", **GATE)).status == 201
    assert await refusal(await editor.post("/articles", **GATE)) == (409, "conflict")
    await editor.session.close()


async def test_a_model_kept_aside_is_the_operators_to_use(
    taught: Services, model_path: Path, tmp_path: Path, clock: Any, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.tar.gz"
    other.write_bytes(await asyncio.to_thread(model_path.read_bytes) + b"\0")
    report = {"passed": False, "reasons": [{"kind": "area", "area": "building", "lost": 3}]}
    aside = await store_model(taught.database, other, "newer", clock(), live=False, report=report)
    monkeypatch.setenv("HOTLINE_DATABASE_URL", taught.settings.database_url)
    monkeypatch.setenv("HOTLINE_SECRET_KEY", "k" * 40)
    listed = await asyncio.to_thread(CliRunner().invoke, main, ["models", "list"])
    assert "It loses 3 questions net in the area building" in listed.output
    refused = await asyncio.to_thread(CliRunner().invoke, main, ["models", "use", aside])
    assert refused.exit_code != 0 and "--reason" in refused.output
    await asyncio.to_thread(CliRunner().invoke, main, ["models", "use", aside, "--reason", "measured by hand"])
    assert [model["id"] for model in await kept_models(taught.database) if model["live"]] == [aside]


async def test_the_corpus_holds_every_own_article_and_reads_without_an_error(
    taught: Services, serve: Any, tmp_path: Path
) -> None:
    await copy_municipality(taught, "0001")
    client = await serve(taught)
    for code in ("0000", "0001"):
        editor = Staff(client)
        await editor.sign_in("redaktoer", municipality=code)
        assert (await editor.post("/articles", **GATE)).status == 201
        await editor.session.close()
    common = taught.knowledge.common
    corpus = await write_corpus(taught.database, common, taught.settings.nlu_data_dir, tmp_path / "corpus")
    read = await asyncio.to_thread(load_knowledge, corpus.folder)
    assert set(corpus.own) == set(read.articles) - set(common.articles)
    assert {read.articles[article].municipality for article in corpus.own} == {"0000", "0001"}
