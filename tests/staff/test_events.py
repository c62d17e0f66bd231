"""What reaches an open console by itself."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.store import tables as t
from tests.conftest import rows
from tests.inquirer import Inquirer, client_id
from tests.staff.conftest import SignIn
from tests.staff.people import API, QUESTION, Staff, escalated, owner_of

Client = TestClient[Any, Any]


async def next_event(stream: ClientResponse) -> tuple[str, dict[str, Any]]:
    name, content = "", ""
    while True:
        line = (await asyncio.wait_for(stream.content.readline(), 10)).decode().rstrip("\n")
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            content = line[6:]
        elif not line and name:
            return name, json.loads(content)


async def listen(staff: Staff) -> ClientResponse:
    stream = await staff.session.get(f"{API}/events")
    assert stream.status == 200 and stream.content_type == "text/event-stream"
    name, content = await next_event(stream)
    assert name == "changed" and content["ids"] == []
    return stream


async def test_the_console_hears_of_changes_it_may_see(client: Client, sign_in: SignIn) -> None:
    byg, affald = await sign_in("byg"), await sign_in("affald")
    streams = [await listen(byg), await listen(affald)]
    business = await escalated(client)
    while True:
        name, content = await next_event(streams[0])
        assert name == "changed" and set(content["ids"]) <= {business.id}
        if content["counts"]["waiting"] == 1:
            break
    while True:
        _, content = await next_event(streams[1])
        if not content["ids"]:  # now that it is another department's
            break
    assert content["counts"]["waiting"] == 0
    for stream in streams:
        stream.close()


async def test_an_open_console_makes_its_person_present(client: Client, services: Services, sign_in: SignIn) -> None:
    business = await escalated(client)
    owner = await sign_in(await owner_of(services, business.id))
    assert not (await business.read(after=0))["contact"]["present"]
    stream = await listen(owner)
    assert (await business.read(after=0))["contact"]["present"]
    await owner.session.delete(f"{API}/session", headers={"X-CSRF-Token": owner.csrf})
    assert not (await business.read(after=0))["contact"]["present"]
    stream.close()


async def test_a_stream_ends_with_the_server(client: Client, sign_in: SignIn) -> None:
    stream = await listen(await sign_in("byg"))
    await client.close()
    rest = await asyncio.wait_for(stream.content.read(), 10)
    assert rest == b""


async def test_waiting_for_news_returns_when_there_is_some(client: Client, services: Services, sign_in: SignIn) -> None:
    business = await escalated(client)
    owner = await sign_in(await owner_of(services, business.id))
    rev = (await owner.get(f"/inquiries/{business.id}"))["rev"]
    waiting = asyncio.create_task(owner.get(f"/inquiries/{business.id}", rev=rev, wait=20))
    await asyncio.sleep(0)
    await business.post(text="Er der nogen?", client_id=client_id(1))
    news = await waiting
    assert [m["text"] for m in news["messages"]][:1] == ["Er der nogen?"] and news["rev"] > rev
    (inquiry,) = await rows(services, t.inquiry)
    assert news["rev"] <= inquiry.rev


async def test_every_change_is_read_exactly_once_by_rev(client: Client, services: Services, sign_in: SignIn) -> None:
    business = Inquirer(client)
    await business.write(QUESTION)
    byg = await sign_in("byg")
    await byg.act(business.id, "take")
    seen: list[int] = []
    rev = 0
    for round_ in range(4):
        await byg.act(business.id, "note", text=f"note {round_}")
        await byg.act(business.id, "reply", text=f"svar {round_}")
        news = await byg.get(f"/inquiries/{business.id}", rev=rev)
        seen += [m["id"] for m in news["messages"]]
        rev = news["rev"]
    assert seen == sorted(set(seen)) and len(seen) == len(await rows(services, t.message))
