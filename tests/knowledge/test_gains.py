"""What a round gained is counted from the questions asked of its model, beside those asked of the one before."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.store import tables as t
from tests.conftest import Clock, rows
from tests.inquirer import Inquirer
from tests.knowledge.test_unanswered import UNKNOWN
from tests.staff.conftest import SignIn
from tests.staff.people import QUESTION, copy_municipality

Client = TestClient[Any, Any]


async def answered_by(services: Services, model: str, inquiries: list[Inquirer]) -> None:
    """These inquiries' questions were taken by ``model``."""
    async with services.database.write() as connection:
        of_them = t.turn.c.inquiry_id.in_([business.id for business in inquiries])
        await connection.execute(sa.update(t.turn).where(of_them).values(model=model))


async def ask(client: Client, text: str, number: int, **more: str) -> list[Inquirer]:
    inquiries = [Inquirer(client, **more) for _ in range(number)]
    for business in inquiries:
        await business.write(text)
    return inquiries


async def test_each_round_is_told_beside_the_one_before(
    client: Client, services: Services, sign_in: SignIn, clock: Clock
) -> None:
    await copy_municipality(services, "0001")
    old = await ask(client, QUESTION, 1) + await ask(client, UNKNOWN, 3)
    for reply in ("Mette", "12 34 56 78"):
        await old[-1].press("person")
        await old[-1].write(reply)
    await answered_by(services, "old", old)
    clock.advance(hours=1)
    async with services.database.write() as connection:
        row = {"municipality": "0000", "inquiry_id": old[1].id, "message_id": 1, "text": UNKNOWN, "language": "da"}
        row |= {
            "label": "building/other",
            "state": "confirmed",
            "proposed_by": "byg",
            "proposed_at": clock(),
            "judged_at": clock(),
        }
        await connection.execute(sa.insert(t.candidate), row)
    clock.advance(hours=1)
    new = await ask(client, QUESTION, 3) + await ask(client, UNKNOWN, 1)
    answer = next(m for m in new[0].thread["messages"] if m["feedback"])
    await new[0].helped(answer["seq"], False)
    coordinator = await sign_in("koordinator", municipality="0000")
    wrong = next(m for m in new[1].thread["messages"] if m["feedback"])
    await coordinator.act(new[1].id, "wrong", message=wrong["id"])
    await answered_by(services, "new", new)
    elsewhere = await ask(client, UNKNOWN, 1, municipality="0001")
    await answered_by(services, "new", elsewhere)

    editor = await sign_in("redaktoer", municipality="0000")
    after, before = (await editor.get("/gains"))["rounds"]
    assert (after["model"], before["model"], after["questions"], before["questions"]) == ("new", "old", 4, 4)
    assert before["shares"] == {
        "answered": 0.25, "clarified": 0.75, "handed_over": 0.0, "out_of_scope": 0.0, "unhelpful": 0.0, "wrong": 0.0,
    }  # fmt: skip
    assert (after["shares"]["answered"], after["shares"]["clarified"], after["answers"]) == (0.75, 0.25, 3)
    assert (after["shares"]["unhelpful"], after["shares"]["wrong"]) == (0.3333, 0.3333)
    assert (after["changes"]["answered"], after["changes"]["clarified"], before["changes"]["answered"]) == (
        0.5,
        -0.5,
        None,
    )
    assert (after["learnt"], before["learnt"]) == (1, 0)
    page = await (await editor.session.get("/staff/knowledge/gains")).text()
    assert "75 %" in page and "(+50)" in page and "(-50)" in page


async def test_a_turn_keeps_the_id_of_its_model_as_the_console_lists_it(
    client: Client, services: Services, model_path: Any
) -> None:
    await ask(client, QUESTION, 1)
    assert [row.model for row in await rows(services, t.turn)] == [model_path.name.removesuffix(".tar.gz")]


async def test_without_questions_the_page_says_so(client: Client, sign_in: SignIn) -> None:
    editor = await sign_in("redaktoer")
    assert (await editor.get("/gains"))["rounds"] == []
    assert "ikke stillet nogen spørgsmål endnu" in await (await editor.session.get("/staff/knowledge/gains")).text()
