"""Questions that the bot did not answer, or badly: which they are, how they are grouped, and what an editor does with a group."""

from __future__ import annotations

import random
from typing import Any

import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.conversation.tokens import new_id
from bot.editing.likeness import group
from bot.editing.questions import MOST
from bot.store import tables as t
from tests.conftest import Clock, rows
from tests.inquirer import Inquirer
from tests.knowledge.test_learning import NEEDED, asked
from tests.staff.conftest import SignIn
from tests.staff.people import QUESTION, Staff, refusal

Client = TestClient[Any, Any]
UNKNOWN = "skibe og tog"
UNKNOWN_TOO = "bil i garagen"


async def reasons(editor: Staff) -> dict[str, list[str]]:
    """Every question that is listed, with why."""
    groups = (await editor.get("/unanswered"))["groups"]
    return {question["text"]: question["reasons"] for group in groups for question in group["questions"]}


async def store(services: Services, texts: list[str], *, municipality: str = "0000", **more: Any) -> list[str]:
    """Each text as the one question of an inquiry that the bot asked back about; returns the inquiries' ids."""
    now = services.now()
    ids = [new_id() for _ in texts]
    tenant = [{"municipality": municipality, "inquiry_id": inquiry} for inquiry in ids]
    fixed = {"channel": "web", "created_at": now, "last_message_at": now, "status": "with_bot", "language": "da"}
    inquiries = [{"municipality": municipality, "id": inquiry, **fixed} for inquiry in ids]
    said = {"id": 1, "seq": 1, "rev": 1, "author": "inquirer", "channel": "web", "at": now}
    understood = {"language": "da", "articles": [], "areas": [], "kinds": []}
    turned = {
        "id": 1,
        "message_id": 1,
        "status": "done",
        "decision": "Clarify",
        "model": "m",
        "at": now,
        "answered": [],
    }
    async with services.database.write() as connection:
        await connection.execute(sa.insert(t.inquiry), inquiries)
        await connection.execute(
            sa.insert(t.message), [{**row, **said, "text": text} for row, text in zip(tenant, texts, strict=True)]
        )
        await connection.execute(
            sa.insert(t.turn), [{**row, **turned, "understanding": understood, **more} for row in tenant]
        )
    return ids


async def test_what_was_clarified_handed_over_unhelpful_or_wrong_is_listed_with_why(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    helped, unhelpful, wrong = Inquirer(client), Inquirer(client), Inquirer(client)
    texts = [f"{QUESTION}, {word}" for word in ("ikke sandt", "tak for hjælpen", "venner")]
    for business, text in zip((helped, unhelpful, wrong), texts, strict=True):
        await business.write(text)
        assert any(message["feedback"] for message in business.thread["messages"]), "the bot answered"
    answers = [next(m for m in one.thread["messages"] if m["feedback"]) for one in (helped, unhelpful, wrong)]
    await helped.helped(answers[0]["seq"], True)
    await unhelpful.helped(answers[1]["seq"], False)
    coordinator, editor = await sign_in("koordinator"), await sign_in("redaktoer")
    await coordinator.act(wrong.id, "wrong", message=answers[2]["id"])
    puzzled = Inquirer(client)
    await puzzled.write(UNKNOWN)
    await puzzled.write(UNKNOWN_TOO)
    assert puzzled.status == "waiting"
    await puzzled.write("Mette Hansen")
    found = await reasons(editor)
    assert found[texts[1].replace("20", "00")] == ["unhelpful"] and found[texts[2].replace("20", "00")] == ["wrong"]
    assert found[UNKNOWN] == ["clarified"] and found[UNKNOWN_TOO] == ["handed_over"]
    assert len(found) == 4, "neither what helped nor a reply to the contact form"


async def test_a_question_that_was_clarified_with_a_click_or_is_old_is_not_listed(
    client: Client, services: Services, sign_in: SignIn, clock: Clock
) -> None:
    editor = await sign_in("redaktoer")
    await store(services, ["noget om et gammelt skib"])
    clock.advance(days=91)
    editor = await sign_in("redaktoer")
    assert (await editor.get("/unanswered"))["total"] == 0
    (inquiry,) = await store(services, ["noget om et nyt skib"])
    assert (await editor.get("/unanswered"))["total"] == 1
    row = {
        "municipality": "0000",
        "inquiry_id": inquiry,
        "id": 5,
        "seq": 2,
        "rev": 5,
        "author": "inquirer",
        "channel": "web",
    }
    row |= {"text": "Skibe", "body": {"choice": f"article:{NEEDED}"}, "at": services.now()}
    async with services.database.write() as connection:
        await connection.execute(sa.insert(t.message), row)
    assert (await editor.get("/unanswered"))["total"] == 0


async def test_alike_questions_stand_together_the_most_first_and_are_marked_at_once(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    fireworks = [
        "må vi sælge fyrværkeri",
        "sælge fyrværkeri i butikken",
        "hvordan sælge fyrværkeri",
        "sælge fyrværkeri",
    ]
    ships = ["kan skibet ligge ved kajen", "skib ved kajen i vinter"]
    ids = await store(services, [*ships, *fireworks, "hvor er min kat"])
    editor = await sign_in("redaktoer")
    listed = await editor.get("/unanswered")
    assert [group["size"] for group in listed["groups"]] == [4, 2, 1] and listed["total"] == 7
    first = listed["groups"][0]
    assert {question["text"] for question in first["questions"]} == set(fireworks)
    assert first["reasons"]["clarified"] == 4
    keys = [f"{question['inquiry']}.{question['message']}" for question in first["questions"]]
    services.taught.clear()
    assert await refusal(await editor.post("/unanswered/mark", questions=keys, label="no/such")) == (400, "bad_input")
    assert await refusal(await editor.post("/unanswered/mark", questions=[], label=NEEDED)) == (400, "bad_input")
    assert await refusal(await editor.post("/unanswered/mark", questions=["x"], label=NEEDED)) == (404, "not_found")
    assert await rows(services, t.candidate) == [] and not services.taught.is_set()
    answer = await editor.post("/unanswered/mark", questions=keys, label=NEEDED)
    assert await answer.json() == {"marked": 4} and services.taught.is_set()
    assert len((await editor.get("/candidates", state="confirmed"))["candidates"]) == 4
    aside = await editor.post("/unanswered/mark", questions=[f"{ids[-1]}.1"])
    assert await aside.json() == {"marked": 1}
    assert [group["size"] for group in (await editor.get("/unanswered"))["groups"]] == [2]
    assert (await editor.get("/candidates", state="refused"))["candidates"] == [], (
        "set aside, not refused as an example"
    )


async def test_two_thousand_questions_are_grouped_without_holding_up_anybody(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    choice = random.Random(7)
    words = [
        f"{a}{b}"
        for a in ("sol", "vind", "hav", "skov", "sne", "mark")
        for b in ("hus", "mølle", "vogn", "plads", "kran")
    ]
    await store(services, [" ".join(choice.sample(words, 6)) for _ in range(MOST + 50)])
    listed = await (await sign_in("redaktoer")).get("/unanswered")
    assert listed["total"] == MOST
    shown = sum(group["size"] for group in listed["groups"])
    assert shown + listed["more"] <= MOST and len(listed["groups"]) <= 100


async def test_the_list_tells_nothing_of_who_asked(
    client: Client, services: Services, sign_in: SignIn, clock: Clock
) -> None:
    ids = await store(services, ["Kan Solsikken få Mettes elefant ind på Nørregade 12? ring 12345678"])
    async with services.database.write() as connection:
        named = {"contact_name": "Mette Hansen", "company": "Solsikken ApS"}
        await connection.execute(sa.update(t.inquiry).where(t.inquiry.c.id == ids[0]).values(**named))
    clock.advance(hours=1)
    editor = await sign_in("redaktoer")
    assert list(await reasons(editor)) == ["Kan … få … elefant ind på …? ring …"]
    page = await (await editor.session.get("/staff/knowledge/questions")).text()
    assert "elefant ind på" in page and "Mette" not in page and "Solsikken" not in page


async def test_an_article_of_a_group_takes_its_questions_along(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business, message = await asked(client, UNKNOWN)
    editor = await sign_in("redaktoer")
    page = await (await editor.session.get(f"/staff/knowledge/new?question={business.id}.{message}")).text()
    assert UNKNOWN in page and f'value="{business.id}.{message}"' in page
    assert (await editor.session.get("/staff/knowledge/new?question=zz.1")).status == 404


def test_grouping_is_the_same_every_time_and_forms_no_chains() -> None:
    texts = ["hegn mod vejen", "hegn mod naboen", "naboen larmer", "larmer maskinen", "", "!!!"]
    nothing: list[dict[str, float]] = [{} for _ in texts]
    assert group(texts, nothing) == group(texts, nothing)
    for members in group(texts, nothing):
        assert not {texts.index("hegn mod vejen"), texts.index("larmer maskinen")} <= set(members)
    same = {"building/fence": 0.4}
    joined = group(["plankeværk til gaden", "hegn mod vejen", "hvad med moms"], [same, same, {}])
    assert joined == [[0, 1], [2]], "what the model thought of joins what has no common word"
    assert group([], []) == []
