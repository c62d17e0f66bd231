"""What an editor changes is what the bot says at the next turn."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.store import tables as t
from tests.conftest import rows
from tests.inquirer import Inquirer
from tests.staff.conftest import SignIn
from tests.staff.people import copy_municipality, refusal

Client = TestClient[Any, Any]
FEE = "/articles/taxes_fees/building_fee_price"
QUESTION = "hvad koster en byggetilladelse"
TEXTS = {
    "title": {"da": "Hvad koster en byggesag hos os?", "en": "What does a building case cost here?"},
    "answer": {"da": "Hos os er prisen {hourly_fee}.", "en": "Here the price is {hourly_fee}."},
    "follow_ups": {"price": {"da": "Kun {hourly_fee}.", "en": "Only {hourly_fee}."}},
}


async def said(client: Client, text: str = QUESTION) -> str:
    business = Inquirer(client)
    return "\n".join(message["text"] for message in await business.write(text))


async def put(staff: Any, path: str, **body: Any) -> Any:
    return await staff.session.put(f"/api/v1/staff{path}", json=body, headers={"X-CSRF-Token": staff.csrf})


async def test_an_own_text_is_said_at_the_next_turn_and_the_common_one_again_when_it_goes(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    editor = await sign_in("redaktoer")
    assert "Det bestemmer kommunen selv" in await said(client)
    response = await put(editor, FEE, **TEXTS)
    assert response.status == 200, await response.text()
    article = await response.json()
    assert article["states"] == ["own_text"] and article["changed_by"] == "Redaktør (demo)" and article["version"] == 1
    assert "Hos os er prisen 850 kr. pr. time (2026)." in await said(client)
    response = await editor.session.delete(f"/api/v1/staff{FEE}", headers={"X-CSRF-Token": editor.csrf})
    assert (await response.json())["states"] == ["common"]
    assert "Det bestemmer kommunen selv" in await said(client)
    assert [row.action for row in await rows(services, t.audit)] == ["article_text", "article_common"]


async def test_a_withdrawn_article_is_not_said_until_it_is_taken_back(client: Client, sign_in: SignIn) -> None:
    editor = await sign_in("redaktoer")
    await editor.post(FEE + "/withdraw")
    assert "850" not in await said(client)
    assert [row["id"] for row in (await editor.get("/articles", state="withdrawn"))["articles"]] == [
        "taxes_fees/building_fee_price"
    ]
    await editor.post(FEE + "/take_back")
    assert "850" in await said(client)


async def test_a_local_value_holds_at_the_next_turn_and_without_it_the_article_says_so(
    client: Client, sign_in: SignIn
) -> None:
    editor = await sign_in("redaktoer")
    response = await put(
        editor, "/values", article="taxes_fees/building_fee_price", values={"hourly_fee": {"da": "912 kr."}}
    )
    assert response.status == 200, await response.text()
    assert "912 kr." in await said(client)
    await put(editor, "/values", article="taxes_fees/building_fee_price", values={"hourly_fee": None})
    assert (await editor.get(FEE))["core_missing"]
    missing = [v["name"] for v in (await editor.get("/values"))["values"] if v["value"] is None]
    assert missing == ["hourly_fee"]
    business = Inquirer(client)
    await business.write(QUESTION)
    assert business.status == "waiting", "an answer without its core value comes with a person"


async def test_a_text_that_names_what_is_no_local_value_is_refused_and_changes_nothing(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    editor = await sign_in("redaktoer")
    for broken in (
        {"answer": {"da": "{gebyr}", "en": "{gebyr}"}},
        {"answer": {"da": "Ja", "en": ""}},
        {"title": "Ja"},
        {"answer": {"da": 7, "en": "x"}},
        {"follow_ups": {"nonsense": {"da": "a", "en": "b"}}},
        {"answer": {"da": "x" * 6001, "en": "x"}},
    ):
        assert await refusal(await put(editor, FEE, **{**TEXTS, **broken})) == (400, "bad_input")
    assert await rows(services, t.article_text) == []
    assert await refusal(await put(editor, "/articles/building/nothing", **TEXTS)) == (404, "not_found")
    response = await put(editor, "/values", article="taxes_fees/building_fee_price", values={"nothing": None})
    assert await refusal(response) == (400, "bad_input")


async def test_of_two_editors_of_the_same_text_the_later_is_told(sign_in: SignIn) -> None:
    editor, other = await sign_in("redaktoer"), await sign_in("administrator")
    assert (await put(editor, FEE, **TEXTS, version=0)).status == 200
    assert await refusal(await put(other, FEE, **TEXTS, version=0)) == (409, "conflict")


async def test_only_editors_and_administrators_see_and_change_articles(sign_in: SignIn) -> None:
    for name in ("byg", "koordinator", "data"):
        staff = await sign_in(name)
        for path in ("/articles", FEE, "/values"):
            assert await refusal(await staff.session.get(f"/api/v1/staff{path}")) == (403, "forbidden")
        assert await refusal(await put(staff, FEE, **TEXTS)) == (403, "forbidden")
        assert await refusal(await staff.post(FEE + "/withdraw")) == (403, "forbidden")
        assert await refusal(await staff.post("/preview", text="hej")) == (403, "forbidden")
        assert await refusal(await staff.post(FEE + "/correct", version="x")) == (403, "forbidden")
        assert (await staff.session.get("/staff/knowledge")).status == 403


async def test_a_change_stays_in_its_municipality(client: Client, services: Services, sign_in: SignIn) -> None:
    await copy_municipality(services, "0001")
    editor = await sign_in("redaktoer", municipality="0001")
    assert (await put(editor, FEE, **TEXTS)).status == 200
    assert "Det bestemmer kommunen selv" in await said(client)
    own = await sign_in("redaktoer", municipality="0000")
    assert (await own.get(FEE))["states"] == ["common"]


async def test_the_list_finds_by_words_area_and_state(sign_in: SignIn) -> None:
    editor = await sign_in("redaktoer")
    everything = await editor.get("/articles")
    assert everything["counts"]["all"] == 6 and len(everything["articles"]) == 6
    found = (await editor.get("/articles", q="byggesag koster"))["articles"]
    assert [row["id"] for row in found] == ["taxes_fees/building_fee_price"]
    assert {row["area"] for row in (await editor.get("/articles", area="licences"))["articles"]} == {"licences"}
    assert (await editor.get("/articles", state="own_text"))["articles"] == []
    assert await refusal(await editor.session.get("/api/v1/staff/articles?state=no")) == (400, "bad_input")


async def test_a_changed_common_text_is_shown_beside_the_own_one(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    editor = await sign_in("redaktoer")
    await put(editor, FEE, **TEXTS)
    async with services.database.write() as connection:  # the common base was another when the own text was written
        await connection.execute(sa.update(t.article_text).values(base_version="older"))
    article = await editor.get(FEE)
    assert "base_changed" in article["states"]
    assert (
        article["own"]["title"]["da"] == TEXTS["title"]["da"]
        and article["common"]["title"]["da"] == "Hvad koster en byggesag i gebyr?"
    )
    await editor.post(FEE + "/keep")
    assert (await editor.get(FEE))["states"] == ["own_text"]


async def test_a_preview_says_what_the_bot_would_say_and_stores_nothing(services: Services, sign_in: SignIn) -> None:
    editor = await sign_in("redaktoer")
    response = await editor.post("/preview", text=QUESTION)
    assert response.status == 200, await response.text()
    preview = await response.json()
    assert preview["decision"] == "Answer" and preview["said"][0]["article"] == "taxes_fees/building_fee_price"
    assert (
        preview["areas"][0]["id"] == "taxes_fees"
        and preview["articles"][0]["title"] == "Hvad koster en byggesag i gebyr?"
    )
    assert preview["model"] == services.workers.model_id
    assert await rows(services, t.inquiry) == [] and await rows(services, t.message) == []
    assert await refusal(await editor.post("/preview", text=" ")) == (422, "empty_text")


async def test_a_cpr_number_in_a_text_is_removed(sign_in: SignIn) -> None:
    editor = await sign_in("redaktoer")
    texts = TEXTS | {"answer": {"da": "Ring til 010190-1234", "en": "Call 010190-1234"}}
    response = await put(editor, FEE, **texts)
    assert "010190" not in await response.text()
