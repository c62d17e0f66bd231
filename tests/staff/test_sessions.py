"""Signing in and out, and what a request must bring."""

from __future__ import annotations

import asyncio

import aiohttp
import sqlalchemy as sa
from aiohttp.test_utils import TestClient
from yarl import URL

from bot.conversation.service import Services
from bot.errors import Busy
from bot.staff.passwords import MOST_WAITING, PasswordChecks, hash_password
from bot.staff.signing_in import PASSWORDS
from bot.store import tables as t
from bot.web.limits import network_of
from tests.conftest import PASSWORD, Clock, ServicesMaker, rows
from tests.staff.conftest import SignIn
from tests.staff.people import API, Staff, copy_municipality, refusal


async def test_signing_in_tells_who_one_is_and_stores_only_a_hash(services: Services, sign_in: SignIn) -> None:
    byg = await sign_in("byg")
    assert byg.me["id"] == "byg" and byg.me["department"] == {"id": "byg", "name": "Byg og Plan"}
    assert byg.me["municipality"] == {"code": "0000", "name": "Demo Kommune"} and byg.me["roles"] == ["contact"]
    assert (await byg.get("/session"))["csrf"] == byg.csrf
    cookie, device = sorted(byg.session.cookie_jar, key=lambda found: found.key == "hotline_device")
    assert device["httponly"] and "byg" not in device.value
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and not cookie["secure"]
    (stored,) = await rows(services, t.session)
    assert cookie.value not in str(stored) and len(cookie.value) >= 43


async def test_the_cookie_is_secure_where_a_trusted_proxy_speaks_tls(
    make_services: ServicesMaker, sqlite_url: str, serve: object
) -> None:
    services = await make_services(sqlite_url, trusted_proxies="127.0.0.1")
    client = await serve(services)  # type: ignore[operator]
    response = await client.post(
        f"{API}/session",
        json={"email": "byg@demo.example", "password": PASSWORD},
        headers={"X-Forwarded-Proto": "https"},
    )
    assert response.status == 201 and response.cookies["hotline_session"]["secure"]


async def test_a_wrong_password_and_an_unknown_address_are_told_alike(client: TestClient) -> None:  # type: ignore[type-arg]
    staff = Staff(client)
    for name, password in (("byg", "wrong"), ("nobody", PASSWORD)):
        assert await refusal(await staff.try_sign_in(name, password)) == (401, "wrong_password")
    await staff.session.close()


async def test_somebody_who_left_cannot_sign_in_and_is_signed_out(services: Services, sign_in: SignIn) -> None:
    byg = await sign_in("byg")
    async with services.database.write() as connection:
        await connection.execute(sa.update(t.staff).where(t.staff.c.id == "byg").values(active=False))
    assert await refusal(await byg.session.get(f"{API}/session")) == (401, "signed_out")
    assert await refusal(await byg.try_sign_in("byg", PASSWORD)) == (401, "wrong_password")


async def test_one_address_in_two_municipalities_enters_the_one_whose_password_fits(
    services: Services, sign_in: SignIn
) -> None:
    await copy_municipality(services, "0001")
    async with services.database.write() as connection:
        own = hash_password("other-password")
        await connection.execute(sa.update(t.staff).where(t.staff.c.municipality == "0001").values(password_hash=own))
    assert (await sign_in("byg", password="other-password")).me["municipality"]["code"] == "0001"
    assert (await sign_in("byg")).me["municipality"]["code"] == "0000"
    elsewhere = await sign_in("byg", password="other-password", municipality="0001")
    assert elsewhere.me["municipality"]["code"] == "0001"
    assert await refusal(await elsewhere.try_sign_in("byg", PASSWORD, municipality="0001")) == (401, "wrong_password")


async def test_a_session_ends_when_signed_out_and_after_hours_without_use(sign_in: SignIn, clock: Clock) -> None:
    byg, plan = await sign_in("byg"), await sign_in("plan")
    response = await byg.session.delete(f"{API}/session", headers={"X-CSRF-Token": byg.csrf})
    assert response.status == 200
    assert await refusal(await byg.session.get(f"{API}/session")) == (401, "signed_out")
    clock.advance(hours=11)
    await plan.get("/session")
    clock.advance(hours=11)
    await plan.get("/session")
    clock.advance(hours=13)
    assert await refusal(await plan.session.get(f"{API}/session")) == (401, "signed_out")


async def test_a_page_that_only_waits_does_not_keep_its_session_alive(
    client: TestClient,
    sign_in: SignIn,
    clock: Clock,  # type: ignore[type-arg]
) -> None:
    byg = await sign_in("byg")
    for _ in range(3):
        clock.advance(hours=5)
        response = await byg.session.get("/staff", headers={"X-Live": "1", "HX-Request": "true"})
    assert response.status == 204 and response.headers["HX-Redirect"] == "/staff/sign-in"


async def test_every_change_needs_the_csrf_token(sign_in: SignIn) -> None:
    byg = await sign_in("byg")
    for headers in ({}, {"X-CSRF-Token": "x" * 43}):
        for action in ("take", "reply", "note", "give_back", "hand_on", "resolve"):
            response = await byg.session.post(f"{API}/inquiries/abc/{action}", json={}, headers=headers)
            assert await refusal(response) == (403, "bad_csrf")
        assert await refusal(await byg.session.delete(f"{API}/session", headers=headers)) == (403, "bad_csrf")


async def test_without_a_session_nothing_is_shown(client: TestClient) -> None:  # type: ignore[type-arg]
    for path in ("/session", "/inquiries", "/inquiries/abc", "/colleagues", "/events"):
        assert await refusal(await client.get(API + path)) == (401, "signed_out")
    response = await client.get("/staff?list=waiting", allow_redirects=False)
    assert response.status == 303
    place = URL(response.headers["Location"])
    assert (place.path, place.query["next"]) == ("/staff/sign-in", "/staff?list=waiting")


async def test_another_website_cannot_sign_anyone_in(client: TestClient) -> None:  # type: ignore[type-arg]
    body = {"email": "byg@demo.example", "password": PASSWORD}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        response = await client.post(f"{API}/session", json=body, headers=headers)
        assert await refusal(response) == (403, "foreign_origin")


async def test_too_many_attempts_wait(make_services: ServicesMaker, sqlite_url: str, serve: object) -> None:
    services = await make_services(sqlite_url, max_sign_ins_per_quarter=3)
    client = await serve(services)  # type: ignore[operator]
    body = {"email": "byg@demo.example", "password": "wrong"}
    answers = [await client.post(f"{API}/session", json=body) for _ in range(4)]
    assert [answer.status for answer in answers] == [401, 401, 401, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    page = await client.post("/staff/sign-in", data=body)
    assert page.status == 429 and "Retry-After" in page.headers


async def test_nobody_locks_a_colleague_out_from_elsewhere(
    make_services: ServicesMaker, sqlite_url: str, serve: object
) -> None:
    services = await make_services(sqlite_url, max_sign_ins_per_quarter=3, trusted_proxies="127.0.0.1")
    client = await serve(services)  # type: ignore[operator]

    async def attempt(address: str, password: str, cookies: dict[str, str] | None = None) -> aiohttp.ClientResponse:
        body = {"email": "byg@demo.example", "password": password}
        headers = {"X-Forwarded-For": address} | (
            {"Cookie": "; ".join(map("=".join, cookies.items()))} if cookies else {}
        )
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            return await session.post(client.make_url(f"{API}/session"), json=body, headers=headers)

    known = await attempt("192.0.2.1", PASSWORD)
    device = {"hotline_device": known.cookies["hotline_device"].value}
    tried = [(await attempt(f"2001:db8:0:1::{n}", "wrong")).status for n in range(1, 6)]
    assert tried == [401, 401, 401, 429, 429], "one network, whatever address of it is used"
    assert (await attempt("2001:db8:0:2::1", PASSWORD)).status == 201, "another network is not locked out"
    for n in range(80):  # somebody with many networks: the limit for one e-mail from everywhere
        last = await attempt(f"198.51.100.{n}", "wrong")
    assert last.status == 429
    assert (await attempt("203.0.113.1", PASSWORD)).status == 429
    assert (await attempt("203.0.113.1", PASSWORD, device)).status == 201, "a known browser is"
    forged = {"hotline_device": device["hotline_device"][:-1] + "x"}
    assert (await attempt("203.0.113.1", PASSWORD, forged)).status == 429
    assert [(await attempt("203.0.113.1", "wrong", device)).status for _ in range(3)] == [401, 401, 429]


async def test_a_known_browser_is_known_for_the_one_who_signed_in_there(
    make_services: ServicesMaker, sqlite_url: str, serve: object
) -> None:
    services = await make_services(sqlite_url, max_sign_ins_per_quarter=2)
    client = await serve(services)  # type: ignore[operator]
    operator, plan = {"email": "operator@demo.example", "password": PASSWORD}, {"email": "plan@demo.example"}
    for body, expected in ((operator, [201] * 3), (plan | {"password": "wrong"}, [401, 401, 429])):
        assert [(await client.post(f"{API}/session", json=body)).status for _ in range(3)] == expected


def test_an_address_counts_as_its_network() -> None:
    same = {network_of(f"2001:db8:1:2:{n}::1") for n in range(5)}
    assert same == {"2001:db8:1:2::/64"} and network_of("2001:db8:1:3::1") == "2001:db8:1:3::/64"
    assert network_of("192.0.2.7") == network_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert network_of("fe80::1%eth0") == "fe80::/64" and network_of("") == "" and network_of("unknown") == "unknown"


async def test_a_storm_of_sign_ins_is_checked_two_at_a_time_and_turned_away_beyond_a_queue() -> None:
    checks, hashed = PasswordChecks(), hash_password("right")
    answers = await asyncio.gather(*(checks.fits("right", hashed) for _ in range(60)), return_exceptions=True)
    assert answers.count(True) == MOST_WAITING
    assert sum(isinstance(answer, Busy) for answer in answers) == 60 - MOST_WAITING
    assert await checks.fits("right", hashed) and not await checks.fits("wrong", hashed)
    assert not await checks.fits("right", None)


async def test_when_busy_the_page_and_the_api_say_so(client: TestClient) -> None:  # type: ignore[type-arg]
    checks = client.server.app[PASSWORDS]  # type: ignore[attr-defined]
    under_way = [asyncio.ensure_future(checks.fits("wrong", None)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    body = {"email": "byg@demo.example", "password": PASSWORD}
    response = await client.post(f"{API}/session", json=body)
    assert await refusal(response) == (503, "busy") and response.headers["Retry-After"]
    await asyncio.gather(*under_way)


async def test_bad_bodies_get_a_code(client: TestClient) -> None:  # type: ignore[type-arg]
    for body, expected in (
        (b"{", (400, "bad_json")),
        (b'{"email": 1}', (400, "bad_input")),
        (b"{}", (400, "bad_input")),
    ):
        assert await refusal(await client.post(f"{API}/session", data=body)) == expected


async def test_after_signing_in_nobody_is_sent_to_another_website(client: TestClient) -> None:  # type: ignore[type-arg]
    form = {"email": "byg@demo.example", "password": PASSWORD}
    for place in ("https://evil.example/", "//evil.example/staff", "/staff\\evil", "/other"):
        response = await client.post("/staff/sign-in", data=form | {"next": place}, allow_redirects=False)
        assert (response.status, response.headers["Location"]) == (303, "/staff")
    response = await client.post("/staff/sign-in", data=form | {"next": "/staff?list=all"}, allow_redirects=False)
    assert response.headers["Location"] == "/staff?list=all"
