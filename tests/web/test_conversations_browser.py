"""Several conversations of one browser, and threads that are older than today."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from playwright.async_api import expect

from bot.conversation.service import Services
from bot.store import tables as t
from bot.web.keys import PEOPLE
from tests.conftest import Clock, rows
from tests.inquirer import staff_member
from tests.web.browser import PHONE, ProfileMaker, address_of, messages, scrolls_sideways, violations
from tests.web.test_widget_browser import ask, open_widget

pytestmark = pytest.mark.browser
Client = TestClient[Any, Any]


@pytest.mark.parametrize("size", [PHONE, {"width": 1280, "height": 900}], ids=["phone", "desktop"])
async def test_a_reply_in_an_earlier_conversation_is_told_and_reached(
    services: Services, client: Client, profile: ProfileMaker, size: dict[str, int]
) -> None:
    page = await (await profile(size=size)).tab(f"{address_of(services, client)}/embed/0000")
    await open_widget(page)
    await page.locator("form").get_by_role("button", name="Tal med en medarbejder").click()
    await expect(page.locator(".status")).to_contain_text("svarer jer her")
    (first,) = await rows(services, t.inquiry)
    await page.get_by_role("button", name="Ny henvendelse").click()
    await ask(page, "Skal vi have byggetilladelse til et skur?")
    await expect(messages(page, "bot")).to_have_count(2)
    await expect(page.locator(".others summary")).to_have_text("1 anden samtale")
    await page.get_by_role("button", name="Luk").first.click()
    staff = await staff_member(services, first.acting_id)
    await client.app[PEOPLE].reply(staff, first.id, "Ja, ring bare.")  # type: ignore[union-attr]
    opener = page.get_by_role("button", name="Skriv til kommunen, 2 ulæste beskeder")
    await expect(opener).to_be_visible()
    await page.reload()
    await expect(opener).to_be_visible()
    await opener.click()
    await expect(page.locator(".others")).to_contain_text("2 ulæste beskeder i andre samtaler")
    assert await violations(page) == [] and not await scrolls_sideways(page)
    await page.get_by_role("button", name="Henvendelse 2026-000001: 2 ulæste beskeder").click()
    await expect(messages(page, "staff")).to_contain_text("Ja, ring bare.")
    await expect(page.locator(".others summary")).to_have_text("1 anden samtale")
    await page.get_by_role("button", name="Luk").first.click()
    await expect(page.get_by_role("button", name="Skriv til kommunen", exact=True)).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("button", name="Skriv til kommunen", exact=True)).to_be_visible()


@pytest.mark.parametrize("language", ["da", "en"])
async def test_the_day_of_a_message_is_seen_once_a_thread_is_older_than_today(
    services: Services, client: Client, profile: ProfileMaker, clock: Clock, language: str
) -> None:
    page = await (await profile(size=PHONE)).tab(f"{address_of(services, client)}/chat/0000?lang={language}")
    await ask(page)
    await expect(messages(page, "bot")).to_have_count(2)
    await expect(page.locator(".day")).to_have_count(0)
    clock.advance(days=5)
    await ask(page, "hej igen")
    await expect(messages(page, "bot")).to_have_count(3)
    days = {"da": ["onsdag 25. november", "i dag"], "en": ["Wednesday 25 November", "today"]}[language]
    await expect(page.locator(".day")).to_have_text(days)
    clock.advance(days=60)
    await page.reload()
    await expect(messages(page)).not_to_have_count(0)
    await ask(page, "og igen")
    await expect(page.locator(".day").first).to_contain_text("2026")
    assert await page.locator(".log > :first-child").get_attribute("class") == "day"
    assert await violations(page) == [] and not await scrolls_sideways(page)
