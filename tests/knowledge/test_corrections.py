"""An answer was wrong: those who were given it are told once, and nobody else."""

from __future__ import annotations

from typing import Any

from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.store import tables as t
from tests.conftest import rows
from tests.inquirer import Inquirer, kinds
from tests.knowledge.test_articles import ARTICLE, FEE, QUESTION, TEXTS, put
from tests.staff.conftest import SignIn
from tests.staff.people import refusal

Client = TestClient[Any, Any]


async def test_those_who_were_given_the_wrong_version_are_told_once(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    danish, english, later = Inquirer(client), Inquirer(client, language="en"), Inquirer(client)
    await danish.write(QUESTION)
    await english.write("what does a building permit cost")
    editor = await sign_in("redaktoer")
    given = (await editor.get(FEE))["given"]
    assert [(row["inquiries"], row["current"]) for row in given] == [(2, True)]
    wrong = given[0]["version"]
    assert await refusal(await editor.post(FEE + "/correct", version=wrong)) == (409, "answer_unchanged")

    await put(editor, FEE, **TEXTS)
    await later.write(QUESTION)
    response = await editor.post(FEE + "/correct", version=wrong)
    assert await response.json() == {"told": 2}
    assert await (await editor.post(FEE + "/correct", version=wrong)).json() == {"told": 0}

    told = (await danish.read(after=0))["messages"][-1]
    assert (told["author"], told["kind"], told["article"]) == ("system", "correction", "taxes_fees/building_fee_price")
    assert "Hos os er prisen 850 kr." in told["text"] and "Vi beklager fejlen" in told["text"] and told["sources"]
    assert "Here the price is DKK 850" in (await english.read(after=0))["messages"][-1]["text"]
    assert "correction" not in kinds((await later.read(after=0))["messages"])
    assert [row.detail["inquiries"] for row in await rows(services, t.audit, t.audit.c.action == "correction")] == [
        2,
        0,
    ]


async def test_a_wrong_correction_can_be_corrected_too(client: Client, sign_in: SignIn) -> None:
    business, editor = Inquirer(client), await sign_in("redaktoer")
    await business.write(QUESTION)
    first = (await editor.get(FEE))["shown_version"]
    await put(editor, FEE, **TEXTS)
    second = (await editor.get(FEE))["shown_version"]
    await editor.post(FEE + "/correct", version=first)
    await editor.change(ARTICLE, "withdraw")
    assert await (await editor.post(FEE + "/correct", version=second)).json() == {"told": 1}
    assert "trække et tidligere svar" in (await business.read(after=0))["messages"][-1]["text"]


async def test_another_local_value_is_another_version(client: Client, sign_in: SignIn) -> None:
    business, editor = Inquirer(client), await sign_in("redaktoer")
    await business.write(QUESTION)
    wrong = (await editor.get(FEE))["shown_version"]
    await put(editor, "/values", article="taxes_fees/building_fee_price", values={"hourly_fee": {"da": "700 kr."}})
    assert await (await editor.post(FEE + "/correct", version=wrong)).json() == {"told": 1}
    assert "700 kr." in (await business.read(after=0))["messages"][-1]["text"]


async def test_staff_report_a_wrong_answer_and_the_editor_sees_it(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = Inquirer(client)
    answer = next(m for m in await business.write(QUESTION) if m["article"])
    finance, editor = await sign_in("oekonomi"), await sign_in("redaktoer")
    for _ in range(2):
        response = await finance.post(f"/inquiries/{business.id}/wrong", message=answer["id"])
        assert response.status == 201 and await response.json() == {"article": "taxes_fees/building_fee_price"}
    listed = (await editor.get("/articles", state="reported"))["articles"]
    assert [(row["id"], row["reports"]) for row in listed] == [("taxes_fees/building_fee_price", 1)]
    assert (await editor.get(FEE))["given"][0]["reports"] == 1
    assert await refusal(await finance.post(f"/inquiries/{business.id}/wrong", message=99)) == (404, "not_found")
    stranger = await sign_in("redaktoer")  # editors read no threads
    assert (await stranger.post(f"/inquiries/{business.id}/wrong", message=answer["id"])).status == 403
    reader = await sign_in("data")  # who only reads
    assert (await reader.post(f"/inquiries/{business.id}/wrong", message=answer["id"])).status == 403
    page = await (await reader.session.get(f"/staff/inquiries/{business.id}")).text()
    assert "Svaret er forkert" not in page
