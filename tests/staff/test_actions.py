"""Take, reply, note, give back, hand on, resolve: over HTTP, with everyone's rights."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.errors import TakenByOther
from bot.store import tables as t
from bot.web.keys import PEOPLE
from tests.conftest import rows
from tests.inquirer import Inquirer, staff_member
from tests.staff.conftest import SignIn
from tests.staff.people import API, QUESTION, Staff, escalated, owner_of, refusal

Client = TestClient[Any, Any]


async def owner_and_other(services: Services, sign_in: SignIn, inquiry_id: str) -> tuple[Staff, Staff]:
    """The contact of a building matter and the colleague of the same department."""
    owner = await owner_of(services, inquiry_id)
    return await sign_in(owner), await sign_in("plan" if owner == "byg" else "byg")


async def test_the_thread_shows_what_the_bot_understood_and_suggests_answers(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner, _ = await owner_and_other(services, sign_in, business.id)
    detail = await owner.get(f"/inquiries/{business.id}")
    assert [m["author"] for m in detail["messages"]][:2] == ["inquirer", "bot"]
    assert business.token not in str(detail), "a secret link is the inquirer's alone"
    turn = detail["turns"][0]
    assert turn["areas"][0]["id"] == "building" and 0 < turn["areas"][0]["confidence"] <= 1 and turn["model"]
    first = detail["suggestions"][0]
    assert first["article"] == "building/permit_needed" and first["shown"] and first["title"]
    assert first["html"].startswith("<p>") and "{" not in first["text"] and first["sources"]
    assert detail["inquiry"]["contact"]["page_only"] and detail["inquiry"]["escalation_reason"] == "request"
    (deadline,) = detail["deadlines"]
    assert deadline["kind"] == "first_reply" and deadline["met_at"] is None and not deadline["overdue"]
    assert detail["may"] == {
        "take": True, "reply": True, "note": True, "give_back": False, "hand_on": True,
        "revoke_link": True, "resolve": True,
    }  # fmt: skip


async def test_replies_to_the_contact_form_are_no_questions(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner, _ = await owner_and_other(services, sign_in, business.id)
    before = await owner.get(f"/inquiries/{business.id}")
    for reply in ("Firmaets indehaver", "kontor@byggefirma.example", "Eksempel Byg ApS"):
        await business.write(reply)
    after = await owner.get(f"/inquiries/{business.id}")
    assert after["suggestions"] == before["suggestions"] and after["turns"] == before["turns"]
    contact = after["inquiry"]["contact"]
    assert (contact["name"], contact["company"], contact["page_only"]) == (
        "Firmaets indehaver",
        "Eksempel Byg ApS",
        False,
    )


async def test_a_reply_reaches_the_inquirer_and_silences_the_bot(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner, _ = await owner_and_other(services, sign_in, business.id)
    await owner.act(business.id, "take")
    client_id = str(uuid.uuid4())
    sent = await owner.act(business.id, "reply", text="  I skal søge. Hilsen **mig** ", client_id=client_id)
    again = await owner.act(business.id, "reply", text="I skal søge. Hilsen **mig**", client_id=client_id)
    assert sent["seq"] == again["seq"] and sent["text"] == "I skal søge. Hilsen **mig**" and sent["html"] is None
    assert await owner.refused(business.id, "reply", text="Noget andet", client_id=client_id) == (
        409,
        "same_id_other_text",
    )
    seen = (await business.read(after=0))["messages"][-1]
    assert (seen["author"], seen["name"], seen["text"]) == ("staff", owner.me["name"], sent["text"])
    said = await business.write(QUESTION)
    assert [m for m in said if m["author"] == "bot"] == [], "the bot is silent"
    assert business.status == "with_contact"
    (deadline, _) = (await owner.get(f"/inquiries/{business.id}"))["deadlines"]
    assert deadline["met_at"]


async def test_a_suggested_answer_is_sent_with_its_sources_as_the_persons_reply(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner, _ = await owner_and_other(services, sign_in, business.id)
    suggestion = (await owner.get(f"/inquiries/{business.id}"))["suggestions"][0]
    sent = await owner.act(business.id, "reply", article=suggestion["article"])
    assert sent["text"] == suggestion["text"] and sent["article"] == suggestion["article"] and sent["html"]
    edited = await owner.act(business.id, "reply", text="Kort sagt: ja.", article=suggestion["article"])
    assert edited["text"] == "Kort sagt: ja." and edited["article_version"] == suggestion["version"]
    seen = [m for m in (await business.read(after=0))["messages"] if m["author"] == "staff"]
    assert [m["sources"] for m in seen] == [suggestion["sources"]] * 2
    for unknown in ("building/no_such_article", "open_cafe"):
        assert await owner.refused(business.id, "reply", article=unknown) == (404, "not_found")


async def test_only_the_acting_contact_writes_to_the_inquirer(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner, other = await owner_and_other(services, sign_in, business.id)
    assert await other.refused(business.id, "reply", text="Hej") == (403, "not_acting_contact")
    koordinator = await sign_in("koordinator")
    assert await koordinator.refused(business.id, "reply", text="Hej") == (403, "not_acting_contact")
    before = (await business.read(after=0))["messages"]
    note = await other.act(business.id, "note", text="Spørg efter matrikelnummer.")
    assert note["internal"] and note["seq"] is None and note["name"] == other.me["name"]
    after = await business.read(after=0)
    assert after["messages"] == before, "no inquirer sees a note"
    assert (await owner.get(f"/inquiries/{business.id}"))["messages"][-1]["text"] == "Spørg efter matrikelnummer."


async def test_taking_another_contacts_inquiry_names_them_and_makes_a_new_owner(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner, other = await owner_and_other(services, sign_in, business.id)
    await owner.act(business.id, "take")
    response = await other.post(f"/inquiries/{business.id}/take")
    body = (await response.json())["error"]
    assert (response.status, body["code"], body["by"]) == (409, "taken_by_other", owner.me["name"])
    assert await other.refused(business.id, "take", **{"from": "koordinator"}) == (409, "taken_by_other")
    taken = await other.act(business.id, "take", **{"from": owner.me["id"]})
    assert taken["inquiry"]["owner"] == {"id": other.me["id"], "name": other.me["name"]}
    assert (await business.read(after=0))["contact"]["name"] == other.me["name"]
    assert await owner.refused(business.id, "reply", text="Hej") == (403, "not_acting_contact")


async def test_of_a_thousand_simultaneous_takes_one_wins(client: Client, services: Services) -> None:
    business = await escalated(client)
    people = client.server.app[PEOPLE]  # type: ignore[attr-defined]
    crowd = [await staff_member(services, name) for name in ("byg", "plan", "koordinator")]
    attempts = (people.take(crowd[n % len(crowd)], business.id) for n in range(1000))
    results = await asyncio.gather(*attempts, return_exceptions=True)
    won = [result for result in results if not isinstance(result, BaseException)]
    assert len(won) == 1 and sum(isinstance(result, TakenByOther) for result in results) == 999
    (inquiry,) = await rows(services, t.inquiry)
    assert inquiry.owner_id == inquiry.acting_id == won[0]["owner_id"]
    assert {str(result) for result in results if isinstance(result, TakenByOther)} == {
        next(member.name for member in crowd if member.id == won[0]["owner_id"])
    }
    told = [m for m in (await business.read(after=0))["messages"] if m["kind"] == "taken_over"]
    assert len(told) == 1


async def test_of_many_takes_over_http_one_wins(client: Client, services: Services, sign_in: SignIn) -> None:
    business = await escalated(client)
    crowd = [await sign_in(name) for name in ("byg", "plan", "koordinator")]
    answers = await asyncio.gather(*(crowd[n % 3].post(f"/inquiries/{business.id}/take") for n in range(30)))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 29


async def test_given_back_the_bot_answers_again_and_the_owner_stays(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner, other = await owner_and_other(services, sign_in, business.id)
    assert await owner.refused(business.id, "give_back") == (409, "wrong_status")
    await owner.act(business.id, "take")
    assert await other.refused(business.id, "give_back") == (403, "not_acting_contact")
    back = await owner.act(business.id, "give_back")
    assert back["inquiry"]["status"] == "with_bot" and back["inquiry"]["owner"]["id"] == owner.me["id"]
    assert await owner.refused(business.id, "reply", text="Hej") == (409, "wrong_status")
    assert any(m["article"] for m in await business.write(QUESTION))


async def test_handed_on_the_colleague_has_it_with_the_note(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner, other = await owner_and_other(services, sign_in, business.id)
    miljoe = await sign_in("miljoe")
    assert await miljoe.refused(business.id, "hand_on", to="miljoe") == (403, "forbidden")
    assert await other.refused(business.id, "hand_on", to="miljoe") == (403, "not_acting_contact")
    for nobody, expected in (
        ("nobody", (404, "not_found")),
        ("redaktoer", (400, "bad_input")),
        ("", (400, "bad_input")),
    ):
        assert await owner.refused(business.id, "hand_on", to=nobody) == expected
    handed = await owner.act(business.id, "hand_on", to="miljoe", note="Det er jordforurening.")
    assert handed["inquiry"]["owner"]["id"] == "miljoe" and handed["inquiry"]["status"] == "waiting"
    assert await miljoe.listed("mine") == [business.id]
    messages = (await miljoe.get(f"/inquiries/{business.id}"))["messages"]
    assert [m["text"] for m in messages if m["internal"]] == ["Det er jordforurening."]
    assert await refusal(await owner.session.get(f"{API}/inquiries/{business.id}")) == (403, "forbidden")
    assert (await business.read(after=0))["contact"]["name"] == miljoe.me["name"]


async def test_resolved_with_an_outcome_it_takes_no_reply_until_it_is_opened_again(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner, other = await owner_and_other(services, sign_in, business.id)
    assert await other.refused(business.id, "resolve", outcome="solved") == (403, "not_acting_contact")
    for outcome in ("confirmed", "", "nonsense"):
        assert await owner.refused(business.id, "resolve", outcome=outcome) == (400, "bad_input")
    done = await owner.act(business.id, "resolve", outcome="referred")
    assert done["inquiry"]["outcome"] == "referred" and not done["inquiry"]["needs_reply"]
    assert await owner.refused(business.id, "reply", text="Hej") == (409, "wrong_status")
    assert await owner.refused(business.id, "resolve", outcome="solved") == (409, "wrong_status")
    opened = await owner.act(business.id, "take")
    assert opened["inquiry"]["status"] == "with_contact" and opened["inquiry"]["outcome"] is None
    await owner.act(business.id, "reply", text="Endnu en ting.")


async def test_an_inquiry_taken_from_the_bot_gets_a_number(client: Client, sign_in: SignIn) -> None:
    business = Inquirer(client)
    await business.write(QUESTION)
    byg = await sign_in("byg")
    assert (await byg.act(business.id, "take"))["inquiry"]["number"] == "2026-000001"


@pytest.mark.parametrize("action", ["take", "reply", "note", "give_back", "hand_on", "resolve"])
async def test_who_may_not_act_may_do_nothing(client: Client, sign_in: SignIn, action: str) -> None:
    business = await escalated(client)
    body = {"text": "Hej", "to": "plan", "outcome": "solved"}
    for role in ("miljoe", "redaktoer", "administrator", "data"):
        staff = await sign_in(role)
        assert await staff.refused(business.id, action, **body) == (403, "forbidden")
        assert await staff.refused("0" * 16, action, **body) == (404, "not_found")
    (inquiry,) = [m for m in (await business.read(after=0))["messages"] if m["author"] == "staff"] or [None]
    assert inquiry is None


async def test_reading_another_departments_inquiry_is_logged_with_its_reason(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    for role in ("miljoe", "redaktoer", "administrator"):
        staff = await sign_in(role)
        assert await refusal(await staff.session.get(f"{API}/inquiries/{business.id}")) == (403, "forbidden")
    koordinator, data = await sign_in("koordinator"), await sign_in("data")
    for _ in range(3):
        await koordinator.get(f"/inquiries/{business.id}")
    await data.get(f"/inquiries/{business.id}", reason="Indsigt efter artikel 15")
    read = await rows(services, t.audit, t.audit.c.action == "read")
    assert [(entry.staff_id, entry.detail["reason"]) for entry in read] == [
        ("koordinator", "coordination"),
        ("data", "Indsigt efter artikel 15"),
    ]


async def test_a_cpr_number_in_any_field_is_masked_and_the_writer_told(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner, _ = await owner_and_other(services, sign_in, business.id)
    reply = await owner.act(business.id, "reply", text="Er det 010203-1234?")
    note = await owner.act(business.id, "note", text="cpr 0102031234")
    await owner.act(business.id, "hand_on", to="koordinator", note="Se 010203 1234")
    assert reply["masked"] == note["masked"] == 1 and "0203" not in reply["text"] + note["text"]
    async with services.database.read() as connection:
        stored = [str(row) for row in await connection.execute(sa.select(t.message))]
    assert not [row for row in stored if "010203" in row]


async def test_texts_that_are_empty_or_too_long_are_refused(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner, _ = await owner_and_other(services, sign_in, business.id)
    for action in ("reply", "note"):
        assert await owner.refused(business.id, action, text=" \x00\n") == (422, "empty_text")
        assert await owner.refused(business.id, action) == (422, "empty_text")
        assert await owner.refused(business.id, action, text="x" * 4097) == (413, "text_too_long")
        assert await owner.refused(business.id, action, text=7) == (400, "bad_input")
        response = await owner.session.post(
            f"{API}/inquiries/{business.id}/{action}", data=b"\xff{", headers={"X-CSRF-Token": owner.csrf}
        )
        assert await refusal(response) == (400, "bad_json")


ENDING = [("resolve", {"outcome": "solved"}), ("give_back", {}), ("hand_on", {"to": "koordinator"})]


@pytest.mark.parametrize(("action", "body"), ENDING)
async def test_nothing_is_ended_or_handed_on_over_a_message_nobody_saw(
    client: Client, services: Services, sign_in: SignIn, action: str, body: dict[str, Any]
) -> None:
    business = await escalated(client)
    owner, _ = await owner_and_other(services, sign_in, business.id)
    await owner.act(business.id, "take")
    seen = (await owner.get(f"/inquiries/{business.id}"))["rev"]
    await business.write("Vent, der er et spørgsmål mere.")
    assert await owner.refused(business.id, action, rev=seen, **body) == (409, "message_meanwhile")
    assert (await owner.get(f"/inquiries/{business.id}"))["inquiry"]["status"] == "with_contact"
    for bad in (None, "", "1", -1, True, 2**40):
        assert await owner.refused(business.id, action, rev=bad, **body) == (400, "bad_input")
    await owner.act(business.id, "note", text="En note er ingen besked fra henvenderen.")
    seen = (await owner.get(f"/inquiries/{business.id}", rev=seen))["rev"]
    await owner.act(business.id, action, rev=seen, **body)


async def test_of_a_message_and_a_resolve_at_once_no_message_is_resolved_away_unread(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    for _ in range(5):
        business = await escalated(client)
        owner, _ = await owner_and_other(services, sign_in, business.id)
        await owner.act(business.id, "take")
        seen = (await owner.get(f"/inquiries/{business.id}"))["rev"]
        text = "Én ting til: hvornår?"
        wrote, resolved = await asyncio.gather(
            business.post(text=text, client_id=str(uuid.uuid4())),
            owner.post(f"/inquiries/{business.id}/resolve", outcome="solved", rev=seen),
        )
        assert wrote.status == 201 and resolved.status in (200, 409)
        after = (await owner.get(f"/inquiries/{business.id}"))["inquiry"]
        assert after["status"] == "with_contact" and after["needs_reply"], "refused, or reopened by the message"
