"""Signing in and out, and what a request must bring."""

from __future__ import annotations

import sqlalchemy as sa
from aiohttp.test_utils import TestClient
from yarl import URL

from bot.conversation.service import Services
from bot.staff.passwords import hash_password
from bot.store import tables as t
from tests.conftest import PASSWORD, Clock, ServicesMaker, rows
from tests.staff.conftest import SignIn
from tests.staff.people import API, Staff, copy_municipality, refusal


async def test_signing_in_tells_who_one_is_and_stores_only_a_hash(services: Services, sign_in: SignIn) -> None:
    byg = await sign_in("byg")
    assert byg.me["id"] == "byg" and byg.me["department"] == {"id": "byg", "name": "Byg og Plan"}
    assert byg.me["municipality"] == {"code": "0000", "name": "Demo Kommune"} and byg.me["roles"] == ["contact"]
    assert (await byg.get("/session"))["csrf"] == byg.csrf
    (cookie,) = byg.session.cookie_jar
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
