"""A reply becomes an article: staff propose it, an editor finishes it, and the inquirer's question stays with its inquiry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from tests.knowledge.test_learning import TAUGHT, asked, erase, examples
from tests.staff.conftest import SignIn
from tests.staff.people import escalated, refusal

Client = TestClient[Any, Any]
ARTICLE = {
    "id": "building/shed_behind",
    "title": {"da": "Må vi bygge et skur bag huset?", "en": "May we build a shed behind the house?"},
    "answer": {"da": "Ja, hvis det er under 50 m².", "en": "Yes, if it is below 50 m²."},
    "sources": [{"title": "Byggeri", "url": "https://www.example.org/byggeri"}],
    "examples": {
        "da": ["skur i gården", "et lille skur", "redskabsskur bag", "skur til cykler", "overdækning bag"],
        "en": [],
    },
}


async def test_a_reply_becomes_an_article_whose_question_stays_with_its_inquiry(
    client: Client, services: Services, sign_in: SignIn, nlu_data: Path, tmp_path: Path
) -> None:
    business, message = await asked(client, TAUGHT[1])
    for reply in ("Mette Hansen", "12 34 56 78", "Solsikken"):
        await business.write(reply)
    coordinator, editor = await sign_in("koordinator"), await sign_in("redaktoer")
    await coordinator.act(business.id, "take")
    assert await coordinator.refused(business.id, "draft", message=message) == (404, "not_found")
    note = await coordinator.act(business.id, "note", text="Hun ringede også")
    assert await coordinator.refused(business.id, "draft", message=note["id"]) == (404, "not_found")
    reply = await coordinator.act(
        business.id, "reply", text="Hej Mette, det må I gerne, hvis det er under 50 m². Mvh Peter"
    )
    drafted = await coordinator.act(business.id, "draft", message=reply["id"])
    assert drafted["answer"] == "Hej …, det må I gerne, hvis det er under 50 m². …"
    assert drafted["question"] == TAUGHT[1] and drafted["area"]
    (draft,) = (await editor.get("/drafts"))["drafts"]
    key, question = f"{draft['inquiry']}.{draft['message']}", f"{draft['inquiry']}.{draft['question_message']}"
    page = await (await editor.session.get(f"/staff/knowledge/new?draft={key}")).text()
    assert "det må I gerne, hvis det er under 50 m²" in page and TAUGHT[1] in page and "Mette" not in page

    response = await editor.post("/articles", **ARTICLE, questions=[question], draft=key)
    assert response.status == 201, await response.text()
    assert (await editor.get("/drafts"))["drafts"] == []
    assert TAUGHT[1] in (await examples(services, nlu_data, tmp_path / "new"))["building/shed_behind_0000"]
    assert TAUGHT[1] not in (await editor.get("/package"))["package"]
    await erase(services, business.id)
    assert TAUGHT[1] not in str(await examples(services, nlu_data, tmp_path / "erased"))


async def test_a_draft_is_dropped_and_a_wrong_article_leaves_it(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    coordinator, editor = await sign_in("koordinator"), await sign_in("redaktoer")
    await coordinator.act(business.id, "take")
    reply = await coordinator.act(business.id, "reply", text="Det må I gerne.")
    await coordinator.act(business.id, "draft", message=reply["id"])
    key = f"{business.id}.{reply['id']}"
    assert await refusal(await editor.post("/articles", id="building/x", title={}, draft=key)) == (400, "bad_input")
    assert len((await editor.get("/drafts"))["drafts"]) == 1
    path = f"/api/v1/staff/drafts/{business.id}/{reply['id']}"
    assert (await editor.session.delete(path, headers={"X-CSRF-Token": editor.csrf})).status == 200
    assert (await editor.session.delete(path, headers={"X-CSRF-Token": editor.csrf})).status == 404
