"""What no text, number or form should be, sent to every door there is: nothing of it makes the server fail."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import aiohttp
import pytest_asyncio
import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.store import tables as t
from bot.web.keys import SERVICES
from tests.conftest import ServicesMaker, rows
from tests.inquirer import Inquirer, client_id
from tests.staff.people import Staff, escalated
from tests.web.test_api import INQUIRIES, code_of
from tests.web.test_sockets import line

STRANGE_TEXTS = (r'"\ud800"', r'"a\u0000b"', '"' + "x" * 300 + '"', '"' + "9" * 5000 + '"')
STRANGE = (
    *STRANGE_TEXTS, str(2**31), str(2**63), str(10**30), "9" * 5000, "1e400", "-1", "1.5", "NaN", "true", "[[[]]]",
    "[" * 30 + "]" * 30, '{"a": [{}]}', r'{"\ud800": 1}', '[null]',
)  # fmt: skip
IN_ADDRESSES = (
    "%00",
    "a%00b",
    "%ff",
    "%ED%A0%80",
    str(2**63),
    "9" * 5000,
    "x" * 300,
    "%F0%9F%91%8D",
    "..%2f",
    "%5B%5B",
)
EVERY_ROLE = ["contact", "editor", "coordinator", "administrator", "data_officer"]
# A stream without an end; and what would end the session that the others need.
LEFT_OUT = {"/api/v1/staff/events", "/api/v1/ws", "/staff/sign-out"}
FORM_FIELDS = (
    "text", "note", "article", "client_id", "from", "to", "message", "label", "other", "outcome", "version", "email",
    "password", "municipality", "next", "question", "draft", "state", "action", "q", "model", "reason", "source", "name",
    "id", "answer_da", "title_da", "value.x_da", "examples_da", "area", "apply", "overwrite",
)  # fmt: skip
IN_QUERIES = (
    "after",
    "rev",
    "before",
    "offset",
    "draft",
    "question",
    "area",
    "list",
    "status",
    "q",
    "state",
    "reason",
    "next",
    "done",
)
Serve = Callable[[Services], Awaitable[TestClient[Any, Any]]]


class Everything:
    """A hotline with an inquiry that waits for a person, an inquirer who may write in it, and somebody with every role."""

    def __init__(self, client: TestClient[Any, Any], business: Inquirer, staff: Staff):
        self.client, self.business, self.staff = client, business, staff
        self.failures: list[str] = []

    def fill(self, path: str, value: str) -> str:
        for name in ("id", "inquiry"):
            path = path.replace(f"{{{name}}}", self.business.id)
        known = {
            "{code}": "0000",
            "{area}": "building",
            "{name}": "permit_needed",
            "{message}": "1",
            "{key}": f"{self.business.id}.1",
        }
        for name, usual in known.items():
            path = path.replace(name, usual)
        return (
            path.replace("{version}", "x").replace("{name:.+}", "x").replace("{action}", value).replace("{tail}", "x")
        )

    async def send(self, method: str, path: str, **given: Any) -> None:
        headers = {"X-CSRF-Token": self.staff.csrf} | given.pop("headers", {})
        if "/api/v1/inquiries/" in path:
            headers |= self.business.headers
        address = self.client.make_url("/").with_path(path.partition("?")[0], encoded=True)
        address = (
            address.with_query(None)
            if "?" not in path
            else type(address)(f"{address}?{path.partition('?')[2]}", encoded=True)
        )
        async with self.staff.session.request(
            method, address, headers=headers, allow_redirects=False, **given
        ) as response:
            if response.status >= 500:
                self.failures.append(f"{response.status} {method} {path[:90]} {str(given)[:120]}")

    def routes(self) -> Iterator[tuple[str, str]]:
        for resource in self.client.app.router.resources():  # type: ignore[union-attr]
            for route in resource:
                if resource.canonical not in LEFT_OUT and route.method in ("GET", "POST", "PUT", "DELETE"):
                    yield route.method, resource.canonical


@pytest_asyncio.fixture(loop_scope="session")
async def everything(database_url: str, make_services: ServicesMaker, serve: Serve) -> AsyncIterator[Everything]:
    services = await make_services(database_url)
    async with services.database.write() as connection:
        everybody = t.staff.c.email == "koordinator@demo.example"
        await connection.execute(sa.update(t.staff).where(everybody).values(roles=EVERY_ROLE))
    client = await serve(services)
    staff = Staff(client)
    await staff.sign_in("koordinator")
    yield Everything(client, await escalated(client), staff)
    await staff.session.close()


async def test_no_field_of_any_document_can_be_filled_in_so_that_the_server_fails(everything: Everything) -> None:
    document = await (await everything.client.get("/api/v1/openapi.json")).json()
    schemas = document["components"]["schemas"]
    usual = {
        "text": '"hej"',
        "id": '"building/x"',
        "article": '"building/permit_needed"',
        "message": "1",
        "version": "1",
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if path in LEFT_OUT or method in ("get", "delete"):
                continue
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            schema = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
            names = list(schema.get("properties", {})) or ["text"]
            # Signing in costs a password hash and a preview a turn each time: fewer of them.
            values = (
                STRANGE[:2] if path.endswith(("session", "preview")) else STRANGE[::2] if len(names) > 3 else STRANGE
            )
            for name, value in itertools.product(names, values):
                body = {other: usual.get(other, '"x"') for other in names} | {name: value}
                raw = "{" + ", ".join(f'"{key}": {item}' for key, item in body.items()) + "}"
                await everything.send(method.upper(), everything.fill(path, "take"), data=raw.encode())
    assert everything.failures == []
    await Inquirer(everything.client).open("hej")


async def test_no_address_can_be_filled_in_so_that_the_server_fails(everything: Everything) -> None:
    for method, path in everything.routes():
        for value in IN_ADDRESSES if "{" in path else ():
            filled = path
            while "{" in filled:
                filled = filled.partition("{")[0] + value + filled.partition("}")[2]
            await everything.send(method, filled)
        if method == "GET":
            for value in IN_ADDRESSES[::3]:
                query = "&".join(f"{name}={value}" for name in IN_QUERIES)
                await everything.send(method, f"{everything.fill(path, 'take')}?{query}")
                if path.startswith("/staff") or "inquiries" in path:
                    for name in IN_QUERIES[:6]:
                        await everything.send(method, f"{everything.fill(path, 'take')}?{name}={value}")
    assert everything.failures == []


async def test_no_form_can_be_filled_in_so_that_the_server_fails(everything: Everything) -> None:
    actions = (
        "take",
        "reply",
        "note",
        "hand_on",
        "resolve",
        "wrong",
        "mark",
        "draft",
        "text",
        "values",
        "correct",
        "x",
    )
    for (method, path), value in itertools.product(everything.routes(), ("a\0b", "9" * 5000, "x" * 300)):
        if method == "POST" and path.startswith("/staff"):
            for action in actions if "{action}" in path else ("",):
                form = dict.fromkeys(FORM_FIELDS, value) | {"csrf": everything.staff.csrf}
                await everything.send(method, everything.fill(path, action), data=form)
                one = {
                    name: value for name in ("message", "to", "version", "label", "model") if action or name == "model"
                }
                for name, given in one.items():
                    form = {"csrf": everything.staff.csrf, "text": "hej", "state": "confirmed", name: given}
                    await everything.send(method, everything.fill(path, action), data=form)
    for charset, raw in (
        ("bogus", b"text=x"),
        ("utf-8", b"text=\xff\xfe"),
        ("utf-7", b"to=+2AA-"),
        ("utf-16", b"text=x"),
    ):
        kind = {"Content-Type": f"application/x-www-form-urlencoded; charset={charset}"}
        await everything.send("POST", everything.fill("/staff/inquiries/{id}/note", ""), data=raw, headers=kind)
        await everything.send("POST", "/staff/sign-in", data=raw, headers=kind)
    for body in (
        b"--x\r\n",
        b"--x\r\n\r\n\r\n--x--",
        b'--x\r\nContent-Disposition: form-data; name="text"\r\nContent-Type: text/plain; charset=bogus\r\n\r\nx\r\n--x--\r\n',
    ):
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        await everything.send("POST", "/staff/sign-in", data=body, headers=kind)
    assert everything.failures == []


ODD_REQUESTS = (
    b"GET /api/v1/inquiries/\xff\xfe/messages HTTP/1.1\r\nHost: x\r\n",
    b"GET /chat/%ed%a0%80 HTTP/1.1\r\nHost: x\r\n",
    b"GET /api/v1/municipalities/0000?lang=\xff HTTP/1.1\r\nHost: x\r\n",
    b"GET /api/v1/municipalities/0000 HTTP/1.1\r\nHost: x\r\nOrigin: http://[\r\n",
    b"GET /api/v1/municipalities/0000 HTTP/1.1\r\nHost: x\r\nOrigin: \xff\xfe\r\n",
    b"GET /staff HTTP/1.1\r\nHost: x\r\nCookie: hotline_session=\xff\xfe\r\n",
    b"GET /api/v1/staff/session HTTP/1.1\r\nHost: x\r\nCookie: hotline_session=\xc3\xa6\r\n",
    b"GET /api/v1/inquiries/x/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\r\n",
    b'GET /widget.js HTTP/1.1\r\nHost: x\r\nIf-None-Match: \xff"\r\n',
    b"POST /api/v1/municipalities/0000/inquiries HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    b"POST /api/v1/municipalities/0000/inquiries HTTP/1.1\r\nHost: x\r\nExpect: nonsense\r\nContent-Length: 2\r\n\r\n{}",
    b"GET /api/v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: \xff\r\n",
    b"GET /api/v1/ws HTTP/1.1\r\nHost: x\r\n",
    b"POST /staff/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data\r\nContent-Length: 1\r\n\r\nx",
)


async def test_odd_bytes_in_a_request_are_refused_and_not_our_failure(client: TestClient[Any, Any]) -> None:
    for head in ODD_REQUESTS:
        reader, writer = await asyncio.open_connection(client.host, client.port)
        writer.write(head if b"\r\n\r\n" in head else head + b"\r\n")
        status = int((await asyncio.wait_for(reader.readline(), 10)).split()[1])
        writer.close()
        assert 200 <= status < 500, head


FRAMES = (
    '{"type": "message", "text": "x", "client_id": %s}',
    '{"type": "message", "choice": %s}',
    '{"type": %s}',
    '{"type": "read", "seq": %s}',
    '{"type": "feedback", "seq": %s, "helped": true}',
)


async def test_no_frame_makes_a_socket_fail_or_fall_silent(client: TestClient[Any, Any]) -> None:
    business = Inquirer(client)
    await business.open()
    async with line(business) as web:
        await web.frame("thread")
        for value, frame in itertools.product(STRANGE, FRAMES):
            await web.socket.send_str(frame % value)
            assert (await web.frame("error"))["code"] in ("bad_input", "bad_json", "unknown_choice"), (
                frame,
                value[:20],
            )
        await web.socket.send_json({"type": "ping"})
        await web.frame("pong")


async def test_a_hello_with_a_rev_that_is_none_is_refused(client: TestClient[Any, Any]) -> None:
    business = Inquirer(client)
    await business.open()
    hello = f'{{"type": "hello", "id": "{business.id}", "token": "{business.token}", "rev": %s}}'
    for rev in STRANGE:
        async with client.ws_connect("/api/v1/ws") as socket:
            await socket.send_str(hello % rev)
            assert (await socket.receive_json(timeout=10))["code"] in ("bad_input", "bad_json")
            assert (await socket.receive(timeout=10)).type == aiohttp.WSMsgType.CLOSE


OTHER_SPELLINGS = (
    "00000000000000000000000000000001",
    "{00000000-0000-0000-0000-000000000001}",
    "urn:uuid:00000000-0000-0000-0000-000000000001",
    "-" * 44 + client_id(1),
    client_id(0xABC).upper(),
    client_id(1) + "\n",
    client_id(1) + "\0",
    "010190-1234",
    "",
)


async def test_a_client_id_in_another_spelling_is_refused_at_every_door(
    client: TestClient[Any, Any], services: Services
) -> None:
    business = Inquirer(client)
    await business.open()
    async with line(business) as web:
        for given in OTHER_SPELLINGS:
            assert await code_of(await client.post(INQUIRIES, json={"client_id": given}), 400) == "bad_input"
            assert await code_of(await business.post(text="hej", client_id=given), 400) == "bad_input"
            await web.socket.send_json({"type": "message", "text": "hej", "client_id": given})
            assert (await web.frame("error"))["code"] == "bad_input"
    assert await rows(services, t.message) == [] and len(await rows(services, t.inquiry)) == 1


async def test_whatever_was_sent_fits_the_columns_of_both_databases(everything: Everything) -> None:
    """SQLite takes texts of any length: what it holds must be what PostgreSQL takes at a restore."""
    lengths = sorted(
        {
            c.type.length
            for table in t.metadata.tables.values()
            for c in table.columns
            if isinstance(c.type, sa.String) and c.type.length
        }
    )
    fields = (
        "client_id",
        "browser",
        "language",
        "text",
        "choice",
        "email",
        "password",
        "municipality",
        "to",
        "from",
        "article",
        "label",
        "outcome",
        "note",
        "id",
        "state",
        "draft",
    )
    of_inquirer = f"/api/v1/inquiries/{everything.business.id}/messages"
    actions = ("take", "reply", "note", "hand_on", "resolve", "mark")
    of_staff = [f"/api/v1/staff/inquiries/{everything.business.id}/{action}" for action in actions]
    for path, length in itertools.product((INQUIRIES, of_inquirer, "/api/v1/staff/articles", *of_staff), lengths):
        for field in fields:
            body = {"text": "hej", "message": 1} | {field: "x" * (length + 1)}
            await everything.send("POST", path, json=body)
    for reply in (
        "jeg vil gerne tale med en person",
        "n" * 201,
        "a" * 245 + "@firma.example",
        "a" * 245 + "@firma.example",
        "f" * 201,
    ):
        await everything.business.write(reply)
    assert everything.failures == []
    services = everything.client.app[SERVICES]  # type: ignore[union-attr]
    for table in t.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, sa.String) and column.type.length:
                async with services.database.read() as connection:
                    longest = await connection.scalar(sa.select(sa.func.max(sa.func.length(column))))
                assert (longest or 0) <= column.type.length, column
