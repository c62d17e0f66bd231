"""Which inquiries stand in which list, for whom, and in what order."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot.conversation.continuing import new_inquiry
from bot.conversation.service import Services
from bot.store import tables as t
from tests.conftest import Clock
from tests.inquirer import Inquirer
from tests.staff.conftest import SignIn
from tests.staff.people import API, QUESTION, copy_municipality, escalated, owner_of, refusal

Client = TestClient[Any, Any]


async def store(services: Services, **columns: Any) -> str:
    """An inquiry with one message, as ``columns`` say; one with people has a contact, "plan" where none is named."""
    if columns.get("status") in ("waiting", "with_contact"):
        columns.setdefault("owner_id", "plan")
        columns.setdefault("acting_id", columns["owner_id"])
    row = new_inquiry(
        columns.pop("municipality", "0000"),
        channel="web",
        language="da",
        client_hash=None,
        identity=None,
        now=services.now(),
    )
    row |= {"last_seq": 1, "rev": 1} | columns
    message = {"municipality": row["municipality"], "inquiry_id": row["id"], "id": 1, "seq": 1, "rev": 1}
    message |= {"author": "inquirer", "channel": "web", "text": "hej", "at": services.now()}
    async with services.database.write() as connection:
        await connection.execute(sa.insert(t.inquiry), row)
        await connection.execute(sa.insert(t.message), message)
    return str(row["id"])


async def test_an_inquiry_moves_through_the_lists(client: Client, services: Services, sign_in: SignIn) -> None:
    business = Inquirer(client)
    await business.write(QUESTION)
    byg, plan = await sign_in("byg"), await sign_in("plan")
    assert await byg.listed("bot") == await byg.listed("all") == [business.id]
    assert await byg.listed("mine") == await byg.listed("waiting") == []
    await business.press("person")
    mine, other = (byg, plan) if await owner_of(services, business.id) == "byg" else (plan, byg)
    for name in ("mine", "department", "waiting", "all"):
        assert await mine.listed(name) == [business.id]
    assert await mine.listed("bot") == await other.listed("mine") == []
    await mine.act(business.id, "take")
    assert await mine.listed("waiting") == [] and await mine.listed("mine") == [business.id]
    assert (await mine.get("/inquiries"))["counts"] == {
        "mine": 1, "department": 1, "waiting": 0, "nobody": 0, "bot": 0, "all": 1, "overdue": 0,
    }  # fmt: skip
    await mine.act(business.id, "resolve", outcome="solved")
    assert await mine.listed("mine") == await mine.listed("department") == [] and await mine.listed("all") == [
        business.id
    ]


async def test_a_row_tells_what_a_contact_needs_to_choose(client: Client, sign_in: SignIn, clock: Clock) -> None:
    business = await escalated(client)
    koordinator = await sign_in("koordinator")
    (row,) = (await koordinator.get("/inquiries", list="waiting"))["inquiries"]
    assert row["number"] == "2026-000001" and row["status"] == "waiting" and row["area"] == "building"
    assert row["subject"] and row["channel"] == "web" and row["owner"] == row["acting"] and row["owner"]["name"]
    assert row["needs_reply"] and not row["overdue"] and row["waiting_since"] == "2026-11-25T09:00:00+00:00"
    clock.advance(days=7)
    koordinator = await sign_in("koordinator")
    assert (await koordinator.get("/inquiries", list="waiting"))["inquiries"][0]["overdue"]
    owner = await sign_in(row["owner"]["id"])
    assert (await owner.get("/inquiries"))["counts"]["overdue"] == 1
    await owner.act(business.id, "reply", text="Ja, det skal I.")
    (row,) = (await owner.get("/inquiries"))["inquiries"]
    assert not row["needs_reply"] and row["reply_due_at"] is None and row["waiting_since"] is None
    await business.write("Tak, og hvad koster det?")
    (row,) = (await owner.get("/inquiries"))["inquiries"]
    assert row["needs_reply"] and row["waiting_since"] == "2026-12-02T09:00:00+00:00"


async def test_the_longest_waiting_comes_first_and_pages_miss_nothing(
    services: Services, sign_in: SignIn, clock: Clock
) -> None:
    resolved = []
    for _ in range(2):
        resolved.append(await store(services, status="resolved", area="building", last_message_at=clock.at))
        clock.advance(minutes=1)
    quiet = await store(services, status="with_contact", area="building", department_id="byg", owner_id="byg")
    waiting = []
    for minute in range(110):
        clock.advance(minutes=1)
        since = clock.at if minute % 10 else clock.at.replace(second=0)  # equal times are told apart too
        waiting.append(
            await store(services, status="waiting", area="building", department_id="byg", waiting_since=since)
        )
    byg = await sign_in("byg")
    found, after, pages = [], None, 0
    while True:
        page = await byg.get("/inquiries", list="all", **({"after": after} if after else {}))
        found += [row["id"] for row in page["inquiries"]]
        pages += 1
        if (after := page["after"]) is None:
            break
    assert pages == 3 and found == [*waiting, quiet, *reversed(resolved)]


async def test_contacts_see_their_own_departments_inquiries_only(services: Services, sign_in: SignIn) -> None:
    building = await store(services, status="waiting", area="building", department_id="byg", owner_id="byg")
    waste = await store(services, status="waiting", area="waste", department_id="miljoe", owner_id="affald")
    unknown = await store(services, status="with_bot")
    given = await store(
        services, status="with_contact", area="waste", department_id="miljoe", owner_id="affald", acting_id="byg"
    )
    byg, koordinator = await sign_in("byg"), await sign_in("koordinator")
    assert set(await byg.listed("all")) == {building, unknown, given}
    assert set(await koordinator.listed("all")) == {building, waste, unknown, given}
    for role in ("redaktoer", "administrator"):
        assert await (await sign_in(role)).listed("all") == []
    data = await sign_in("data")
    assert set(await data.listed("all")) == {building, waste, unknown, given} and await data.listed("mine") == []


async def test_another_municipality_stays_out_of_sight(services: Services, sign_in: SignIn) -> None:
    await copy_municipality(services, "0001")
    foreign = await store(services, municipality="0001", status="waiting", area="building", department_id="byg")
    koordinator = await sign_in("koordinator", municipality="0000")
    assert await koordinator.listed("all") == []
    assert await refusal(await koordinator.session.get(f"{API}/inquiries/{foreign}")) == (404, "not_found")
    for action in ("take", "give_back"):
        assert await koordinator.refused(foreign, action) == (404, "not_found")
    assert await (await sign_in("koordinator", municipality="0001")).listed("all") == [foreign]


async def test_search_area_and_status_narrow_a_list(services: Services, sign_in: SignIn) -> None:
    base = {"status": "waiting", "department_id": "byg"}
    aero = await store(
        services, **base, area="building", company="Ærø Tømrer ApS", number="2026-000007", cvr="25313763"
    )
    plan = await store(
        services, **base, area="planning", contact_email="ole@havn.example", subject="50% mere plads_her"
    )
    done = await store(services, area="building", status="resolved", department_id="byg", contact_name="Åse Sand")
    byg = await sign_in("byg")
    for q, expected in (
        ("ærø", [aero]), ("000007", [aero]), ("2531", [aero]), ("HAVN", [plan]), ("50%", [plan]), ("_her", [plan]),
        ("åse", [done]), ("%", [plan]), ("findes ikke", []),
    ):  # fmt: skip
        assert await byg.listed("all", q=q) == expected, q
    assert await byg.listed("all", area="planning") == [plan]
    assert await byg.listed("all", status="resolved") == [done]
    assert await byg.listed("all", status="waiting", area="building", q="ærø") == [aero]


@pytest.mark.parametrize(
    "query", [{"list": "others"}, {"status": "gone"}, {"after": "x"}, {"after": "WzEsICJ4IiwgMV0"}, {"after": "W10"}]
)
async def test_a_filter_that_does_not_exist_is_refused(sign_in: SignIn, query: dict[str, str]) -> None:
    byg = await sign_in("byg")
    assert await refusal(await byg.session.get(f"{API}/inquiries", params=query)) == (400, "bad_input")


async def test_a_cpr_number_that_is_searched_for_is_masked(sign_in: SignIn) -> None:
    byg = await sign_in("byg")
    response = await byg.session.get("/staff", params={"q": "010203-1234"})
    assert response.status == 200 and "010203" not in await response.text()


async def test_colleagues_are_told_with_presence_and_load(
    client: Client, services: Services, sign_in: SignIn, clock: Clock
) -> None:
    business = await escalated(client)
    owner = await owner_of(services, business.id)
    byg = await sign_in("byg")
    async with services.database.write() as connection:
        await connection.execute(sa.update(t.staff).where(t.staff.c.id == "plan").values(seen_at=clock.at))
        away = {"municipality": "0000", "id": "a1", "staff_id": "job", "from_at": clock.at, "until_at": clock.at}
        await connection.execute(sa.insert(t.absence), away)
    people = {person["id"]: person for person in (await byg.get("/colleagues"))["colleagues"]}
    assert people["plan"]["present"] and not people["miljoe"]["present"]
    assert people[owner]["open"] == 1 and people["miljoe"]["open"] == 0
    assert people["job"]["absent_until"] and people["job"]["department"]["name"] == "Jobcenter"
    assert "redaktoer" not in people
