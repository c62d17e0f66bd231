"""A message to an inquiry that is closed for good: it goes on in one linked to it, once, however often it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.store import tables as t
from bot.web.keys import PEOPLE
from tests.conftest import Clock, ServicesMaker, rows
from tests.inquirer import Inquirer, client_id, staff_member
from tests.web.test_api import INQUIRIES, code_of
from tests.web.test_sockets import line

THANKS = "tak for hjælpen"
Serve = Callable[[Services], Awaitable[TestClient[Any, Any]]]


async def close_for_good(client: TestClient[Any, Any], services: Services, inquiry_id: str, clock: Clock) -> None:
    people = client.app[PEOPLE]  # type: ignore[union-attr]
    coordinator = await staff_member(services, "koordinator")
    await people.take(coordinator, inquiry_id)
    await people.resolve(coordinator, inquiry_id, "solved")
    clock.advance(days=30)


@pytest_asyncio.fixture(loop_scope="session")
async def both(database_url: str, make_services: ServicesMaker) -> Services:
    return await make_services(database_url, max_inquiries_per_hour=3)


@pytest_asyncio.fixture(loop_scope="session")
async def business(both: Services, serve: Serve, clock: Clock) -> Inquirer:
    """Who wrote message 1 to an inquiry that is closed for good."""
    business = Inquirer(await serve(both))
    await business.open()
    assert (await business.post(text=THANKS, client_id=client_id(1))).status == 201
    await business.answered()
    await close_for_good(business.client, both, business.id, clock)
    return business


def of_continuation(business: Inquirer, answer: dict[str, Any]) -> Inquirer:
    other = Inquirer(business.client)
    other.id, other.token = answer["inquiry"]["id"], answer["inquiry"]["token"]
    return other


async def test_the_same_message_sent_again_starts_one_inquiry_and_another_text_is_refused(
    both: Services, business: Inquirer
) -> None:
    first, again = [await business.post(text="Vi har et nyt spørgsmål", client_id=client_id(2)) for _ in range(2)]
    assert (first.status, again.status) == (201, 200)
    assert await first.json() == await again.json()
    other = await business.post(text="noget andet", client_id=client_id(2))
    assert await code_of(other, 409) == "same_id_other_text"
    assert await code_of(await business.post(choice="person", client_id=client_id(2)), 409) == "same_id_other_text"
    (new,) = await rows(both, t.inquiry, t.inquiry.c.previous_id == business.id)
    continued = of_continuation(business, await again.json())
    assert continued.id == new.id
    # The client went on there before it knew that the message had been stored.
    assert (await continued.post(text="Vi har et nyt spørgsmål", client_id=client_id(2))).status == 200
    await continued.answered()


async def test_a_message_stored_before_the_end_is_not_stored_again_after_it(both: Services, business: Inquirer) -> None:
    assert (await business.post(text=THANKS, client_id=client_id(1))).status == 200
    assert await code_of(await business.post(text="andet", client_id=client_id(1)), 409) == "same_id_other_text"
    assert await rows(both, t.inquiry, t.inquiry.c.previous_id.is_not(None)) == []
    started = await business.post(text="hej igen", client_id=client_id(2))
    continued = of_continuation(business, await started.json())
    assert (await continued.post(text=THANKS, client_id=client_id(1))).status == 200
    assert len(await rows(both, t.message, t.message.c.text == THANKS)) == 1
    await continued.answered()


async def test_what_is_written_to_the_closed_one_goes_on_in_the_open_one(
    both: Services, business: Inquirer, clock: Clock
) -> None:
    answers = await asyncio.gather(
        *(business.post(text=f"spørgsmål {n}", client_id=client_id(10 + n)) for n in range(5))
    )
    assert [answer.status for answer in answers] == [201] * 5
    (place,) = {(await answer.json())["inquiry"]["id"] for answer in answers}
    continued = of_continuation(business, await answers[0].json())
    await continued.answered()
    # That one is closed in its turn: what is written to either goes on in the third.
    await close_for_good(business.client, both, place, clock)
    by_first, by_second = await business.post(text="tredje"), await continued.post(text="tredje")
    third = (await by_first.json())["inquiry"]["id"]
    assert (await by_second.json())["inquiry"]["id"] == third
    assert [row.id for row in await rows(both, t.inquiry, t.inquiry.c.previous_id == place)] == [third]
    assert (await business.post(text="spørgsmål 0", client_id=client_id(10))).status == 200
    await of_continuation(business, await by_first.json()).answered()


async def test_the_limit_on_new_inquiries_holds_for_those_that_continue_others(
    both: Services, business: Inquirer, clock: Clock
) -> None:
    for _ in range(2):  # the first of three was opened by hand
        assert (await business.client.post(INQUIRIES, json={})).status == 201
    clock_of_limits = await business.post(text="hej", client_id=client_id(2))
    assert await code_of(clock_of_limits, 429) == "too_many" and int(clock_of_limits.headers["Retry-After"]) > 0
    async with line(business) as web:
        await web.socket.send_json({"type": "message", "text": "hej", "client_id": client_id(3)})
        assert (await web.frame("error"))["code"] == "too_many"
    assert len(await rows(both, t.inquiry)) == 3
    assert await rows(both, t.message, t.message.c.text == "hej") == []


async def test_over_a_socket_it_is_stored_once_too(both: Services, business: Inquirer) -> None:
    async with line(business) as web:
        places = []
        for _ in range(2):
            await web.socket.send_json({"type": "message", "text": "hej igen", "client_id": client_id(2)})
            places.append((await web.frame("stored"))["message"]["inquiry"])
        assert places[0] == places[1]
    again = await business.post(text="hej igen", client_id=client_id(2))
    assert again.status == 200 and (await again.json())["inquiry"] == places[0]
    await of_continuation(business, await again.json()).answered()


async def test_opening_the_same_again_after_the_end_gives_the_token_of_the_place_it_names(
    both: Services, business: Inquirer, clock: Clock
) -> None:
    body = {"client_id": client_id(7)}
    opened = await (await business.client.post(INQUIRIES, json=body)).json()
    await close_for_good(business.client, both, opened["id"], clock)
    again = await (await business.client.post(INQUIRIES, json=body | {"text": "hej"})).json()
    assert again["id"] != opened["id"]
    continued = of_continuation(business, {"inquiry": again})
    assert [m["text"] for m in (await continued.read())["messages"] if m["author"] == "inquirer"] == ["hej"]
    await continued.answered()


@pytest.mark.parametrize(
    "choice", ["article:building/permit_needed", "package:open_cafe", "helpful", "unhelpful", "skip", "none"]
)
async def test_a_button_that_was_never_shown_is_no_choice(
    client: TestClient[Any, Any], services: Services, choice: str
) -> None:
    business = Inquirer(client)
    await business.open()
    assert await code_of(await business.post(choice=choice, client_id=client_id(1)), 422) == "unknown_choice"
    async with line(business) as web:
        await web.socket.send_json({"type": "message", "choice": choice})
        assert (await web.frame("error"))["code"] == "unknown_choice"
    assert await rows(services, t.message) == []
    assert (await business.post(choice="person")).status == 201
    await business.answered()


async def test_a_button_of_another_inquiry_is_no_choice_here(services: Services, client: TestClient[Any, Any]) -> None:
    other, business = Inquirer(client), Inquirer(client)
    await other.open()
    await business.open()
    button = {"id": "article:building/permit_needed", "label": "x"}
    row = {"municipality": "0000", "id": 1, "seq": 1, "rev": 1, "author": "bot", "channel": "web", "text": "x"}
    async with services.database.write() as connection:
        row |= {"inquiry_id": other.id, "body": {"buttons": [button]}, "at": services.now()}
        await connection.execute(sa.insert(t.message), row)
        await connection.execute(sa.update(t.inquiry).where(t.inquiry.c.id == other.id).values(last_seq=1, rev=1))
    assert await code_of(await business.post(choice=button["id"]), 422) == "unknown_choice"
    assert (await other.post(choice=button["id"])).status == 201
    await other.answered()
