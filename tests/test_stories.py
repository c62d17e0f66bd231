"""Whole stories through HTTP, on SQLite and PostgreSQL, with the real model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.errors import NotActingContact, WrongStatus
from bot.store import tables as t
from bot.web.keys import PEOPLE
from tests.conftest import Clock, ServicesMaker, rows
from tests.inquirer import Inquirer, buttons, client_id, kinds, staff_member

QUESTION = "skal man have byggetilladelse til et skur på 20 kvm bag værkstedet"


@pytest_asyncio.fixture(loop_scope="session")
async def both(database_url: str, make_services: ServicesMaker) -> AsyncIterator[Services]:
    yield await make_services(database_url)


@pytest_asyncio.fixture(loop_scope="session")
async def web(both: Services, serve: Callable[[Services], Awaitable[TestClient[Any, Any]]]) -> TestClient[Any, Any]:
    return await serve(both)


async def test_a_question_is_answered_with_sources_and_confirmed(both: Services, web: TestClient[Any, Any]) -> None:
    business = Inquirer(web)
    said = await business.write(QUESTION)
    assert said[0]["kind"] == "disclosure"
    answer = said[1]
    assert answer["article"] == "building/permit_needed"
    assert answer["sources"] and answer["feedback"] and "person" in buttons([answer])
    assert "<strong>" in answer["html"]
    (thanks,) = await business.helped(answer["seq"], True)
    assert thanks["author"] == "bot"
    assert business.status == "resolved" and business.thread["outcome"] == "confirmed"
    (inquiry,) = await rows(both, t.inquiry)
    assert inquiry.disclosed_at is not None and inquiry.number is None
    assert [m["seq"] for m in business.thread["messages"]] == [1, 2, 3, 4]


async def test_tak_does_not_reopen_but_a_question_does(web: TestClient[Any, Any]) -> None:
    business = Inquirer(web)
    said = await business.write(QUESTION)
    await business.helped(said[-1]["seq"], True)
    assert await business.write("tusind tak for hjælpen!") == []
    assert business.status == "resolved"
    assert await business.write(QUESTION)
    assert business.status == "with_bot"


async def test_no_twice_leads_to_a_person(web: TestClient[Any, Any]) -> None:
    business = Inquirer(web)
    said = await business.write("hvordan klager vi over en afgørelse")
    said = await business.helped(said[-1]["seq"], False)
    assert business.status == "with_bot" and buttons(said)
    answers = [m for m in await business.press(buttons(said)[0]) if m["feedback"]]
    await business.helped(answers[-1]["seq"], False)
    assert business.status == "waiting"


async def test_nothing_understood_twice_leads_to_a_person(web: TestClient[Any, Any]) -> None:
    business = Inquirer(web)
    await business.write("kan man det")
    said = await business.write("hvordan gør jeg")
    assert business.status == "waiting", said


async def test_escalation_gives_number_contact_deadline_and_link_and_then_asks(
    both: Services, web: TestClient[Any, Any]
) -> None:
    business = Inquirer(web)
    await business.write(QUESTION)
    said = await business.press("person")
    assert business.status == "waiting"
    assert business.thread["number"] == "2026-000001"
    contact = business.thread["contact"]
    assert contact["department"] == "Byg og Plan" and contact["name"] and contact["title"]
    named = next(m for m in said if m["kind"] == "contact_named")
    assert contact["name"] in named["text"] and "2026-000001" in named["text"]
    assert f"/i/#{business.token}" in named["text"]
    assert business.thread["reply_due_at"] and "form_name" in kinds(said)
    assert "form_reach" in kinds(await business.write("Bager Jensens Eftf."))
    assert "form_reach_invalid" in kinds(await business.write("det ved jeg ikke helt"))
    assert "form_company" in kinds(await business.write("bager@firma.example"))
    assert "form_cvr_invalid" in kinds(await business.write("12345678"))
    assert "form_done" in kinds(await business.write("cvr 13748136"))
    (inquiry,) = await rows(both, t.inquiry)
    assert inquiry.contact_name == "Bager Jensens Eftf." and inquiry.contact_email == "bager@firma.example"
    assert inquiry.cvr == "13748136" and not inquiry.cvr_checked
    (deadline,) = await rows(both, t.deadline)
    assert deadline.kind == "first_reply" and deadline.met_at is None
    # The token is derived, and stands nowhere in the database.
    assert all(business.token not in (m.text + str(m.body)) for m in await rows(both, t.message))


async def test_staff_answer_while_the_page_is_closed(both: Services, web: TestClient[Any, Any]) -> None:
    business = Inquirer(web)
    await business.write("jeg vil tale med et menneske om en byggesag")
    people = web.app[PEOPLE]  # type: ignore[union-attr]
    owner = await staff_member(both, (await rows(both, t.inquiry))[0].acting_id)
    await people.take(owner, business.id)
    await people.reply(owner, business.id, "Hej. Ja, det kan I godt.\n\nVi ser på det.")
    again = Inquirer(web)  # another device, with the link
    again.id, again.token = business.id, business.token
    said = await again.answered()
    reply = said[-1]
    assert reply["author"] == "staff" and reply["name"] == owner.name and "Vi ser på det." in reply["text"]
    assert again.thread["contact"]["name"] == owner.name and again.status == "with_contact"
    (deadline,) = await rows(both, t.deadline)
    assert deadline.met_at is not None


async def test_the_bot_is_silent_after_a_take_over_and_answers_after_give_back(
    both: Services, web: TestClient[Any, Any]
) -> None:
    business = Inquirer(web)
    await business.write("jeg vil gerne tale med en person")
    people = web.app[PEOPLE]  # type: ignore[union-attr]
    coordinator = await staff_member(both, "koordinator")
    await people.take(coordinator, business.id)
    await business.answered()
    assert await business.write(QUESTION) == []
    assert business.status == "with_contact" and business.thread["reply_due_at"]
    await people.give_back(coordinator, business.id)
    await business.answered()
    said = await business.write(QUESTION)
    assert said[-1]["article"] == "building/permit_needed"
    await business.press("person")
    assert (await rows(both, t.inquiry))[0].owner_id == "koordinator"  # the owner keeps it


async def test_a_resolved_inquiry_comes_back_to_the_same_contact(
    both: Services, web: TestClient[Any, Any], clock: Clock
) -> None:
    business = Inquirer(web)
    await business.write("jeg vil gerne tale med en person")
    people = web.app[PEOPLE]  # type: ignore[union-attr]
    coordinator = await staff_member(both, "koordinator")
    await people.take(coordinator, business.id)
    await people.resolve(coordinator, business.id, "solved")
    with pytest.raises(WrongStatus):
        await people.reply(coordinator, business.id, "for sent")
    clock.advance(days=3)
    await business.answered()
    said = await business.write("det virker alligevel ikke")
    assert business.status == "with_contact" and "reopened" in kinds(said)
    assert (await rows(both, t.inquiry))[0].acting_id == "koordinator"


async def test_long_after_it_was_resolved_a_message_starts_a_linked_inquiry_with_the_same_owner_preferred(
    both: Services, web: TestClient[Any, Any], clock: Clock
) -> None:
    business = Inquirer(web, browser="browser-secret")
    await business.write("jeg vil gerne tale med en person")
    people = web.app[PEOPLE]  # type: ignore[union-attr]
    job = await staff_member(both, "koordinator")
    await people.take(job, business.id)
    await people.resolve(job, business.id, "solved")
    clock.advance(days=30)
    response = await business.post(text=QUESTION, client_id=client_id(1))
    linked = (await response.json())["inquiry"]
    assert linked["id"] != business.id
    second = Inquirer(web)
    second.id, second.token = linked["id"], linked["token"]
    said = await second.answered()
    assert second.status == "with_bot" and any(m["article"] for m in said)
    await second.press("person")
    new = next(row for row in await rows(both, t.inquiry) if row.id == second.id)
    assert new.previous_id == business.id and new.owner_id == "koordinator"


async def test_only_the_acting_contact_writes_to_the_inquirer(both: Services, web: TestClient[Any, Any]) -> None:
    business = Inquirer(web)
    await business.write(QUESTION)
    await business.press("person")
    people = web.app[PEOPLE]  # type: ignore[union-attr]
    acting = (await rows(both, t.inquiry))[0].acting_id
    colleague = await staff_member(both, "plan" if acting == "byg" else "byg")
    with pytest.raises(NotActingContact):
        await people.reply(colleague, business.id, "hej")
    await business.answered()
    await people.note(colleague, business.id, "Husk servitutten. CPR 010190-1234")
    before = business.seen
    assert [m for m in (await business.read())["messages"] if m["seq"] > before] == []
    note = next(m for m in await rows(both, t.message) if m.internal)
    assert "010190" not in note.text


async def test_a_cpr_number_never_reaches_the_database(both: Services, web: TestClient[Any, Any]) -> None:
    business = Inquirer(web)
    said = await business.write("jeg hedder Ib, cpr 010190-1234, og vil bygge et skur")
    assert said[0]["kind"] == "cpr_masked"
    for table in (t.message, t.turn, t.inquiry):
        assert "010190" not in str(await rows(both, table))


async def test_a_clarification_offers_buttons_once_and_the_pressed_one_answers(web: TestClient[Any, Any]) -> None:
    business = Inquirer(web)
    said = await business.write("klage")
    offered = [choice for choice in buttons(said) if choice.startswith("article:")]
    assert 2 <= len(offered) <= 4 and "none" in buttons(said), said
    said = await business.press(offered[0])
    assert said[-1]["article"] == offered[0].removeprefix("article:")


async def test_what_others_are_responsible_for_is_said_with_their_name(web: TestClient[Any, Any]) -> None:
    business = Inquirer(web)
    said = await business.write("hvornår skal vi indberette moms")
    assert said[-1]["decision"] == "OutOfScope" and "Skattestyrelsen" in said[-1]["text"]


async def test_english_is_answered_in_english(web: TestClient[Any, Any]) -> None:
    business = Inquirer(web)
    said = await business.write("where do I find the local plan for our address?")
    assert said[0]["text"].startswith("You are writing")
    assert said[-1]["article"] == "planning/find_local_plan" and "local plan" in said[-1]["text"]


async def test_two_messages_at_once_are_answered_in_order(web: TestClient[Any, Any]) -> None:
    import asyncio

    business = Inquirer(web)
    await business.open()
    await asyncio.gather(
        business.post(text=QUESTION, client_id=client_id(1)),
        business.post(text="hvad koster det?", client_id=client_id(2)),
    )
    said = await business.answered()
    assert [m["seq"] for m in business.thread["messages"]] == list(range(1, len(business.thread["messages"]) + 1))
    assert sum(m["decision"] is not None and m["kind"] != "disclosure" for m in said) >= 2
