"""What people type turns nothing around: neither the number beside a name nor the time beside a message."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.store import tables as t
from bot.web.keys import PEOPLE
from tests.conftest import rows
from tests.inquirer import Inquirer, staff_member
from tests.staff.people import QUESTION
from tests.web.browser import ProfileMaker, address_of

TURNING = "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))


async def test_overrides_are_taken_out_of_every_message_name_and_company(
    services: Services, client: TestClient[Any, Any]
) -> None:
    business = Inquirer(client)
    await business.write(f"{QUESTION}{TURNING}")
    await business.press("person")
    for reply in (f"Bo\u202e Prøve{TURNING}", "bo@firma.example", "\u202eSpA xoF\u2067"):
        await business.write(reply)
    (inquiry,) = await rows(services, t.inquiry)
    people = client.app[PEOPLE]  # type: ignore[union-attr]
    staff = await staff_member(services, inquiry.acting_id)
    await people.reply(staff, business.id, f"Ja{TURNING}, det kan I")
    stored = [str(row.text) for row in await rows(services, t.message)]
    stored += [str(value) for value in inquiry._mapping.values()]
    assert not set(TURNING) & set("".join(stored)) and any("det kan I" in text for text in stored)


@pytest.mark.browser
async def test_a_name_written_from_the_right_leaves_the_number_beside_it_alone(
    services: Services, client: TestClient[Any, Any], profile: ProfileMaker
) -> None:
    from tests.staff.test_console_browser import console
    from tests.staff.test_search import stored

    for company in ("\u202eSpA xoF", "חברה 12", "شركة"):
        await stored(services, status="waiting", company=company, number=f"2026-{len(company):06}", area="building")
    page = await (await profile()).tab()
    await console(page, address_of(services, client), "koordinator", "/staff?list=all")
    assert await page.locator(".entry-business > bdi").count() == 3
    first = page.locator(".entry").first
    business, number = (first.locator(name) for name in (".entry-business", ".entry-number"))
    left, right = await business.bounding_box(), await number.bounding_box()
    assert left and right and left["x"] < right["x"]
    assert await number.evaluate("node => getComputedStyle(node).direction") == "ltr"
