"""The same conversation over a WebSocket: who may listen, what is pushed, what bad frames get."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import ClientWebSocketResponse, WSMsgType
from aiohttp.test_utils import TestClient

from bot.channels.web.sockets import close_all
from bot.conversation.service import Services
from bot.store import tables as t
from bot.web.keys import PEOPLE
from tests.conftest import Clock, rows
from tests.inquirer import Inquirer, client_id, staff_member
from tests.web import QUESTION
from tests.web.test_api import WEBSITE


class Line:
    """One open socket of an inquirer; ``seen`` is the thread as far as it was pushed."""

    def __init__(self, socket: ClientWebSocketResponse):
        self.socket = socket
        self.seen: dict[int, dict[str, Any]] = {}
        self.rev = 0

    async def frame(self, kind: str) -> dict[str, Any]:
        """The next frame of a kind; threads on the way are taken in."""
        while True:
            frame: dict[str, Any] = await self.socket.receive_json(timeout=10)
            if frame["type"] == "thread":
                self.seen |= {message["seq"]: message for message in frame["messages"]}
                self.rev = frame["rev"]
            if frame["type"] == kind:
                return frame

    async def until(self, author: str, count: int) -> list[str]:
        """The texts of ``author`` once there are ``count``."""
        while len(texts := [m["text"] for _, m in sorted(self.seen.items()) if m["author"] == author]) < count:
            await self.frame("thread")
        return texts


@asynccontextmanager
async def line(business: Inquirer, *, rev: int = 0, **headers: str) -> AsyncIterator[Line]:
    async with business.client.ws_connect("/api/v1/ws", headers=headers) as socket:
        await socket.send_json({"type": "hello", "id": business.id, "token": business.token, "rev": rev})
        yield Line(socket)


@pytest.fixture
async def business(client: TestClient[Any, Any]) -> Inquirer:
    business = Inquirer(client)
    await business.open()
    return business


async def test_a_question_is_stored_answered_and_pushed(business: Inquirer) -> None:
    async with line(business) as web:
        await web.socket.send_json({"type": "message", "text": QUESTION, "client_id": client_id(1)})
        stored = await web.frame("stored")
        assert stored["message"]["seq"] == 1
        assert len(await web.until("bot", 2)) == 2
        answer = web.seen[3]
        await web.socket.send_json({"type": "feedback", "seq": 3, "helped": True})
        await web.until("bot", 3)
        assert answer["feedback"] and web.seen[3]["helped"] is True


async def test_the_same_client_id_is_stored_once_over_both_doors(services: Services, business: Inquirer) -> None:
    async with line(business) as web:
        for _ in range(2):
            await web.socket.send_json({"type": "message", "text": "hej", "client_id": client_id(1)})
            assert (await web.frame("stored"))["message"]["seq"] == 1
        assert (await business.post(text="hej", client_id=client_id(1))).status == 200
        await web.socket.send_json({"type": "message", "text": "andet", "client_id": client_id(1)})
        error = await web.frame("error")
        assert (error["code"], error["client_id"]) == ("same_id_other_text", client_id(1))
    assert len(await rows(services, t.message, t.message.c.author == "inquirer")) == 1


async def test_after_a_break_only_what_is_new_comes(business: Inquirer) -> None:
    async with line(business) as web:
        await web.socket.send_json({"type": "message", "text": QUESTION})
        await web.until("bot", 2)
        rev = web.rev
    await business.write("hej igen")
    async with line(business, rev=rev) as web:
        await web.frame("thread")
        assert min(web.seen) == 4
    async with line(business, rev=10_000) as web:
        assert (await web.frame("thread"))["messages"] == []


async def test_a_contacts_reply_reaches_every_open_page(
    services: Services, client: TestClient[Any, Any], business: Inquirer
) -> None:
    await business.press("person")
    (inquiry,) = await rows(services, t.inquiry)
    staff = await staff_member(services, inquiry.acting_id)
    async with line(business) as one, line(business) as other:
        await one.frame("thread")
        await other.frame("thread")
        await client.app[PEOPLE].reply(staff, inquiry.id, "Hej fra mig")  # type: ignore[union-attr]
        for page in (one, other):
            assert await page.until("staff", 1) == ["Hej fra mig"]


async def test_what_was_read_is_kept_and_a_pong_tells_the_servers_time(business: Inquirer, clock: Clock) -> None:
    await business.write(QUESTION)
    async with line(business) as web:
        await web.socket.send_json({"type": "read", "seq": 3})
        await web.socket.send_json({"type": "ping"})
        assert (await web.frame("pong"))["now"] == clock.at.isoformat()
    assert (await business.read())["read_seq"] == 3


@pytest.mark.parametrize(
    "hello",
    [
        "not json",
        "[]",
        '{"type": "message", "text": "hej"}',
        '{"type": "hello", "id": "ID"}',
        '{"type": "hello", "id": "ID", "token": "nonsense"}',
        '{"type": "hello", "id": "0000000000000000", "token": "TOKEN"}',
    ],
)
async def test_who_does_not_say_the_token_first_hears_nothing(business: Inquirer, hello: str) -> None:
    async with business.client.ws_connect("/api/v1/ws") as socket:
        await socket.send_str(hello.replace("ID", business.id).replace("TOKEN", business.token))
        assert (await socket.receive_json(timeout=10))["code"] in ("bad_token", "bad_json")
        assert (await socket.receive(timeout=10)).type == WSMsgType.CLOSE


async def test_a_foreign_website_hears_nothing_and_an_allowed_one_does(services: Services, business: Inquirer) -> None:
    async with line(business, Origin=WEBSITE) as web:
        assert (await web.frame("error"))["code"] == "foreign_origin"
    async with services.database.write() as connection:
        await connection.execute(sa.update(t.municipality).values(origins=[WEBSITE]))
    async with line(business, Origin=WEBSITE) as web:
        await web.frame("thread")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "bad_json"),
        ("7", "bad_json"),
        ('{"type": "dance"}', "bad_input"),
        ('{"type": "message"}', "empty_text"),
        ('{"type": "message", "text": 5}', "bad_input"),
        ('{"type": "message", "choice": "x"}', "unknown_choice"),
        (json.dumps({"type": "message", "text": "x" * 4097}), "text_too_long"),
        ('{"type": "feedback", "seq": "1", "helped": true}', "bad_input"),
        ('{"type": "feedback", "seq": 1, "helped": true}', "not_found"),
        ('{"type": "read", "seq": -1}', "bad_input"),
    ],
)
async def test_a_bad_frame_gets_a_code_and_the_line_stays_open(business: Inquirer, frame: str, code: str) -> None:
    async with line(business) as web:
        await web.frame("thread")
        await web.socket.send_str(frame)
        assert (await web.frame("error"))["code"] == code
        await web.socket.send_json({"type": "ping"})
        await web.frame("pong")


async def test_two_messages_at_once_are_answered_in_order(business: Inquirer) -> None:
    async with line(business) as web:
        for number in range(2):
            await web.socket.send_json({"type": "message", "text": QUESTION, "client_id": client_id(number)})
        # What was asked twice is not answered with the same text twice.
        assert len(set(await web.until("bot", 3))) == 3
        assert sorted(web.seen) == list(range(1, len(web.seen) + 1))
        own = [m["client_id"] for _, m in sorted(web.seen.items()) if m["author"] == "inquirer"]
        assert own == [client_id(0), client_id(1)]


async def test_when_the_server_stops_the_line_is_closed_as_going_away(
    client: TestClient[Any, Any], business: Inquirer
) -> None:
    async with line(business) as web:
        await web.frame("thread")
        await close_all(client.app)  # type: ignore[arg-type]
        closed = await web.socket.receive(timeout=10)
        assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1001)
