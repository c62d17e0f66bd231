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
ARTICLE = "taxes_fees/building_fee_price"
FEE = f"/articles/{ARTICLE}"
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
    """Changes an article or its values as they are now, unless ``body`` says which version was read; other things as they are."""
    article = body.get("article", "") if path == "/values" else path.removeprefix("/articles/")
    if article != path and "version" not in body:
        body["version"] = await staff.version(article)
    return await staff.session.put(f"/api/v1/staff{path}", json=body, headers={"X-CSRF-Token": staff.csrf})


async def delete(staff: Any, article: str, **query: Any) -> Any:
    headers = {"X-CSRF-Token": staff.csrf}
    return await staff.session.delete(f"/api/v1/staff/articles/{article}", params=query, headers=headers)


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
    response = await delete(editor, ARTICLE, version=1)
    assert (await response.json())["states"] == ["common"]
    assert "Det bestemmer kommunen selv" in await said(client)
    changes = await rows(services, t.audit, t.audit.c.action.like("article_%"))
    assert [row.action for row in changes] == ["article_text", "article_common"]


async def test_a_withdrawn_article_is_not_said_until_it_is_taken_back(client: Client, sign_in: SignIn) -> None:
    editor = await sign_in("redaktoer")
    await editor.change(ARTICLE, "withdraw")
    assert "850" not in await said(client)
    assert [row["id"] for row in (await editor.get("/articles", state="withdrawn"))["articles"]] == [
        "taxes_fees/building_fee_price"
    ]
    await editor.change(ARTICLE, "take_back")
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
        assert await refusal(await staff.change(ARTICLE, "withdraw")) == (403, "forbidden")
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
    await editor.change(ARTICLE, "keep")
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


async def test_no_change_of_an_article_goes_over_another_editors(services: Services, sign_in: SignIn) -> None:
    editor, other = await sign_in("redaktoer"), await sign_in("administrator")
    values = {"article": ARTICLE, "values": {"hourly_fee": {"da": "1.000 kr."}}}

    async def try_all(version: dict[str, Any]) -> set[tuple[int, str]]:
        headers = {"X-CSRF-Token": other.csrf}

        async def put_at(path: str, body: dict[str, Any]) -> Any:
            return await other.session.put(f"/api/v1/staff{path}", json=body, headers=headers)

        answers = [await put_at(FEE, TEXTS | version), await put_at("/values", values | version)]
        answers += [await other.post(f"{FEE}/{action}", **version) for action in ("keep", "withdraw", "take_back")]
        answers.append(await delete(other, ARTICLE, **version))
        return {await refusal(answer) for answer in answers}

    assert await try_all({}) == {(400, "bad_input")}
    for change in (put(editor, "/values", **values), put(editor, FEE, **TEXTS), editor.change(ARTICLE, "withdraw")):
        version = await editor.version(ARTICLE)
        assert (await change).status == 200
        assert await try_all({"version": version}) == {(409, "conflict")}
    assert await editor.version(ARTICLE) == 3


OWN = {
    "id": "building/town_gate",
    "title": {"da": "Må vi male byporten?", "en": "May we paint the town gate?"},
    "answer": {"da": "Nej, byporten er fredet.", "en": "No, the town gate is listed."},
    "sources": [{"title": "Fredede bygninger", "url": "https://kulturarv.example/gate"}],
    "examples": {
        "da": ["byporten maling", "må vi male byporten", "ny farve på byporten", "byport rød", "facade byport"]
    },
}


async def test_an_own_article_that_nobody_used_is_deleted_and_a_used_one_only_withdrawn(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    editor = await sign_in("redaktoer")
    article = (await (await editor.post("/articles", **OWN)).json())["id"]
    assert await refusal(await delete(editor, article, version=7)) == (409, "conflict")
    assert await refusal(await delete(editor, "building/nothing_0000", version=1)) == (404, "not_found")
    assert (await delete(editor, article, version=1)).status == 200
    assert await rows(services, t.article_text) == []
    assert (await editor.session.get(f"/api/v1/staff/articles/{article}")).status == 404

    await editor.post("/articles", **OWN)
    business = Inquirer(client)
    await business.write("hej")
    async with services.database.write() as connection:
        await connection.execute(sa.update(t.message).values(article=article, article_version="x"))
    assert await refusal(await delete(editor, article, version=1)) == (409, "article_in_use")
    assert (await editor.change(article, "withdraw")).status == 200


async def test_what_is_no_list_of_local_values_is_refused(services: Services, sign_in: SignIn) -> None:
    editor = await sign_in("redaktoer")
    for local in ([[[]]], [1], "x", {"a": 1}, [{"name": []}]):
        assert await refusal(await editor.post("/articles", **{**OWN, "local": local})) == (400, "bad_input")
    for sign in ("\u0000", "\ud800"):
        strange = {**OWN, "sources": [{"title": f"Fre{sign}det", "url": "https://kulturarv.example/gate"}]}
        assert (await editor.post("/articles", **strange)).status == 400
