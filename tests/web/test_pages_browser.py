"""Our own pages in a real browser: accessible at phone and desktop width, in light and dark; secret links; no JavaScript."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from playwright.async_api import Page, expect

from bot.conversation.service import Services
from bot.store import tables as t
from bot.web.keys import PEOPLE
from bot.web.static_files import FOLDER
from tests.conftest import rows
from tests.inquirer import Inquirer, staff_member
from tests.web import QUESTION
from tests.web.browser import DESKTOP, PHONE, ProfileMaker, address_of, messages, scrolls_sideways, violations
from tests.web.test_widget_browser import ask

pytestmark = pytest.mark.browser
LOOKS = [
    pytest.param(PHONE, False, id="phone-light"),
    pytest.param(PHONE, True, id="phone-dark", marks=pytest.mark.nightly),
    pytest.param(DESKTOP, False, id="desktop-light", marks=pytest.mark.nightly),
    pytest.param(DESKTOP, True, id="desktop-dark", marks=pytest.mark.nightly),
]


async def expect_in_order(page: Page) -> None:
    """Axe finds nothing, and nothing makes the page scroll sideways."""
    assert await violations(page) == []
    assert not await scrolls_sideways(page)


@pytest.mark.parametrize(("size", "dark"), LOOKS)
async def test_the_chat_is_accessible_in_every_state(
    services: Services, client: TestClient[Any, Any], profile: ProfileMaker, size: dict[str, int], dark: bool
) -> None:
    page = await (await profile(size=size, dark=dark)).tab(f"{address_of(services, client)}/chat/0000")
    await expect(page.get_by_role("heading", level=1, name="Demo Kommune")).to_be_visible()
    await expect_in_order(page)
    await ask(page)
    await expect(messages(page, "bot")).to_have_count(2)
    await expect_in_order(page)
    await page.locator("form").get_by_role("button", name="Tal med en medarbejder").click()
    await expect(page.locator(".status")).to_contain_text("svarer jer her")
    (inquiry,) = await rows(services, t.inquiry)
    staff = await staff_member(services, inquiry.acting_id)
    await client.app[PEOPLE].reply(staff, inquiry.id, "Send mig tegningen.")  # type: ignore[union-attr]
    await expect(messages(page, "staff")).to_be_visible()
    await page.get_by_role("textbox").fill("x" * 4001)
    await expect_in_order(page)


@pytest.mark.parametrize(("size", "dark"), LOOKS)
async def test_the_open_widget_is_accessible_on_a_page(
    services: Services, client: TestClient[Any, Any], profile: ProfileMaker, size: dict[str, int], dark: bool
) -> None:
    page = await (await profile(size=size, dark=dark)).tab(f"{address_of(services, client)}/embed/0000")
    opener = page.get_by_role("button", name="Skriv til kommunen")
    await expect(opener).to_be_visible()
    await expect_in_order(page)
    await opener.click()
    await expect(page.get_by_role("dialog", name="Demo Kommune")).to_be_visible()
    await expect_in_order(page)


@pytest.mark.parametrize(
    "dark", [pytest.param(True, id="dark"), pytest.param(False, id="light", marks=pytest.mark.nightly)]
)
async def test_public_pages_are_accessible_on_a_phone(
    services: Services, client: TestClient[Any, Any], profile: ProfileMaker, dark: bool
) -> None:
    visitor = await profile(size=PHONE, dark=dark, locale="en-GB")
    page = await visitor.tab()
    for path, heading in (("/", "One entrance"), ("/i/#not-a-token", "Your inquiry"), ("/chat/9999", "not connected")):
        await page.goto(address_of(services, client) + path)
        await expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        await expect_in_order(page)
    visitor.complaints.clear()  # the browser logs the 404 of the unknown municipality


async def test_at_400_percent_zoom_everything_can_be_reached(
    services: Services, client: TestClient[Any, Any], profile: ProfileMaker
) -> None:
    """1280 × 1024 at 400 % are 320 × 256 pixels."""
    page = await (await profile(size={"width": 320, "height": 256})).tab(f"{address_of(services, client)}/embed/0000")
    await page.get_by_role("button", name="Skriv til kommunen").click()
    await ask(page)
    await expect(messages(page, "bot")).to_have_count(2)
    await messages(page, "bot").last.get_by_role("link").last.scroll_into_view_if_needed()
    await page.get_by_role("button", name="Send").scroll_into_view_if_needed()
    await expect(page.get_by_role("button", name="Send")).to_be_in_viewport()
    await page.get_by_role("button", name="Luk").first.click()
    assert not await scrolls_sideways(page)


async def test_a_secret_link_opens_the_thread_on_another_device(
    services: Services, client: TestClient[Any, Any], profile: ProfileMaker
) -> None:
    address = address_of(services, client)
    business = Inquirer(client)
    await business.write(QUESTION)
    page = await (await profile()).tab(f"{address}/i/#{business.token}")
    await page.wait_for_url(f"{address}/chat/0000")
    await expect(messages(page, "inquirer")).to_contain_text(QUESTION)
    await page.go_back()
    assert business.token not in page.url
    await ask(await (await profile()).tab(f"{address}/i/#{business.token}"), "fra en anden enhed")
    await page.goto(f"{address}/chat/0000")
    await expect(messages(page, "inquirer").last).to_contain_text("fra en anden enhed")


async def test_a_link_that_is_not_valid_says_so(
    services: Services, client: TestClient[Any, Any], profile: ProfileMaker
) -> None:
    visitor = await profile()
    business = Inquirer(client)
    await business.open()
    page = await visitor.tab(f"{address_of(services, client)}/i/#{business.token[:-3]}abc")
    await expect(page.get_by_role("alert")).to_contain_text("Linket gælder ikke længere")
    assert "#" not in page.url
    visitor.complaints.clear()  # the browser logs the 401


async def test_without_javascript_the_page_says_how_to_reach_the_municipality(
    services: Services, client: TestClient[Any, Any], profile: ProfileMaker
) -> None:
    page = await (await profile(size=PHONE, java_script_enabled=False)).tab(f"{address_of(services, client)}/chat/0000")
    await expect(page.get_by_role("link", name="erhverv@demo.example")).to_be_visible()
    await expect(page.get_by_role("link", name="00 00 00 00")).to_have_attribute("href", "tel:00000000")


def test_the_widget_with_all_it_loads_is_under_40_kb_compressed() -> None:
    files = sorted((FOLDER / "widget").iterdir())
    assert {".js", ".css"} == {file.suffix for file in files}
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 40_000


def test_the_design_system_is_vendored_small() -> None:
    assert sum(file.stat().st_size for file in (FOLDER / "vendor" / "dkfds").rglob("*") if file.is_file()) < 400_000
