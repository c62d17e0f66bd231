"""Nothing of a long thread is out of reach: the newest messages come first, earlier ones on request, news without a gap."""

from __future__ import annotations

import re
from typing import Any

import pytest_asyncio
from aiohttp.test_utils import TestClient

from bot.conversation.reading import LIMIT
from bot.conversation.service import Services
from bot.conversation.thread import Thread
from tests.inquirer import Inquirer
from tests.staff.conftest import SignIn
from tests.staff.people import Staff, escalated, owner_of

Client = TestClient[Any, Any]
LAST = "SIDSTE BESKED: ring til mig"


async def _write(services: Services, inquiry_id: str, texts: list[str]) -> None:
    """What the inquirer would have written over hours."""
    async with services.database.write() as connection:
        thread = await Thread.load(connection, "0000", inquiry_id, services.now())
        for text in texts:
            thread.add("inquirer", text)
        await thread.save()
    services.announce(thread)


@pytest_asyncio.fixture(loop_scope="session")
async def long(client: Client, services: Services) -> Inquirer:
    business = await escalated(client)
    await _write(services, business.id, [*(f"nr. {n}" for n in range(2 * LIMIT + 3)), LAST])
    return business


@pytest_asyncio.fixture(loop_scope="session")
async def owner(services: Services, sign_in: SignIn, long: Inquirer) -> Staff:
    return await sign_in(await owner_of(services, long.id))


async def test_staff_see_the_newest_messages_and_reach_every_earlier_one(long: Inquirer, owner: Staff) -> None:
    detail = await owner.get(f"/inquiries/{long.id}")
    assert detail["messages"][-1]["text"] == LAST and len(detail["messages"]) == LIMIT and detail["earlier"]
    found = detail["messages"]
    while detail["earlier"]:
        detail = await owner.get(f"/inquiries/{long.id}", before=found[0]["id"])
        found = detail["messages"] + found
    assert [m["seq"] for m in found if m["seq"]] == list(range(1, detail["inquiry"]["last_seq"] + 1))


async def test_news_lose_nothing_that_came_after_the_first_five_hundred(
    services: Services, long: Inquirer, owner: Staff
) -> None:
    detail = await owner.get(f"/inquiries/{long.id}")
    await _write(services, long.id, ["efter", *(f"sent {n}" for n in range(LIMIT)), "til sidst"])
    came: list[str] = []
    more, rev = True, detail["rev"]
    while more:
        news = await owner.get(f"/inquiries/{long.id}", rev=rev)
        came += [m["text"] for m in news["messages"]]
        more, rev = news["more"], news["rev"]
    assert (came[0], came[-1], len(came)) == ("efter", "til sidst", LIMIT + 2)
    everything, more, rev = 0, True, 0
    while more:
        news = await owner.get(f"/inquiries/{long.id}", rev=rev)
        everything, more, rev = everything + len(news["messages"]), news["more"], news["rev"]
    assert everything > 3 * LIMIT and rev == news["inquiry"]["rev"]


async def test_the_inquirer_reads_on_to_the_last_message_too(long: Inquirer) -> None:
    seen: list[dict[str, Any]] = []
    thread = await long.read(after=0)
    seen += thread["messages"]
    while thread["more"]:
        thread = await long.read(after=seen[-1]["seq"])
        seen += thread["messages"]
    assert seen[-1]["text"] == LAST and [m["seq"] for m in seen] == list(range(1, len(seen) + 1))


async def test_the_page_shows_the_last_message_and_leads_to_the_earlier_ones(long: Inquirer, owner: Staff) -> None:
    page = await (await owner.session.get(f"/staff/inquiries/{long.id}")).text()
    assert LAST in page and "nr. 0<" not in page and "Vis tidligere beskeder" in page
    while link := re.search(r'href="(/staff/inquiries/\w+\?before=\d+)"', page):
        page = await (await owner.session.get(link[1])).text()
    assert "nr. 0<" in page and LAST not in page and "Vis de nyeste beskeder" in page
    part = await (
        await owner.session.get(
            f"/staff/inquiries/{long.id}?before=300", headers={"HX-Request": "true", "HX-Target": "earlier"}
        )
    ).text()
    assert 'id="m299"' in part and "<form id=" not in part


async def test_the_pages_news_say_that_there_is_more(long: Inquirer, owner: Staff) -> None:
    news = await (await owner.session.get(f"/staff/inquiries/{long.id}/news?rev=0")).text()
    assert 'data-more="yes"' in news
    rev = (await owner.get(f"/inquiries/{long.id}"))["rev"]
    news = await (await owner.session.get(f"/staff/inquiries/{long.id}/news?rev={rev}")).text()
    assert 'data-more="no"' in news
