"""A secret link in wrong hands: staff revoke it, and everything that it opened closes."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from aiohttp import WSMsgType
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.store import tables as t
from tests.conftest import rows
from tests.inquirer import Inquirer
from tests.staff.conftest import SignIn
from tests.staff.people import escalated, owner_of, refusal
from tests.staff.test_pages import page_of, submit

Client = TestClient[Any, Any]
SECRET = str(uuid.uuid4())  # with which a browser opens an inquiry


async def opened(client: Client, text: str | None = None) -> Inquirer:
    business = Inquirer(client)
    body = {"client_id": SECRET, "text": text}
    response = await client.post("/api/v1/municipalities/0000/inquiries", json=body)
    answer = await response.json()
    business.id, business.token = answer["id"], answer["token"]
    return business


async def test_a_revoked_link_opens_nothing_and_its_open_pages_end(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner = await sign_in(await owner_of(services, business.id))
    async with client.ws_connect("/api/v1/ws") as socket:
        await socket.send_json({"type": "hello", "id": business.id, "token": business.token, "rev": 0})
        assert (await socket.receive_json(timeout=10))["type"] == "thread"
        await owner.act(business.id, "revoke_link")
        frame = await socket.receive_json(timeout=10)
        assert (frame["type"], frame["code"]) == ("error", "bad_token")
        assert (await socket.receive(timeout=10)).type is WSMsgType.CLOSE
    for response in (
        await client.get(f"/api/v1/inquiries/{business.id}/messages", headers=business.headers),
        await business.post(text="hej", client_id=str(uuid.uuid4())),
    ):
        assert await refusal(response) == (401, "bad_token")
    note = (await owner.get(f"/inquiries/{business.id}"))["messages"][-1]
    assert (note["kind"], note["internal"], note["name"]) == ("link_revoked", True, owner.me["name"])
    (logged,) = await rows(services, t.audit, t.audit.c.action == "link_revoked")
    assert (logged.staff_id, logged.inquiry_id) == (owner.me["id"], business.id)  # type: ignore[attr-defined]


async def test_who_began_it_gets_in_again_by_what_no_link_and_no_message_holds(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await opened(client, "Jeg vil tale med et menneske")
    await business.answered()
    coordinator = await sign_in("koordinator")
    detail = await coordinator.get(f"/inquiries/{business.id}")
    assert SECRET not in str(detail) + str(await business.read(after=0))
    await coordinator.act(business.id, "revoke_link")
    again = await opened(client)
    assert again.id == business.id and again.token != business.token
    assert (await again.read(after=0))["messages"][0]["text"] == "Jeg vil tale med et menneske"


async def test_the_link_of_an_earlier_inquiry_leads_into_none_that_continues_it(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await opened(client, "Jeg vil tale med et menneske")
    await business.answered()
    now = services.now()
    async with services.database.write() as connection:
        long_ago = {"status": "resolved", "resolved_at": now - timedelta(days=60)}
        await connection.execute(sa.update(t.inquiry).values(long_ago))
    response = await business.post(text="Jeg har et spørgsmål mere", client_id=str(uuid.uuid4()))
    following = (await response.json())["inquiry"]["id"]
    await business.answered()
    await (await sign_in("koordinator")).act(following, "revoke_link")
    assert await refusal(await business.post(text="hej", client_id=str(uuid.uuid4()))) == (401, "bad_token")


async def test_only_who_answers_for_it_revokes_a_link(client: Client, services: Services, sign_in: SignIn) -> None:
    business = await escalated(client)
    owner = await owner_of(services, business.id)
    other = await sign_in("plan" if owner == "byg" else "byg")
    assert await other.refused(business.id, "revoke_link") == (403, "not_acting_contact")
    for name in ("miljoe", "redaktoer", "administrator", "data"):
        assert await (await sign_in(name)).refused(business.id, "revoke_link") == (403, "forbidden")
    assert (await business.read(after=0))["messages"]


async def test_a_button_revokes_it(client: Client, services: Services, sign_in: SignIn) -> None:
    business = await escalated(client)
    owner = await sign_in(await owner_of(services, business.id))
    assert "Spær linket" in await page_of(owner, f"/staff/inquiries/{business.id}")
    page = await (await submit(owner, business.id, "revoke_link")).text()
    assert "Det hemmelige link er spærret." in page
    response = await client.get(f"/api/v1/inquiries/{business.id}/messages", headers=business.headers)
    assert response.status == 401
