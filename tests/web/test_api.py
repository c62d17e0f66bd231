"""The inquirer's HTTP API: what bad input gets, who may, and that nothing is stored that should not be."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.store import tables as t
from bot.web.keys import PEOPLE
from tests.conftest import Clock, ServicesMaker, rows
from tests.inquirer import Inquirer, client_id, staff_member
from tests.web import QUESTION

INQUIRIES = "/api/v1/municipalities/0000/inquiries"
WEBSITE = "https://www.demo.example"


async def code_of(response: Any, status: int) -> str:
    """The error's code; the answer has the expected status and the shape of every error."""
    assert response.status == status, await response.text()
    error = (await response.json())["error"]
    assert error["message"]
    return str(error["code"])


async def allow(services: Services, *origins: str) -> None:
    async with services.database.write() as connection:
        await connection.execute(sa.update(t.municipality).values(origins=list(origins)))


@pytest.fixture
def business(client: TestClient[Any, Any]) -> Inquirer:
    return Inquirer(client)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"text": ', 400, "bad_json"),
        (b"[1]", 400, "bad_json"),
        (b'{"text": "\xff\xfe"}', 400, "bad_json"),
        (b"[" * 50_000, 400, "bad_json"),
        (b'{"text": ""}', 422, "empty_text"),
        (b'{"text": "  \\n\\u0000 "}', 422, "empty_text"),
        (b"{}", 422, "empty_text"),
        (b'{"text": 7}', 400, "bad_input"),
        (b'{"text": "hej", "choice": "person"}', 400, "bad_input"),
        (b'{"choice": "drop table"}', 422, "unknown_choice"),
        (b'{"choice": "article:building/no_such_article"}', 422, "unknown_choice"),
        (b'{"text": "' + b"x" * 4097 + b'"}', 413, "text_too_long"),
        (b'{"text": "' + b"x" * 70_000 + b'"}', 413, "text_too_long"),
        (b'{"text": "hej", "client_id": "' + b"x" * 81 + b'"}', 400, "bad_input"),
    ],
)
async def test_a_bad_message_gets_a_stable_code_and_is_not_stored(
    services: Services, business: Inquirer, body: bytes, status: int, code: str
) -> None:
    await business.open()
    response = await business.client.post(
        f"/api/v1/inquiries/{business.id}/messages", data=body, headers=business.headers
    )
    assert await code_of(response, status) == code
    assert await rows(services, t.message) == []


async def test_4000_characters_are_taken(business: Inquirer) -> None:
    await business.open()
    assert (await business.post(text="æ" * 4000)).status == 201


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"client_id": "1"}, "bad_input"),
        ({"text": "x" * 4097}, "text_too_long"),
        ({"text": " "}, "empty_text"),
        ({"browser": 5}, "bad_input"),
    ],
)
async def test_a_bad_first_message_opens_no_inquiry(
    services: Services, client: TestClient[Any, Any], body: dict[str, Any], code: str
) -> None:
    response = await client.post(INQUIRIES, json=body)
    assert (await response.json())["error"]["code"] == code
    assert await rows(services, t.inquiry) == []


@pytest.mark.parametrize("code", ["9999", "00000", "x", "0000%00"])
async def test_an_unknown_municipality_is_not_found(client: TestClient[Any, Any], code: str) -> None:
    assert await code_of(await client.get(f"/api/v1/municipalities/{code}"), 404) == "unknown_municipality"
    assert (
        await code_of(await client.post(f"/api/v1/municipalities/{code}/inquiries", json={}), 404)
        == "unknown_municipality"
    )


async def test_an_unknown_path_under_the_api_answers_in_json(client: TestClient[Any, Any]) -> None:
    assert await code_of(await client.get("/api/v1/nothing"), 404) == "not_found"


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer nonsense", "Basic abc", "Bearer ÆØÅ"])
async def test_a_wrong_or_missing_token_opens_nothing(business: Inquirer, authorization: str | None) -> None:
    await business.open("hej")
    headers = {} if authorization is None else {"Authorization": authorization}
    for path in ("messages", "feedback", "read"):
        address = f"/api/v1/inquiries/{business.id}/{path}"
        assert (
            await code_of(await business.client.post(address, json={"text": "x"}, headers=headers), 401) == "bad_token"
        )
    response = await business.client.get(f"/api/v1/inquiries/{business.id}/messages", headers=headers)
    assert await code_of(response, 401) == "bad_token"


async def test_a_token_opens_only_its_own_inquiry(client: TestClient[Any, Any], business: Inquirer) -> None:
    other = Inquirer(client)
    await business.open("hej")
    await other.open("hej")
    other.token = business.token
    assert await code_of(await other.post(text="hej"), 401) == "bad_token"
    other.id = "0" * 16
    assert await code_of(await other.post(text="hej"), 401) == "bad_token"  # an id that does not exist is no different


async def test_answers_tell_the_servers_time_and_when_it_closes(
    client: TestClient[Any, Any], business: Inquirer, clock: Clock
) -> None:
    await business.open()
    municipality = await (await client.get("/api/v1/municipalities/0000")).json()
    assert municipality["open"] and municipality["closes_at"] == "2026-11-25T15:00:00+00:00"
    assert municipality["now"] == (await business.read())["now"] == clock.at.isoformat()


async def test_a_secret_link_ends_a_year_after_the_last_message(business: Inquirer, clock: Clock) -> None:
    await business.open("hej")
    await business.answered()
    clock.advance(days=364)
    assert (await business.post(text="hej igen")).status == 201
    clock.advance(days=366)
    assert await code_of(await business.post(text="hej"), 401) == "bad_token"


async def test_the_same_client_id_changes_nothing_and_another_text_is_refused(
    services: Services, business: Inquirer
) -> None:
    await business.open()
    first = await business.post(text="Må vi holde åbent om søndagen?", client_id=client_id(1))
    again = await business.post(text="Må vi holde åbent om søndagen?", client_id=client_id(1))
    assert (first.status, again.status) == (201, 200)
    assert (await first.json())["seq"] == (await again.json())["seq"] == 1
    assert await code_of(await business.post(text="noget andet", client_id=client_id(1)), 409) == "same_id_other_text"
    assert await code_of(await business.post(choice="person", client_id=client_id(1)), 409) == "same_id_other_text"
    assert len(await rows(services, t.message, t.message.c.author == "inquirer")) == 1


async def test_the_same_client_id_opens_one_inquiry(services: Services, client: TestClient[Any, Any]) -> None:
    body = {"client_id": str(uuid.uuid4()), "text": "hej"}
    first, again = [await client.post(INQUIRIES, json=body) for _ in range(2)]
    assert (first.status, again.status) == (201, 200)
    assert (await first.json())["token"] == (await again.json())["token"]
    assert len(await rows(services, t.inquiry)) == 1
    assert len(await rows(services, t.message, t.message.c.author == "inquirer")) == 1


@pytest.mark.parametrize(
    "query", [{"after": "x"}, {"after": "-1"}, {"rev": "nan"}, {"wait": "inf"}, {"rev": str(2**31)}]
)
async def test_a_query_that_is_no_number_is_refused(business: Inquirer, query: dict[str, str]) -> None:
    await business.open("hej")
    response = await business.client.get(
        f"/api/v1/inquiries/{business.id}/messages", params=query, headers=business.headers
    )
    assert await code_of(response, 400) == "bad_input"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"seq": 2},
        {"helped": True},
        {"seq": True, "helped": True},
        {"seq": 2, "helped": "yes"},
        {"seq": -1, "helped": True},
    ],
)
async def test_feedback_without_its_fields_is_refused(business: Inquirer, body: dict[str, Any]) -> None:
    await business.write(QUESTION)
    address = f"/api/v1/inquiries/{business.id}/feedback"
    assert await code_of(await business.client.post(address, json=body, headers=business.headers), 400) == "bad_input"


async def test_feedback_on_what_asked_for_none_is_not_found(business: Inquirer) -> None:
    await business.write(QUESTION)
    address = f"/api/v1/inquiries/{business.id}/feedback"
    for seq in (1, 2, 99):  # the question, the disclosure, nothing
        response = await business.client.post(address, json={"seq": seq, "helped": True}, headers=business.headers)
        assert await code_of(response, 404) == "not_found"


async def test_what_was_read_is_known_on_another_device(business: Inquirer) -> None:
    await business.write(QUESTION)
    address = f"/api/v1/inquiries/{business.id}/read"
    for seq, read in ((2, 2), (1, 2), (99, 2)):  # never backwards, never beyond what there is
        await business.client.post(address, json={"seq": seq}, headers=business.headers)
        assert (await business.read())["read_seq"] == read
    assert (
        await code_of(await business.client.post(address, json={"seq": "2"}, headers=business.headers), 400)
        == "bad_input"
    )


async def test_too_many_messages_get_429_with_the_seconds_to_wait(
    make_services: ServicesMaker, serve: Any, sqlite_url: str
) -> None:
    services = await make_services(sqlite_url, max_messages_per_minute=2)
    business = Inquirer(await serve(services))
    await business.open()
    for _ in range(2):
        assert (await business.post(text="hej")).status == 201
    refused = await business.post(text="hej")
    assert await code_of(refused, 429) == "too_many"
    assert 1 <= int(refused.headers["Retry-After"]) <= 30
    assert len(await rows(services, t.message, t.message.c.author == "inquirer")) == 2


@pytest.mark.parametrize(("proxies", "allowed"), [("", 1), ("127.0.0.1", 3)])
async def test_only_a_trusted_proxy_tells_the_address_that_is_limited(
    make_services: ServicesMaker, serve: Any, sqlite_url: str, proxies: str, allowed: int
) -> None:
    services = await make_services(sqlite_url, max_inquiries_per_hour=1, trusted_proxies=proxies)
    client = await serve(services)
    statuses = [
        (await client.post(INQUIRIES, json={}, headers={"X-Forwarded-For": f"192.0.2.{number}"})).status
        for number in range(3)
    ]
    assert statuses.count(201) == allowed and statuses.count(429) == 3 - allowed


async def test_a_foreign_website_is_refused_and_an_allowed_one_may_read_the_answer(
    services: Services, client: TestClient[Any, Any]
) -> None:
    headers = {"Origin": WEBSITE}
    refused = await client.post(INQUIRIES, json={"text": "hej"}, headers=headers)
    assert await code_of(refused, 403) == "foreign_origin"
    assert refused.headers["Access-Control-Allow-Origin"] == "*"  # only the error, so that the page can say why
    assert await rows(services, t.inquiry) == []
    await allow(services, WEBSITE)
    allowed = await client.post(INQUIRIES, json={"text": "hej"}, headers=headers)
    assert allowed.status == 201
    assert allowed.headers["Access-Control-Allow-Origin"] == WEBSITE


async def test_the_preflight_names_only_an_allowed_website(
    services: Services, client: TestClient[Any, Any], business: Inquirer
) -> None:
    await business.open()
    paths = (INQUIRIES, f"/api/v1/inquiries/{business.id}/messages", "/api/v1/inquiries/gone/messages")
    headers = {"Origin": WEBSITE, "Access-Control-Request-Method": "POST"}
    for path in paths:
        assert "Access-Control-Allow-Origin" not in (await client.options(path, headers=headers)).headers
    await allow(services, WEBSITE)
    for path in paths:
        answer = await client.options(path, headers=headers)
        assert answer.headers["Access-Control-Allow-Origin"] == WEBSITE
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


async def test_no_staff_answer_is_readable_by_another_website(services: Services, client: TestClient[Any, Any]) -> None:
    await allow(services, WEBSITE)
    for path in ("/api/v1/staff/session", "/api/v1/staff/inquiries"):
        answer = await client.get(path, headers={"Origin": WEBSITE})
        assert answer.status == 401 and "Access-Control-Allow-Origin" not in answer.headers


async def test_a_lost_database_is_said_plainly(services: Services, business: Inquirer, tmp_path: Path) -> None:
    await business.open("hej")
    await business.answered()
    await services.database.close()
    for file in tmp_path.glob("test.sqlite3*"):
        file.unlink()
    assert await code_of(await business.post(text="er I der"), 503) == "store_unavailable"
    health = await business.client.get("/healthz")
    assert health.status == 200


async def test_error_sentences_come_in_the_readers_language(client: TestClient[Any, Any]) -> None:
    danish = await client.get("/api/v1/municipalities/9999", headers={"Accept-Language": "da"})
    english = await client.get("/api/v1/municipalities/9999", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert "ikke tilsluttet" in (await danish.json())["error"]["message"]
    assert "not connected" in (await english.json())["error"]["message"]


async def test_a_long_poll_ends_when_a_person_writes(
    client: TestClient[Any, Any], services: Services, business: Inquirer
) -> None:
    await business.open()
    await business.press("person")
    (inquiry,) = await rows(services, t.inquiry)
    staff = await staff_member(services, inquiry.acting_id)
    waiting = asyncio.create_task(business.read(rev=business.thread["rev"], wait=20))
    await asyncio.sleep(0)
    await client.app[PEOPLE].reply(staff, inquiry.id, "Hej")  # type: ignore[union-attr]
    thread = await waiting
    assert [m["text"] for m in thread["messages"] if m["author"] == "staff"] == ["Hej"]
    assert thread["contact"]["name"] == staff.name and thread["number"] == "2026-000001"


async def test_a_thread_of_any_length_is_read_in_pages_without_a_gap(services: Services, business: Inquirer) -> None:
    await business.open()
    message = {"municipality": "0000", "inquiry_id": business.id, "author": "bot", "channel": "web", "text": "x"}
    async with services.database.write() as connection:
        many = [message | {"id": n, "seq": n, "rev": n, "at": services.now()} for n in range(1, 1203)]
        await connection.execute(sa.insert(t.message), many)
        await connection.execute(sa.update(t.inquiry).values(last_seq=1202, rev=1202))
    by_rev: list[int] = []
    rev, more = 0, True
    while more:
        thread = await business.read(rev=rev)
        by_rev += [m["seq"] for m in thread["messages"]]
        rev, more = thread["rev"], thread["more"]
    assert by_rev == list(range(1, 1203))
    by_seq: list[int] = []
    while (thread := await business.read(after=by_seq[-1] if by_seq else 0))["messages"]:
        by_seq += [m["seq"] for m in thread["messages"]]
    assert by_seq == by_rev


async def test_readiness_says_what_is_missing(client: TestClient[Any, Any]) -> None:
    ready = await client.get("/readyz")
    assert ready.status == 200
    assert (await ready.json())["checks"] == {"database": True, "model": True}
