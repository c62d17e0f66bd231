"""Devices whose clock is weeks wrong and whose zone is far away: what is late and what today is are the municipality's to say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient
from playwright.async_api import Page, expect

from bot.conversation.service import Services
from tests.conftest import Clock
from tests.inquirer import client_id
from tests.staff.people import QUESTION, escalated, owner_of
from tests.staff.test_console_browser import console
from tests.web.browser import ProfileMaker, address_of, messages
from tests.web.host import website

pytestmark = pytest.mark.browser
DEVICES = {
    "late-in-tokyo": {"device_time": datetime(2026, 12, 20, 3, tzinfo=UTC), "timezone_id": "Asia/Tokyo"},
    "early-in-los-angeles": {"device_time": datetime(2026, 11, 1, 3, tzinfo=UTC), "timezone_id": "America/Los_Angeles"},
}
PING_MS = 26_000
TIMES_MS = 31_000


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(DEVICES[request.param])


@pytest_asyncio.fixture(loop_scope="session")
async def host(services: Services, client: TestClient[Any, Any]) -> AsyncIterator[str]:
    async with website(services, address_of(services, client)) as address:
        yield address


async def open_widget(page: Page) -> None:
    await page.get_by_role("button", name="Skriv til kommunen").click()
    await expect(page.get_by_role("textbox")).to_be_focused()


async def test_a_deadline_passes_by_the_servers_time_while_the_page_stays_open(
    host: str, profile: ProfileMaker, clock: Clock, device: dict[str, Any]
) -> None:
    page = await (await profile(**device)).tab(host)
    await open_widget(page)
    await page.locator("form").get_by_role("button", name="Tal med en medarbejder").click()
    status = page.locator(".status")
    await expect(status).to_contain_text("svarer jer her, senest torsdag 26. november kl. 10.00.")
    await expect(messages(page, "inquirer").locator("time")).to_have_text("10.00")
    clock.advance(hours=23)
    await page.clock.fast_forward(PING_MS)
    await expect(status).to_contain_text("svarer jer her, senest i dag kl. 10.00.")
    clock.advance(hours=2)
    await page.clock.fast_forward(PING_MS)
    await expect(status).to_contain_text("skulle have svaret jer i dag kl. 10.00.")
    clock.advance(days=300)
    await page.reload()
    await expect(status).to_contain_text("skulle have svaret jer torsdag den 26. november 2026 kl. 10.00.")


async def test_the_welcome_tells_the_next_opening_by_the_servers_time(
    host: str, profile: ProfileMaker, clock: Clock, device: dict[str, Any]
) -> None:
    clock.at = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # half past midnight of Wednesday in Denmark
    page = await (await profile(**device)).tab(host)
    await open_widget(page)
    await expect(page.locator(".welcome")).to_contain_text("i dag kl. 08.00")


async def test_the_console_counts_time_since_by_the_servers_time(
    services: Services, client: TestClient[Any, Any], profile: ProfileMaker, clock: Clock, device: dict[str, Any]
) -> None:
    business = await escalated(client)
    clock.advance(minutes=20)
    page = await (await profile(**device)).tab()
    await console(page, address_of(services, client), await owner_of(services, business.id))
    times = page.locator("#inquiries time")
    before = await times.all_inner_texts()
    assert any("20 minutter" in text for text in before)
    await page.clock.fast_forward(TIMES_MS)
    assert [text.replace("21 min", "20 min") for text in await times.all_inner_texts()] == before
    clock.advance(hours=3)
    async with page.expect_response("**/staff"):
        await business.post(text=QUESTION, client_id=client_id(1))
    await page.clock.fast_forward(TIMES_MS)
    await expect(times.first).to_contain_text("3 timer")
