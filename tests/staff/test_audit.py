"""What staff did, read, took away and were refused stands in the audit log, without flooding it and without anybody's words."""

from __future__ import annotations

from typing import Any

from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.staff.refusals import MOST
from bot.store import tables as t
from tests.conftest import PASSWORD, Clock, rows
from tests.staff.conftest import SignIn
from tests.staff.people import API, Staff, copy_municipality, escalated, owner_of
from tests.staff.test_pages import submit

Client = TestClient[Any, Any]


async def log(services: Services, *actions: str) -> list[tuple[Any, ...]]:
    found: list[Any] = await rows(services, t.audit, t.audit.c.action.in_(actions))
    return [(row.municipality, row.staff_id, row.action) for row in found]


async def test_signing_in_and_out_is_logged_in_ones_own_municipality(services: Services, sign_in: SignIn) -> None:
    byg, operator = await sign_in("byg"), await sign_in("operator")
    await byg.session.delete(f"{API}/session", headers={"X-CSRF-Token": byg.csrf})
    await operator.session.post("/staff/sign-out", data={"csrf": operator.csrf})
    assert await log(services, "signed_in", "signed_out") == [
        ("0000", "byg", "signed_in"),
        ("", "operator", "signed_in"),
        ("0000", "byg", "signed_out"),
        ("", "operator", "signed_out"),
    ]


async def test_failed_sign_ins_are_logged_once_an_hour_and_without_what_was_typed(
    client: Client, services: Services, clock: Clock
) -> None:
    await copy_municipality(services, "0001")
    staff = Staff(client)
    for _ in range(3):
        await staff.try_sign_in("byg", "wrong")
        await staff.try_sign_in("nobody.here", PASSWORD)
    assert await log(services, "wrong_password") == [
        ("0000", "byg", "wrong_password"),
        ("0001", "byg", "wrong_password"),
        ("", None, "wrong_password"),
    ]
    assert "nobody.here" not in str(await rows(services, t.audit))
    clock.advance(hours=2)
    await staff.try_sign_in("byg", "wrong", municipality="0000")
    assert len(await log(services, "wrong_password")) == 4
    await staff.session.close()


async def test_slowing_somebody_down_is_logged(make_services: Any, sqlite_url: str, serve: Any) -> None:
    services = await make_services(sqlite_url, max_sign_ins_per_quarter=1)
    staff = Staff(await serve(services))
    for _ in range(4):
        await staff.try_sign_in("byg", "wrong")
    assert await log(services, "sign_in_throttled") == [("0000", "byg", "sign_in_throttled")]
    await staff.session.close()


async def test_what_is_refused_is_logged_once_a_day_from_pages_and_api(
    client: Client, services: Services, sign_in: SignIn, clock: Clock
) -> None:
    business = await escalated(client)
    miljoe = await sign_in("miljoe")
    for _ in range(2):
        assert (await miljoe.session.get(f"{API}/inquiries/{business.id}")).status == 403
        assert (await miljoe.session.get(f"/staff/inquiries/{business.id}")).status == 403
        assert (await miljoe.session.get("/staff/knowledge")).status == 403
        assert (await submit(miljoe, "0" * 16, "take", csrf="x")).status == 403
        assert (await miljoe.session.post(f"{API}/preview", json={})).status == 403
    refused: list[Any] = await rows(services, t.audit, t.audit.c.action == "refused")
    assert [(row.staff_id, row.inquiry_id, row.detail["code"], row.detail["route"]) for row in refused] == [
        ("miljoe", business.id, "forbidden", "/api/v1/staff/inquiries/{id}"),
        ("miljoe", business.id, "forbidden", "/staff/inquiries/{id}"),
        ("miljoe", None, "forbidden", "/staff/knowledge"),
        ("miljoe", "0" * 16, "bad_csrf", "/staff/inquiries/{id}/{action}"),
        ("miljoe", None, "bad_csrf", "/api/v1/staff/preview"),
    ]
    for n in range(MOST + 20):
        await submit(miljoe, f"{n:016}", "take", csrf="x")
    assert len(await log(services, "refused")) == MOST


async def test_lists_and_searches_over_all_departments_are_logged_once_a_day(
    services: Services, sign_in: SignIn, clock: Clock
) -> None:
    koordinator, data, byg = await sign_in("koordinator"), await sign_in("data"), await sign_in("byg")
    for _ in range(2):
        await koordinator.get("/inquiries", list="all", q="Solsikken")
        await koordinator.get("/inquiries", list="mine")
        await data.session.get("/staff?list=waiting")
        await byg.get("/inquiries", list="all", q="Solsikken")
    read: list[Any] = await rows(services, t.audit, t.audit.c.action == "list_read")
    assert [(row.staff_id, row.detail) for row in read] == [
        ("koordinator", {"list": "all", "searched": True}),
        ("data", {"list": "waiting", "searched": False}),
    ]
    clock.advance(hours=1)
    await koordinator.get("/inquiries", list="all", q="en anden")
    assert len(await log(services, "list_read")) == 2


async def test_packages_and_typed_questions_are_logged(client: Client, services: Services, sign_in: SignIn) -> None:
    business = await escalated(client)
    editor = await sign_in("redaktoer")
    contact = await sign_in(await owner_of(services, business.id))
    question = (await contact.get(f"/inquiries/{business.id}"))["questions"][0]
    for _ in range(2):
        await editor.get("/package")
        await editor.session.get("/staff/knowledge/package.yml")
        await editor.post("/package", package="hotline_articles: 1\n")
        page = await editor.session.get(f"/staff/knowledge/new?question={business.id}.{question}")
        assert page.status == 200
    assert await log(services, "package_exported", "package_previewed", "question_read") == [
        ("0000", "redaktoer", "package_exported"),
        ("0000", "redaktoer", "package_previewed"),
        ("0000", "redaktoer", "question_read"),
    ]
    (read,) = await rows(services, t.audit, t.audit.c.action == "question_read")
    assert read.inquiry_id == business.id  # type: ignore[attr-defined]
