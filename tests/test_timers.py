"""What time and absences do to inquiries."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.conversation.attendance import follow_staff, move_from_coordinators
from bot.conversation.people import People
from bot.conversation.receiving import Receiving
from bot.conversation.service import Services
from bot.conversation.timers import file_quiet, tell_overdue
from bot.conversation.turns import TurnRunner
from bot.store import tables as t
from tests.conftest import Clock, rows
from tests.inquirer import staff_member

PERSON = "jeg vil tale med et menneske"


@pytest.fixture
def turns(services: Services) -> TurnRunner:
    return TurnRunner(services)


async def _written(services: Services, turns: TurnRunner, text: str) -> str:
    receiving = Receiving(services, turns)
    opened = await receiving.open("0000", channel="web")
    await receiving.receive("0000", opened.inquiry["id"], text=text)
    await turns.idle()
    return str(opened.inquiry["id"])


async def _kinds(services: Services) -> list[str]:
    return [(m.body or {}).get("kind") for m in await rows(services, t.message)]


async def test_an_inquiry_only_the_bot_handled_is_filed_after_24_quiet_hours(
    services: Services, turns: TurnRunner, clock: Clock
) -> None:
    await _written(services, turns, "hej")
    clock.advance(hours=23)
    await file_quiet(services)
    assert (await rows(services, t.inquiry))[0].status == "with_bot"
    clock.advance(hours=2)
    await file_quiet(services)
    (inquiry,) = await rows(services, t.inquiry)
    assert (inquiry.status, inquiry.outcome) == ("resolved", "unconfirmed")


async def test_no_inquiry_with_people_ends_by_time(services: Services, turns: TurnRunner, clock: Clock) -> None:
    inquiry_id = await _written(services, turns, PERSON)
    clock.advance(days=60)
    await file_quiet(services)
    assert (await rows(services, t.inquiry))[0].status == "waiting"
    people, coordinator = People(services), await staff_member(services, "koordinator")
    await people.take(coordinator, inquiry_id)
    await people.give_back(coordinator, inquiry_id)
    clock.advance(days=2)
    await file_quiet(services)
    assert (await rows(services, t.inquiry))[0].status == "with_contact"  # an owned one returns to its contact


async def test_an_opened_page_in_which_nobody_wrote_leaves_nothing(
    services: Services, turns: TurnRunner, clock: Clock
) -> None:
    await Receiving(services, turns).open("0000", channel="web")
    clock.advance(days=2)
    await file_quiet(services)
    assert await rows(services, t.inquiry) == []


async def test_a_passed_deadline_is_told_once(services: Services, turns: TurnRunner, clock: Clock) -> None:
    await _written(services, turns, PERSON)
    await tell_overdue(services)
    assert "overdue" not in await _kinds(services)
    clock.advance(days=4)
    await tell_overdue(services)
    await tell_overdue(services)
    assert (await _kinds(services)).count("overdue") == 1


async def test_an_absence_that_begins_brings_the_deputy_and_its_end_the_owner(
    services: Services, turns: TurnRunner, clock: Clock
) -> None:
    await _written(services, turns, PERSON)
    (inquiry,) = await rows(services, t.inquiry)
    row = {
        "municipality": "0000",
        "id": "a",
        "staff_id": inquiry.owner_id,
        "from_at": clock(),
        "until_at": clock() + timedelta(days=3),
    }
    async with services.database.write() as connection:
        await connection.execute(sa.insert(t.absence), row | {"deputy_id": "service"})
    assert await follow_staff(services) == 1
    (inquiry,) = await rows(services, t.inquiry)
    assert inquiry.acting_id == "service" and inquiry.owner_id == "koordinator"
    assert await follow_staff(services) == 0
    async with services.database.write() as connection:
        await connection.execute(sa.delete(t.absence))
    assert await follow_staff(services) == 1
    (inquiry,) = await rows(services, t.inquiry)
    assert inquiry.acting_id == "koordinator"
    assert (await _kinds(services))[-2:] == ["contact_deputy", "contact_owner_back"]


async def test_what_lies_with_the_coordinator_goes_to_the_department_when_somebody_has_room(
    services: Services, turns: TurnRunner
) -> None:
    await _written(services, turns, PERSON)
    async with services.database.write() as connection:
        await connection.execute(sa.update(t.inquiry).values(area="building"))
        await connection.execute(sa.update(t.staff).where(t.staff.c.department_id == "byg").values(capacity=0))
    assert await move_from_coordinators(services) == 0
    async with services.database.write() as connection:
        await connection.execute(sa.update(t.staff).where(t.staff.c.id == "plan").values(capacity=5))
    assert await move_from_coordinators(services) == 1
    (inquiry,) = await rows(services, t.inquiry)
    assert (inquiry.owner_id, inquiry.department_id) == ("plan", "byg")
    assert (await _kinds(services))[-1] == "contact_changed"
