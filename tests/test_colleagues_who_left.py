"""Nothing stays with a colleague who left, changed department or lost the role, and the inquirer is told who it is now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot.conversation.attendance import follow_staff, move_from_coordinators
from bot.conversation.people import People
from bot.conversation.receiving import Receiving, new_inquiry
from bot.conversation.service import Services
from bot.conversation.turns import TurnRunner
from bot.staff.lists import Filter, count_lists, read_list
from bot.store import tables as t
from tests.conftest import Clock, ServicesMaker, rows
from tests.inquirer import staff_member
from tests.staff.conftest import SignIn
from tests.staff.conftest import sign_in as sign_in

LEAVING: list[dict[str, Any]] = [{"active": False}, {"department_id": "vej"}, {"roles": ["editor"]}]


@pytest_asyncio.fixture(loop_scope="session")
async def both(database_url: str, make_services: ServicesMaker) -> Services:
    return await make_services(database_url)


async def _put(services: Services, status: str, **more: Any) -> str:
    """An inquiry on building that the contact "byg" has."""
    now = services.now()
    row = new_inquiry("0000", channel="web", language="da", client_hash=None, identity=None, now=now)
    row |= {"status": status, "owner_id": "byg", "acting_id": "byg", "department_id": "byg", "area": "building"}
    row |= {"number": f"2026-{row['id'][:6]}", "escalated_at": now} | more
    async with services.database.write() as connection:
        await connection.execute(sa.insert(t.inquiry), row)
    return str(row["id"])


async def _change(services: Services, staff_id: str, **values: Any) -> None:
    async with services.database.write() as connection:
        await connection.execute(sa.update(t.staff).where(t.staff.c.id == staff_id).values(**values))


async def _absent(services: Services, staff_id: str, deputy_id: str | None) -> None:
    now = services.now()
    row = {"municipality": "0000", "id": staff_id, "staff_id": staff_id, "deputy_id": deputy_id}
    row |= {"from_at": now - timedelta(days=1), "until_at": now + timedelta(days=9)}
    async with services.database.write() as connection:
        await connection.execute(sa.insert(t.absence), row)


async def _inquiry(services: Services, inquiry_id: str) -> Any:
    (row,) = await rows(services, t.inquiry, t.inquiry.c.id == inquiry_id)
    return row


async def _told(services: Services, inquiry_id: str) -> list[str]:
    found = await rows(services, t.message, t.message.c.inquiry_id == inquiry_id)
    return [message.body["kind"] for message in found if message.author == "system"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("change", LEAVING)
async def test_the_timer_gives_what_they_had_to_somebody_else(both: Services, change: dict[str, Any]) -> None:
    waiting, with_contact = await _put(both, "waiting"), await _put(both, "with_contact")
    assert await follow_staff(both) == 0
    await _change(both, "byg", **change)
    assert await follow_staff(both) == 2 and await follow_staff(both) == 0
    for inquiry_id in (waiting, with_contact):
        inquiry = await _inquiry(both, inquiry_id)
        assert (inquiry.owner_id, inquiry.acting_id, inquiry.department_id) == ("plan", "plan", "byg")
        assert await _told(both, inquiry_id) == ["contact_changed"]
    (told, _) = await rows(both, t.message)
    assert "senest" not in told.text and "Planlægger" in told.text, "nothing is owed, so no time is promised"


@pytest.mark.parametrize("change", LEAVING)
async def test_a_message_reaches_somebody_who_is_there(
    services: Services, clock: Clock, change: dict[str, Any]
) -> None:
    receiving = Receiving(services, TurnRunner(services))
    resolved = await _put(services, "resolved", outcome="solved", resolved_at=clock())
    with_contact = await _put(services, "with_contact")
    await _change(services, "byg", **change)
    for inquiry_id, told in ((resolved, ["contact_changed", "reopened"]), (with_contact, ["contact_changed"])):
        received = await receiving.receive("0000", inquiry_id, text="Hvornår kommer svaret?")
        assert received.inquiry["acting_id"] == received.inquiry["owner_id"] == "plan"
        assert await _told(services, inquiry_id) == told
        assert (await _inquiry(services, inquiry_id)).reply_due_at
    assert "byg" not in str(await rows(services, t.message, t.message.c.body["kind"].as_string() == "reopened"))


async def test_a_deputy_who_left_or_is_away_themselves_is_followed_by_another(both: Services) -> None:
    inquiry_id = await _put(both, "waiting")
    await _absent(both, "byg", "service")
    await follow_staff(both)
    assert (await _inquiry(both, inquiry_id)).acting_id == "service"
    await _absent(both, "service", "vej")
    assert await follow_staff(both) == 1
    assert (await _inquiry(both, inquiry_id)).acting_id == "vej"
    await _change(both, "vej", active=False)
    assert await follow_staff(both) == 1 and await follow_staff(both) == 0
    inquiry = await _inquiry(both, inquiry_id)
    assert (inquiry.owner_id, inquiry.acting_id) == ("byg", "koordinator")


async def test_a_coordinator_who_left_and_a_key_account_manager_without_the_role_get_nothing(both: Services) -> None:
    async with both.database.write() as connection:
        await connection.execute(
            sa.insert(t.business), {"municipality": "0000", "cvr": "13748136", "key_account_manager_id": "erhverv"}
        )
    await _change(both, "erhverv", roles=["editor"])
    await _change(both, "koordinator", active=False)
    inquiry_id = await _put(both, "waiting", owner_id="koordinator", acting_id="koordinator", cvr="13748136")
    await follow_staff(both)
    assert (await _inquiry(both, inquiry_id)).owner_id in ("byg", "plan")


async def test_with_nobody_to_take_it_it_waits_and_is_given_to_the_first_who_comes(both: Services) -> None:
    inquiry_id = await _put(both, "with_contact")
    await _change(both, "byg", active=False)
    for name in ("plan", "koordinator"):
        await _change(both, name, roles=["editor"])
    assert await follow_staff(both) == 1 and await follow_staff(both) == 0
    inquiry = await _inquiry(both, inquiry_id)
    assert (inquiry.status, inquiry.owner_id, inquiry.acting_id) == ("waiting", None, None)
    assert await _told(both, inquiry_id) == ["contact_none"]
    await _change(both, "plan", roles=["contact"])
    assert await follow_staff(both) == 1
    assert (await _inquiry(both, inquiry_id)).owner_id == "plan"
    assert await _told(both, inquiry_id) == ["contact_none", "contact_changed"]


async def test_what_cannot_move_does_not_stand_before_what_can(both: Services, clock: Clock) -> None:
    for _ in range(105):
        await _put(both, "waiting", owner_id="koordinator", acting_id="koordinator", department_id="service")
        await _put(both, "waiting")
    await _change(both, "byg", capacity=0)
    await _change(both, "plan", capacity=0)
    clock.advance(minutes=1)
    last = await _put(
        both, "waiting", owner_id="koordinator", acting_id="koordinator", department_id="service", area="waste"
    )
    assert await move_from_coordinators(both) == 1
    assert (await _inquiry(both, last)).department_id == "miljoe"


async def test_the_coordinators_list_shows_what_is_nobodys(both: Services) -> None:
    await _put(both, "waiting", owner_id="plan", acting_id="plan")
    left = await _put(both, "with_contact")
    coordinator, plan = await staff_member(both, "koordinator"), await staff_member(both, "plan")
    for active, listed in ((True, []), (False, [left])):
        await _change(both, "byg", active=active)
        async with both.database.read() as connection:
            found, _ = await read_list(connection, coordinator, Filter("nobody"), both.now())
            counts = await count_lists(connection, coordinator, both.now())
            assert (await count_lists(connection, plan, both.now()))["nobody"] == 0
        assert [row["id"] for row in found] == listed and counts["nobody"] == len(listed)


async def test_only_coordinators_have_that_list_before_them(client: TestClient[Any, Any], sign_in: SignIn) -> None:
    for name, shown in (("koordinator", True), ("plan", False)):
        page = await (await (await sign_in(name)).session.get("/staff")).text()
        assert ("Uden kontaktperson" in page) is shown


async def test_the_name_of_who_left_is_not_shown_as_the_contact(
    client: TestClient[Any, Any], services: Services
) -> None:
    inquiry_id = await _put(services, "with_contact")
    token = services.token_of((await _inquiry(services, inquiry_id))._mapping)
    for active, shown in ((True, True), (False, False)):
        await _change(services, "byg", active=active)
        response = await client.get(
            f"/api/v1/inquiries/{inquiry_id}/messages", headers={"Authorization": f"Bearer {token}"}
        )
        assert bool((await response.json())["contact"]) is shown


THANKS = ["Tak", "Tusind tak for hjælpen!", "👍", "👍🏽", "Mange tak for svaret 😊", "Super, tak!", "thank you so much"]


async def test_thanks_to_a_contact_start_no_deadline_and_a_question_does(services: Services) -> None:
    receiving, people = Receiving(services, TurnRunner(services)), People(services)
    byg = await staff_member(services, "byg")
    inquiry_id = await _put(services, "with_contact")
    await people.reply(byg, inquiry_id, "I skal søge om tilladelse.")
    for text in THANKS:
        await receiving.receive("0000", inquiry_id, text=text)
        inquiry = await _inquiry(services, inquiry_id)
        assert inquiry.reply_due_at is None and inquiry.waiting_since is None, text
    assert await rows(services, t.deadline) == []
    await people.reply(byg, inquiry_id, "Skal jeg sende skemaet?")
    await receiving.receive("0000", inquiry_id, text="ok")
    assert (await _inquiry(services, inquiry_id)).reply_due_at, "an answer to the contact's question is no mere thanks"
    await people.reply(byg, inquiry_id, "Det er sendt.")
    await receiving.receive("0000", inquiry_id, text="Tak, men hvor lang tid tager det?")
    assert (await _inquiry(services, inquiry_id)).reply_due_at
