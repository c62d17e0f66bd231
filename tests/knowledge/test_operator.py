"""The operator of the installation: chooses the model, reads no inquiry, and is made by the command line only."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.models import store_model
from bot.settings import PROJECT_DIR
from bot.store import tables as t
from tests.conftest import PASSWORD, Clock, rows
from tests.staff.conftest import SignIn
from tests.staff.people import API, Staff, escalated, refusal
from tests.web.browser import DESKTOP, PHONE, ProfileMaker, address_of, scrolls_sideways, violations

Client = TestClient[Any, Any]
HOME = "/staff/operator"
REFUSED = {
    "passed": False,
    "reasons": [{"kind": "loss", "lost": 9, "gained": 1, "p": 0.0107}],
    "questions": 20, "gained": 1, "lost": 9, "p": 0.0107, "wrong_before": 0.0, "wrong_now": 0.0,
    "by_area": {"waste": -8}, "by_municipality": {"0000": {"questions": 4, "gained": 1, "lost": 0}},
    "spoilt": [{"text": "hvor afleverer vi farligt affald", "taken_by": ["taxes_fees/building_fee_price"]}],
}  # fmt: skip
OPEN_TO_OPERATORS = {
    (HOME, "GET"), (HOME, "POST"), ("/staff", "GET"), ("/staff/", "GET"), ("/staff/sign-out", "POST"),
    (API + "/session", "GET"), (API + "/session", "DELETE"), (API + "/training", "GET"), (API + "/training/use", "POST"),
    ("/staff/sign-in", "GET"), ("/staff/sign-in", "POST"), ("/staff/language", "GET"), (API + "/session", "POST"),
}  # fmt: skip


async def three_models(services: Services, model_path: Path, clock: Clock, tmp_path: Path) -> list[str]:
    """The live one, one before it, and one that was kept aside."""
    content = await asyncio.to_thread(model_path.read_bytes)
    made = []
    for number, report in enumerate((None, None, REFUSED)):
        file = tmp_path / f"model{number}.tar.gz"
        await asyncio.to_thread(file.write_bytes, content + bytes(number))
        made.append(await store_model(services.database, file, f"f{number}", clock(), live=not report, report=report))
        clock.advance(minutes=1)
    return [made[1], made[0], made[2]]


@pytest.mark.parametrize("name", ["byg", "koordinator", "redaktoer", "administrator", "data"])
async def test_nobody_of_a_municipality_chooses_the_model_and_editors_only_look(
    services: Services, sign_in: SignIn, model_path: Path, clock: Clock, tmp_path: Path, name: str
) -> None:
    live, before, aside = await three_models(services, model_path, clock, tmp_path)
    staff = await sign_in(name)
    for model in (before, aside):
        answer = await staff.post("/training/use", model=model, reason="I want it")
        assert await refusal(answer) == (403, "forbidden")
    assert (await staff.session.get(HOME)).status == 403
    assert (await staff.session.post(HOME, data={"csrf": staff.csrf, "model": before})).status == 403
    looks = name in ("redaktoer", "administrator")
    assert (await staff.session.get(f"{API}/training")).status == (200 if looks else 403)
    response = await staff.session.get("/staff/knowledge/training")
    page = await response.text()
    assert response.status == (200 if looks else 403) and "Gå tilbage" not in page and "trods" not in page
    assert [row.id for row in await rows(services, t.model, t.model.c.live)] == [live]


async def test_the_operator_may_do_nothing_that_is_not_theirs(client: Client, sign_in: SignIn) -> None:
    business = await escalated(client)
    operator = await sign_in("operator")
    assert operator.me["municipality"] == {"code": "", "name": ""} and operator.me["roles"] == ["operator"]
    fill = {
        "id": business.id,
        "inquiry": business.id,
        "action": "note",
        "area": "taxes_fees",
        "name": "building_fee_price",
    }
    tried = 0
    for route in client.app.router.routes():  # type: ignore[union-attr]
        path = route.resource.canonical if route.resource else ""
        if not path.startswith(("/staff", API)) or route.method not in ("GET", "POST", "PUT", "DELETE"):
            continue
        if (path, route.method) in OPEN_TO_OPERATORS:
            continue
        url = re.sub(r"{(\w+)}", lambda found: fill.get(found[1], "1"), path)
        headers = {"X-CSRF-Token": operator.csrf}
        more = {"json": {}} if path.startswith(API) else {"data": {"csrf": operator.csrf}}
        response = await operator.session.request(
            route.method, url, headers=headers, **({} if route.method == "GET" else more)
        )
        assert response.status == 403, (route.method, url, response.status)
        assert business.id not in await response.text()
        tried += 1
    assert tried > 25
    response = await operator.session.get("/staff")
    assert response.url.path == HOME and response.status == 200


async def test_one_click_goes_back_and_a_model_kept_aside_needs_a_reason(
    services: Services, sign_in: SignIn, model_path: Path, clock: Clock, tmp_path: Path
) -> None:
    live, before, aside = await three_models(services, model_path, clock, tmp_path)
    operator = await sign_in("operator")
    page = await (await operator.session.get(HOME)).text()
    for told in (live, before, aside, "Den taber 9 spørgsmål og vinder 1", "hvor afleverer vi farligt affald"):
        assert told in page
    response = await operator.session.post(HOME, data={"csrf": operator.csrf, "model": before})
    assert response.status == 200 and "Den valgte model svarer nu." in await response.text()
    assert [row.id for row in await rows(services, t.model, t.model.c.live)] == [before]
    response = await operator.session.post(HOME, data={"csrf": operator.csrf, "model": aside, "reason": " "})
    assert response.status == 422 and "Skriv, hvorfor" in await response.text()
    assert (await operator.session.post(HOME, data={"model": aside, "reason": "measured"})).status == 403, "no token"
    await operator.session.post(HOME, data={"csrf": operator.csrf, "model": aside, "reason": "measured by hand"})
    assert [row.id for row in await rows(services, t.model, t.model.c.live)] == [aside]
    logged = [row.detail["reason"] for row in await rows(services, t.audit, t.audit.c.action == "model_used")]
    assert logged == [None, "measured by hand"]
    assert await refusal(await operator.post("/training/use", model="nothing")) == (404, "not_found")


async def test_a_municipality_cannot_make_an_operator(services: Services, sign_in: SignIn) -> None:
    async with services.database.write() as connection:
        roles = sa.update(t.staff).where(t.staff.c.id == "administrator").values(roles=["administrator", "operator"])
        await connection.execute(roles)
    staff = await sign_in("administrator")
    assert staff.me["roles"] == ["administrator"] and (await staff.session.get(HOME)).status == 403


async def test_the_command_line_gives_and_takes_an_operators_account(services: Services, client: Client) -> None:
    environment = {
        **os.environ,
        "HOTLINE_DATABASE_URL": services.settings.database_url,
        "HOTLINE_SECRET_KEY": "k" * 40,
    }

    async def command(*arguments: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "operator", *arguments,
            cwd=PROJECT_DIR, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        return process.returncode, output.decode()

    assert (await command("add", "drift@demo.example", "--password", "short"))[0] != 0
    assert (await command("add", "drift", "--password", "long enough for one"))[0] != 0
    code, told = await command("add", "Drift@demo.example", "--password", "long enough for one")
    assert code == 0, told
    assert "drift@demo.example" in (await command("list"))[1]
    staff = Staff(client)
    await staff.sign_in("drift", "long enough for one")
    assert (await staff.session.get(HOME)).status == 200
    assert (await command("remove", "drift@demo.example"))[0] == 0
    assert (await staff.session.get(f"{API}/session")).status == 401
    assert await refusal(await staff.try_sign_in("drift", "long enough for one")) == (401, "wrong_password")
    assert (await command("remove", "drift@demo.example"))[0] != 0
    actions = {row.action for row in await rows(services, t.audit)}
    assert {"operator_added", "operator_removed"} <= actions
    await staff.session.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    "size", [pytest.param(PHONE, id="phone"), pytest.param(DESKTOP, id="desktop", marks=pytest.mark.nightly)]
)
async def test_the_operators_page_is_for_everyone_and_follows_a_training_without_a_reload(
    services: Services,
    client: Client,
    profile: ProfileMaker,
    size: dict[str, int],
    model_path: Path,
    clock: Clock,
    tmp_path: Path,
) -> None:
    from bot.editing.lease import Lease

    await three_models(services, model_path, clock, tmp_path)
    page = await (await profile(size=size)).tab()
    await page.goto(address_of(services, client) + "/staff/sign-in")
    await page.get_by_label("E-mail").fill("operator@demo.example")
    await page.get_by_label("Adgangskode").fill(PASSWORD)
    await page.get_by_role("button", name="Log ind").click()
    await page.get_by_role("heading", name="Modeller", exact=True).wait_for()
    assert await violations(page) == [] and not await scrolls_sideways(page)
    await page.get_by_label("Hvorfor skal den svare alligevel?").fill("half a reason")
    lease = Lease(services.database, "another", services.now)
    assert await lease.take()
    await page.get_by_text("Maskinen lærer.").wait_for()
    lease.progress.phase, lease.progress.share = "checking", 0.4
    await lease.renew()
    await page.get_by_text("40 %").first.wait_for()
    lease.progress.phase = "kept_aside"
    await lease.release()
    await page.get_by_text("klarede sig ikke godt nok").wait_for()
    assert await page.get_by_label("Hvorfor skal den svare alligevel?").input_value() == "half a reason"
    assert await page.get_by_role("progressbar").count() == 0
