"""What makes the model worse is kept out of it, its editor is told, and the rest goes live. The models here are trained and asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa

from bot.conversation.service import Services
from bot.editing.corpus import write_corpus
from bot.editing.learning import is_for_gate
from bot.editing.training import Training
from bot.models import kept_models, store_model
from bot.store import tables as t
from bot.understanding.worker.pool import WorkerPool
from tests.conftest import ServicesMaker, rows
from tests.inquirer import Inquirer
from tests.knowledge.gate_material import BEER_HALL, GATE, HARMLESS, TAKING
from tests.knowledge.test_articles import put
from tests.staff.conftest import SignIn
from tests.staff.people import copy_municipality, refusal

BEER = "building/beer_hall_0000"
DRINKS = "må vi servere drinks uden tilladelse"


@pytest_asyncio.fixture(loop_scope="session")
async def services(
    make_services: ServicesMaker, sqlite_url: str, judged: Path, running_model: Path, clock: Any, tmp_path: Path
) -> AsyncIterator[Services]:
    """Services on a live model, whose trainings a test starts itself."""
    pool = WorkerPool(size=1, model_path=running_model)
    await pool.start()
    services = await make_services(sqlite_url, workers=pool, nlu_data_dir=judged, training_pause_s=3600)
    corpus = await write_corpus(services.database, services.knowledge.common, judged, tmp_path / "first")
    await store_model(services.database, running_model, corpus.fingerprint, clock())
    clock.advance(minutes=5)
    yield services
    await pool.close()


async def train(services: Services, clock: Any) -> str:
    """One training of what there is now; returns how it ended."""
    await Training(services).train()
    clock.advance(minutes=5)
    (row,) = await rows(services, t.training)
    assert row.holder is None
    return str(row.progress["phase"])


async def answers(client: Any, question: str) -> list[str]:
    return [message["article"] for message in await Inquirer(client).write(question) if message["article"]]


async def test_a_model_that_lost_questions_is_kept_aside_and_the_running_one_answers(
    services: Services, client: Any, sign_in: SignIn, clock: Any
) -> None:
    editor = await sign_in("redaktoer")
    (before,) = await kept_models(services.database)
    assert (await editor.post("/articles", **BEER_HALL)).status == 201
    assert await train(services, clock) == "kept_aside"
    newest, running = (await editor.get("/training", lang="en"))["models"]
    assert (newest["refused"], newest["live"], running["live"], running["id"]) == (True, False, True, before["id"])
    assert any(r["kind"] == "area" and r["area"] == "licences" and r["lost"] >= 3 for r in newest["report"]["reasons"])
    assert DRINKS in [spoilt["text"] for spoilt in newest["report"]["spoilt"]]
    assert services.workers.model_id and await answers(client, "hvad koster en byggesag") == [
        "taxes_fees/building_fee_price"
    ]

    (left,) = (await editor.get("/training"))["left_out"]
    assert (left["article"], left["why"]) == (BEER, "label") and left["spoilt"] >= 3 and DRINKS in left["questions"]
    assert (await editor.get(f"/articles/{BEER}"))["states"] == ["own", "left_out"]
    page = await (await editor.session.get(f"/staff/knowledge/articles/{BEER}")).text()
    assert "Maskinen har ikke lært eksemplerne" in page and DRINKS in page
    assert "ikke lært" in await (await editor.session.get("/staff/knowledge?state=left_out")).text()


@pytest.mark.nightly  # three trainings and more
async def test_the_rest_goes_live_and_a_changed_article_is_tried_again(
    services: Services, client: Any, sign_in: SignIn, clock: Any
) -> None:
    await copy_municipality(services, "0001")
    editor, other = await sign_in("redaktoer", municipality="0000"), await sign_in("redaktoer", municipality="0001")
    await editor.post("/articles", **BEER_HALL)
    await other.post("/articles", **GATE)
    assert await train(services, clock) == "live"
    live, aside, first = (await editor.get("/training"))["models"]
    assert (live["live"], aside["refused"], first["live"]) == (True, True, False)
    assert [one["label"] for one in live["report"]["left_out"]] == [BEER] and live["report"]["aside"] == aside["id"]
    assert (await other.get("/training"))["left_out"] == []
    assert "byporten er fredet" in str(await Inquirer(client, municipality="0001").write("må vi male byporten"))
    assert await train(services, clock) == "live" and len(await kept_models(services.database)) == 3, "nothing new"

    changed = {**BEER_HALL, "examples": {"da": HARMLESS, "en": []}}
    del changed["id"]
    response = await put(editor, f"/articles/{BEER}", **changed)
    assert response.status == 200 and "left_out" not in (await response.json())["states"]
    assert await train(services, clock) == "live"
    assert (await editor.get("/training"))["left_out"] == []
    assert await answers(client, "hvilken farve skal ølhallens port have") == [BEER]


@pytest.mark.nightly  # three trainings and more
async def test_an_article_that_was_learnt_before_stays_as_it_was_learnt(
    services: Services, client: Any, sign_in: SignIn, clock: Any
) -> None:
    editor = await sign_in("redaktoer")
    await editor.post("/articles", **{**BEER_HALL, "examples": {"da": HARMLESS, "en": []}})
    assert await train(services, clock) == "live"
    body = {name: value for name, value in BEER_HALL.items() if name != "id"}
    body["examples"] = {"da": HARMLESS + TAKING, "en": []}
    await put(editor, f"/articles/{BEER}", **body)
    assert await train(services, clock) == "kept_aside"
    assert [one["article"] for one in (await editor.get("/training"))["left_out"]] == [BEER]
    assert (await editor.post("/articles", **GATE)).status == 201
    assert await train(services, clock) == "live"
    assert await answers(client, "må vi male byporten") == ["building/town_gate_0000"]
    assert await answers(client, "hvilken farve skal ølhallens port have") == [BEER]


async def test_the_operator_overrules_with_a_reason_and_then_nothing_is_left_out(
    services: Services, client: Any, sign_in: SignIn, clock: Any
) -> None:
    editor, operator = await sign_in("redaktoer"), await sign_in("operator")
    await editor.post("/articles", **BEER_HALL)
    assert await train(services, clock) == "kept_aside"
    aside = (await operator.get("/training"))["models"][0]["id"]
    assert await refusal(await operator.post("/training/use", model=aside)) == (422, "reason_needed")
    assert await refusal(await operator.post("/training/use", model=aside, reason="  ")) == (422, "reason_needed")
    answer = await operator.post("/training/use", model=aside, reason="the hall is the town's only bar")
    assert (await answer.json())["models"][0]["live"]
    assert await answers(client, "vi vil have fadøl og cider på menuen") == [BEER]
    assert (await editor.get("/training"))["left_out"] == []
    (entry,) = await rows(services, t.audit, t.audit.c.action == "model_used")
    assert (entry.municipality, entry.staff_id) == ("", "operator")
    assert entry.detail == {"model": aside, "reason": "the hall is the town's only bar", "overruled": True}
    assert await train(services, clock) == "live" and len(await kept_models(services.database)) == 2


async def test_the_verdict_names_the_municipality_that_lost_its_own_questions_and_nobody_else_reads_them(
    services: Services, client: Any, sign_in: SignIn, clock: Any
) -> None:
    await copy_municipality(services, "0001")
    here, there = await sign_in("redaktoer", municipality="0000"), await sign_in("redaktoer", municipality="0001")
    drinks = ("vermouth", "snaps", "fadøl", "cocktails", "champagne", "portvin", "shots", "cider", "gin", "mousserende")
    texts = [
        f"{drink} {where}" for drink in drinks for where in ("ved bordet", "på kortet", "til receptionen", "i krus")
    ]
    asked = [text for text in texts if is_for_gate(text)]
    learnt = [text for text in texts if not is_for_gate(text)]
    await confirm(services, client, "0001", "licences/alcohol_licence_new", asked)
    await confirm(services, client, "0000", "taxes_fees/building_fee_price", learnt)
    assert await train(services, clock) == "kept_aside"
    report = (await here.get("/training"))["models"][0]["report"]
    (reason,) = [one for one in report["reasons"] if one["kind"] == "municipality"]
    assert reason["municipality"] == "0001" and reason["lost"] >= 3
    assert report["by_municipality"] == {"0001": {"questions": len(asked), "gained": 0, "lost": reason["lost"]}}
    left = (await here.get("/training"))["left_out"]
    assert {one["text"] for one in left} == set(learnt)
    assert min(one["elsewhere"] for one in left) >= reason["lost"], "how many of another municipality's, but not which"
    page = await (await here.session.get("/staff/knowledge/training")).text()
    assert "hos andre kommuner" in page and "kommune 0001 selv har bekræftet" in page
    assert not any(text in page for text in asked)
    assert (await there.get("/training"))["left_out"] == []
    async with services.database.write() as connection:
        await connection.execute(sa.delete(t.candidate).where(t.candidate.c.municipality == "0000"))
    kept = str(await rows(services, t.model))
    assert not any(text in kept for text in texts), "of erased questions nothing is kept"


async def confirm(services: Services, client: Any, municipality: str, label: str, texts: list[str]) -> None:
    """Questions of one inquiry that an editor confirmed."""
    business = Inquirer(client, municipality=municipality)
    await business.write("hej")
    row = {"municipality": municipality, "inquiry_id": business.id, "language": "da", "label": label}
    row |= {"state": "confirmed", "proposed_by": "byg", "proposed_at": services.now()}
    async with services.database.write() as connection:
        found = [row | {"message_id": place, "text": text} for place, text in enumerate(texts)]
        await connection.execute(sa.insert(t.candidate), found)
