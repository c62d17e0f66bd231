"""Who becomes the owner, rule by rule, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest_asyncio
import sqlalchemy as sa

from bot.calendar import OpeningHours
from bot.conversation.continuing import new_inquiry
from bot.conversation.service import Services, find_municipality, opening_hours
from bot.routing import Contact, choose_contact
from bot.store import tables as t
from tests.conftest import Clock, ServicesMaker


@pytest_asyncio.fixture(loop_scope="session")
async def both(database_url: str, make_services: ServicesMaker) -> Services:
    return await make_services(database_url)


async def _choose(services: Services, area: str | None, **inquiry: Any) -> Contact | None:
    now = services.now()
    row = new_inquiry("0000", channel="web", language="da", client_hash=None, identity=None, now=now) | inquiry
    async with services.database.read() as connection:
        hours: OpeningHours = opening_hours(await find_municipality(connection, "0000"))
        return await choose_contact(connection, row, area, hours, now + timedelta(hours=8), now)


async def _set(services: Services, staff_id: str, **values: Any) -> None:
    async with services.database.write() as connection:
        await connection.execute(sa.update(t.staff).where(t.staff.c.id == staff_id).values(**values))


async def _inquiry(services: Services, owner: str, department: str, **more: Any) -> str:
    now = services.now()
    row = new_inquiry("0000", channel="web", language="da", client_hash=None, identity=None, now=now)
    row |= {
        "status": "with_contact",
        "owner_id": owner,
        "acting_id": owner,
        "department_id": department,
        "escalated_at": now,
    } | more
    async with services.database.write() as connection:
        await connection.execute(sa.insert(t.inquiry), row)
    return str(row["id"])


async def _absent(services: Services, staff_id: str, deputy_id: str | None) -> None:
    now = services.now()
    days = {"from_at": now - timedelta(days=1), "until_at": now + timedelta(days=5)}
    row = {"municipality": "0000", "id": staff_id, "staff_id": staff_id, "deputy_id": deputy_id} | days
    async with services.database.write() as connection:
        await connection.execute(sa.insert(t.absence), row)


async def test_the_areas_department_gets_it(both: Services) -> None:
    chosen = await _choose(both, "waste")
    assert chosen is not None and chosen.owner["department_id"] == "miljoe"


async def test_who_has_the_fewest_open_inquiries_gets_it(both: Services) -> None:
    await _inquiry(both, "byg", "byg")
    chosen = await _choose(both, "building")
    assert chosen is not None and chosen.owner["id"] == "plan"


async def test_in_opening_hours_presence_breaks_the_tie_and_then_who_waited_longest(
    both: Services, clock: Clock
) -> None:
    await _set(both, "plan", seen_at=clock(), last_assigned_at=clock())
    await _set(both, "byg", last_assigned_at=clock() - timedelta(days=2))
    chosen = await _choose(both, "building")
    assert chosen is not None and chosen.owner["id"] == "plan"
    await _set(both, "plan", seen_at=None)
    chosen = await _choose(both, "building")
    assert chosen is not None and chosen.owner["id"] == "byg"


async def test_without_room_in_the_department_the_coordinator_gets_it(both: Services) -> None:
    for name in ("byg", "plan"):
        await _set(both, name, capacity=0)
    chosen = await _choose(both, "building")
    assert chosen is not None and chosen.owner["id"] == "koordinator"
    chosen = await _choose(both, None)
    assert chosen is not None and chosen.owner["id"] == "koordinator"


async def test_an_earlier_owner_of_the_same_inquirer_keeps_it_whatever_the_capacity(both: Services) -> None:
    await _inquiry(both, "job", "job", identity="web:someone", status="resolved")
    await _set(both, "job", capacity=0)
    chosen = await _choose(both, "building", identity="web:someone")
    assert chosen is not None and chosen.owner["id"] == "job"


async def test_an_owner_who_left_or_changed_department_is_passed_by(both: Services) -> None:
    await _inquiry(both, "job", "job", identity="web:someone", status="resolved")
    await _set(both, "job", department_id="vej")
    chosen = await _choose(both, "waste", identity="web:someone")
    assert chosen is not None and chosen.owner["department_id"] == "miljoe"
    await _set(both, "job", department_id="job", active=False)
    chosen = await _choose(both, "waste", identity="web:someone")
    assert chosen is not None and chosen.owner["department_id"] == "miljoe"


async def test_a_claimed_cvr_number_leads_to_the_key_account_manager_only(both: Services) -> None:
    async with both.database.write() as connection:
        await connection.execute(
            sa.insert(t.business), {"municipality": "0000", "cvr": "13748136", "key_account_manager_id": "erhverv"}
        )
    await _inquiry(both, "vej", "vej", cvr="13748136", cvr_checked=True)
    claimed = await _choose(both, "waste", cvr="13748136")
    assert claimed is not None and claimed.owner["id"] == "erhverv"
    checked = await _choose(both, "waste", cvr="13748136", cvr_checked=True)
    assert checked is not None and checked.owner["id"] == "vej"


async def test_while_the_owner_is_absent_the_deputy_acts_and_the_chain_has_no_loop(both: Services) -> None:
    await _inquiry(both, "job", "job", identity="web:someone")
    await _absent(both, "job", "vej")
    chosen = await _choose(both, "employment", identity="web:someone")
    assert chosen is not None and (chosen.owner["id"], chosen.acting["id"]) == ("job", "vej")
    await _absent(both, "vej", "job")
    chosen = await _choose(both, "employment", identity="web:someone")
    assert chosen is not None and (chosen.owner["id"], chosen.acting["id"]) == ("job", "koordinator")


async def test_the_absent_are_not_chosen_anew(both: Services) -> None:
    await _absent(both, "byg", None)
    chosen = await _choose(both, "building")
    assert chosen is not None and chosen.owner["id"] == "plan"
