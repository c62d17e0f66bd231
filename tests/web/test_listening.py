"""Many who listen: how many may, one read of the thread for all of them, and what slow or noisy ones get."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient, make_mocked_request

from bot.app import create_app
from bot.channels.web.listening import SharedReads
from bot.conversation.service import Services
from bot.errors import TooMany
from bot.settings import Settings
from bot.store import tables as t
from bot.web.limits import Limits
from tests.conftest import ServicesMaker, eventually
from tests.inquirer import Inquirer
from tests.staff.people import Staff
from tests.web.test_api import code_of
from tests.web.test_sockets import line


@pytest_asyncio.fixture(loop_scope="session")
async def few(make_services: ServicesMaker, sqlite_url: str, serve: Any) -> TestClient[Any, Any]:
    """A hotline that lets little be open at once."""
    limits = {
        "max_open_per_inquiry": 2,
        "max_open_per_address": 3,
        "max_open_per_session": 1,
        "max_frames_per_minute": 5,
    }
    client: TestClient[Any, Any] = await serve(await make_services(sqlite_url, **limits))
    return client


async def opened(client: TestClient[Any, Any]) -> Inquirer:
    business = Inquirer(client)
    await business.open()
    return business


async def test_an_inquiry_and_an_address_keep_only_so_many_open(few: TestClient[Any, Any]) -> None:
    business, other, third = [await opened(few) for _ in range(3)]
    async with AsyncExitStack() as lines:
        first = await lines.enter_async_context(line(business))
        await first.frame("thread")
        waiting = asyncio.create_task(business.read(rev=0, wait=5))
        await asyncio.sleep(0.1)
        async with line(business) as one_more:
            assert (await one_more.frame("error"))["code"] == "too_many_open"
            assert (await one_more.socket.receive(timeout=10)).type is WSMsgType.CLOSE
        refused = await few.get(
            f"/api/v1/inquiries/{business.id}/messages", params={"rev": 0, "wait": 5}, headers=business.headers
        )
        assert await code_of(refused, 429) == "too_many_open" and int(refused.headers["Retry-After"]) > 0
        assert (await business.read(rev=0))["messages"] == []  # what does not wait is no listener
        await (await lines.enter_async_context(line(other))).frame("thread")
        refused = await few.get("/api/v1/ws", headers={"Upgrade": "websocket", "Connection": "Upgrade"})
        assert await code_of(refused, 429) == "too_many_open"
        assert (await business.post(text="hej")).status == 201  # writing is not listening
        await waiting
        await business.answered()

    async def free_again() -> bool:
        async with line(third) as back:
            return "messages" in await back.frame("thread")

    await eventually(free_again)


async def test_a_staff_session_keeps_only_so_many_open(few: TestClient[Any, Any]) -> None:
    one, other = Staff(few), Staff(few)
    await one.sign_in("byg")
    await other.sign_in("byg")
    async with one.session.get("/api/v1/staff/events") as stream:
        assert stream.status == 200
        assert await code_of(await one.session.get("/api/v1/staff/events"), 429) == "too_many_open"
        async with other.session.get("/api/v1/staff/events") as of_another_session:
            assert of_another_session.status == 200
    for staff in (one, other):
        await staff.session.close()


async def test_too_many_frames_close_the_line_and_too_many_marks_are_refused(few: TestClient[Any, Any]) -> None:
    business = await opened(few)
    async with line(business) as noisy:
        for _ in range(6):
            await noisy.socket.send_str("{")
        codes = [(await noisy.frame("error"))["code"] for _ in range(6)]
        assert codes == ["bad_json"] * 5 + ["too_many"]
        assert (await noisy.socket.receive(timeout=10)).type is WSMsgType.CLOSE
    address = f"/api/v1/inquiries/{business.id}/read"
    assert await code_of(await few.post(address, json={"seq": 1}, headers=business.headers), 429) == "too_many"


async def test_one_read_serves_all_who_listen_and_none_misses_a_later_change() -> None:
    reads, shared, state = 0, SharedReads(), 1

    async def read() -> dict[str, Any]:
        nonlocal reads
        reads += 1
        seen = state
        await asyncio.sleep(0.01)
        return {"state": seen}

    first = [asyncio.create_task(shared.read(("x", 0, 0, 1), read)) for _ in range(50)]
    await asyncio.sleep(0.005)
    state = 2  # changed while the first read is under way
    later = [asyncio.create_task(shared.read(("x", 0, 0, 1), read)) for _ in range(50)]
    later[0].cancel()
    assert {answer["state"] for answer in await asyncio.gather(*first)} == {1}
    assert {answer["state"] for answer in await asyncio.gather(*later[1:])} == {2}
    assert reads == 2 and not shared._reading and not shared._next


async def test_a_line_that_can_be_served_no_more_is_closed(client: TestClient[Any, Any], services: Services) -> None:
    business = await opened(client)
    row = {"municipality": "0000", "inquiry_id": business.id, "id": 1, "seq": 1, "rev": 1, "author": "bot", "text": "x"}
    async with line(business) as web_line:
        await web_line.frame("thread")
        async with services.database.write() as connection:
            await connection.execute(sa.insert(t.message), row | {"channel": "web", "at": services.now()})
            await connection.exec_driver_sql("UPDATE message SET body = '{'")
        services.hub.publish("0000", business.id)
        closed = await web_line.socket.receive(timeout=10)
        assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1013)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1:4711", "192.0.2.1:4712", True),
        ("[2001:db8:1:2::1]:4711", "2001:db8:1:2::2", True),
    ],
)
def test_an_address_is_counted_by_what_one_client_has_to_itself(one: str, other: str, same: bool) -> None:
    limits = Limits(Settings(trusted_proxies="::1, 10.0.0.0/8"))
    for address, proxy in ((one, "::1"), (other, "::ffff:10.0.0.7")):
        request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": address}).clone(remote=proxy)
        allowed = same and address == other
        if allowed:
            with pytest.raises(TooMany):
                limits.check("x", limits.address(request), 1, 60)
        else:
            limits.check("x", limits.address(request), 1, 60)


@pytest_asyncio.fixture(loop_scope="session")
async def impatient(make_services: ServicesMaker, sqlite_url: str) -> Any:
    """The port of a hotline that waits 0.2 seconds for a request and its body."""
    services = await make_services(sqlite_url, idle_timeout_s=0.2, body_timeout_s=0.2)
    runner = web.AppRunner(create_app(services), access_log=None, keepalive_timeout=services.settings.idle_timeout_s)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


WHOLE = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
HEAD = b"POST /api/v1/municipalities/0000/inquiries HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "begun", [b"", b"GET / HTT", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ", WHOLE, WHOLE + b"GET / HT"]
)
async def test_a_connection_without_a_whole_request_is_cut_off(impatient: int, begun: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", impatient)
    writer.write(begun)
    await asyncio.wait_for(reader.read(), 10)  # to the end of the connection
    writer.close()


@pytest.mark.parametrize("body", [b"", b'{"text": "he'])
async def test_a_body_that_does_not_arrive_in_time_is_refused_and_cut_off(impatient: int, body: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", impatient)
    writer.write(HEAD + b"Content-Length: 100\r\n\r\n" + body)
    answer = await asyncio.wait_for(reader.read(), 20)
    assert answer.startswith(b"HTTP/1.1 408") and b"too_slow" in answer
    writer.close()


async def test_a_body_that_drips_is_refused_too(impatient: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", impatient)
    writer.write(HEAD + b"Content-Length: 1000\r\n\r\n")
    status = asyncio.create_task(reader.readline())
    while not status.done():
        writer.write(b" ")
        await asyncio.sleep(0.02)
    assert b"408" in status.result()
    writer.close()


async def test_headers_say_who_may_use_an_answer_and_not_what_runs_here(
    client: TestClient[Any, Any], services: Services
) -> None:
    for path in ("/", "/api/v1/municipalities/0000", "/widget.js", "/nothing", "/staff/sign-in"):
        headers = (await client.get(path)).headers
        assert "Server" not in headers and "Strict-Transport-Security" not in headers
        expected = "cross-origin" if path == "/widget.js" else "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == expected
    assert (await client.get("/chat/0000")).headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    services.settings.public_url = "https://hotline.example"
    assert "max-age=31536000" in (await client.get("/")).headers["Strict-Transport-Security"]


async def test_a_page_that_is_not_there_says_so_in_the_readers_language(client: TestClient[Any, Any]) -> None:
    for language, said in (("da", "Siden findes ikke"), ("en", "There is no such page")):
        answer = await client.get("/nothing/here", params={"lang": language})
        assert answer.status == 404 and said in await answer.text()
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
