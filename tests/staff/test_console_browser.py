"""The console in a real browser: the whole work of a contact, live, by mouse and by keyboard, and for everyone to use."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from playwright.async_api import Page, expect

from bot.conversation.service import Services
from bot.staff.events import STREAMS
from tests.conftest import PASSWORD, Clock, eventually
from tests.inquirer import Inquirer, client_id
from tests.staff.conftest import SignIn
from tests.staff.people import QUESTION, escalated, owner_of
from tests.web.browser import DESKTOP, PHONE, ProfileMaker, address_of, scrolls_sideways, violations

pytestmark = pytest.mark.browser
Client = TestClient[Any, Any]


async def console(page: Page, address: str, name: str, path: str = "/staff") -> None:
    """Sign in and wait until the page hears of changes."""
    await page.goto(address + path)
    await page.get_by_label("E-mail").fill(f"{name}@demo.example")
    await page.get_by_label("Adgangskode").fill(PASSWORD)
    async with page.expect_response("**/api/v1/staff/events"):
        await page.get_by_role("button", name="Log ind").click()


def row(page: Page, inquiry: Inquirer) -> Any:
    return page.locator(f'[data-row="{inquiry.id}"] a')


def thread(page: Page) -> Any:
    return page.locator("#messages")


async def test_a_contact_takes_answers_notes_and_resolves(
    services: Services,
    client: Client,
    profile: ProfileMaker,
) -> None:
    business = await escalated(client)
    page = await (await profile()).tab()
    await console(page, address_of(services, client), await owner_of(services, business.id))
    await row(page, business).click()
    await expect(page).to_have_url(re.compile(rf"/staff/inquiries/{business.id}\?list=mine$"))
    await expect(thread(page)).to_contain_text(QUESTION)
    await page.get_by_role("button", name="Tag henvendelsen").click()
    await expect(page.locator("#toast")).to_contain_text("Du har taget henvendelsen")
    await expect(page.get_by_label("Svar til henvenderen")).to_be_focused()
    await page.get_by_label("Svar til henvenderen").fill("Ja, send os en tegning.")
    await page.get_by_role("button", name="Send svar", exact=True).click()
    await expect(thread(page)).to_contain_text("Ja, send os en tegning.")
    await expect(page.get_by_label("Svar til henvenderen")).to_have_value("")
    seen = (await business.read(after=0))["messages"][-1]
    assert (seen["author"], seen["text"]) == ("staff", "Ja, send os en tegning.")

    await page.get_by_role("button", name=re.compile("^Send svaret: ")).first.click()
    await expect(page.locator("#toast")).to_contain_text("Svaret er sendt")

    async def sources_came() -> bool:
        return bool((await business.read(after=0))["messages"][-1]["sources"])

    await eventually(sources_came)

    await business.post(text="Den kommer i morgen", client_id=client_id(1))
    await expect(thread(page)).to_contain_text("Den kommer i morgen")

    await page.get_by_text("Intern note", exact=True).click()
    await page.get_by_label("Note, som kun kolleger ser").fill("Har lovet en tegning")
    await page.get_by_role("button", name="Gem note").click()
    await expect(page.locator(".is-note")).to_contain_text("Har lovet en tegning")

    await page.locator("#resolve summary").click()
    await page.get_by_role("button", name="løst").click()
    await expect(page.locator("[data-part=head]")).to_contain_text("Afsluttet: løst")
    thread_of_business = await business.read(after=0)
    assert thread_of_business["outcome"] == "solved"
    assert "Har lovet" not in str(thread_of_business["messages"])


async def test_what_arrives_moves_nothing_and_loses_nothing_typed(
    services: Services,
    client: Client,
    clock: Clock,
    sign_in: SignIn,
    profile: ProfileMaker,
) -> None:
    business = await escalated(client)
    owner = await owner_of(services, business.id)
    other = await sign_in("plan" if owner == "byg" else "byg")
    page = await (await profile()).tab()
    await console(page, address_of(services, client), owner, f"/staff/inquiries/{business.id}?list=waiting")
    area = page.get_by_label("Svar til henvenderen")
    await area.fill("Jeg er midt i en sætning")
    await business.post(text="Hallo?", client_id=client_id(2))
    await expect(thread(page)).to_contain_text("Hallo?")
    await expect(area).to_have_value("Jeg er midt i en sætning")
    await expect(area).to_be_focused()

    clock.advance(minutes=1)
    second = await escalated(client)
    await expect(row(page, second)).to_be_visible()
    assert await page.locator("[data-row]").evaluate_all("rows => rows.map(row => row.dataset.row)") == [
        business.id,
        second.id,
    ]

    await other.act(business.id, "take")
    await expect(page.locator("[data-part=head]")).to_contain_text(other.me["name"])
    await expect(area).to_have_value("Jeg er midt i en sætning")
    await expect(page.get_by_role("button", name="Send svar", exact=True)).to_have_count(0)
    await expect(page.locator("[data-part=reply-state]")).to_contain_text("er her stadig")
    await expect(row(page, business)).to_contain_text("Ikke længere i listen")
    await page.locator("#refresh-list").click()
    await expect(row(page, business)).to_have_count(0)


async def test_a_take_can_be_undone_and_a_lost_race_is_told(
    services: Services,
    client: Client,
    sign_in: SignIn,
    profile: ProfileMaker,
) -> None:
    business = await escalated(client)
    owner = await owner_of(services, business.id)
    other = await sign_in("plan" if owner == "byg" else "byg")
    browser = await profile()
    page = await browser.tab()
    await console(page, address_of(services, client), owner, f"/staff/inquiries/{business.id}")
    await page.get_by_role("button", name="Tag henvendelsen").click()
    await page.get_by_role("button", name="Fortryd", exact=True).click()
    await expect(page.locator("[data-part=head]")).to_contain_text("Hos maskinen")
    take = page.get_by_role("button", name="Tag henvendelsen")
    await expect(take).to_be_visible()
    await page.route("**/news?*", lambda route: route.abort())  # this page has not heard of it yet
    await other.act(business.id, "take")
    await take.click()
    await expect(page.get_by_role("alert")).to_contain_text(other.me["name"])
    assert any("409" in complaint for complaint in browser.complaints)
    browser.complaints.clear()  # the refused requests of this test


async def test_everything_is_done_by_keyboard(
    services: Services,
    client: Client,
    clock: Clock,
    profile: ProfileMaker,
) -> None:
    first = await escalated(client)
    clock.advance(minutes=1)
    second = await escalated(client)
    page = await (await profile()).tab()
    await console(page, address_of(services, client), "koordinator", "/staff?list=waiting")
    await page.keyboard.press("?")
    await expect(page.get_by_role("heading", name="Genveje på tastaturet")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await expect(row(page, first)).to_be_focused()
    await page.keyboard.press("j")
    await expect(row(page, second)).to_be_focused()
    await page.keyboard.press("k")
    await page.keyboard.press("Enter")
    await expect(page.locator("#thread")).to_have_attribute("data-id", first.id)
    await expect(page.locator("#thread-title")).to_be_focused()
    await page.keyboard.press("t")
    await expect(page.get_by_label("Svar til henvenderen")).to_be_focused()
    await page.keyboard.type("t r n j k ?")
    await expect(page.get_by_label("Svar til henvenderen")).to_have_value("t r n j k ?")
    await page.keyboard.press("Control+Enter")
    await expect(thread(page)).to_contain_text("t r n j k ?")
    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    await expect(page.get_by_label("Note, som kun kolleger ser")).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("h")
    await page.get_by_role("radio").first.focus()
    await page.keyboard.press("Space")
    await page.get_by_role("dialog").get_by_role("button", name="Giv videre").press("Enter")
    await expect(page.locator("#toast")).to_contain_text("givet videre")


async def test_filters_stand_in_the_address_bar(services: Services, client: Client, profile: ProfileMaker) -> None:
    business = await escalated(client)
    page = await (await profile()).tab()
    await console(page, address_of(services, client), "koordinator", "/staff?list=all")
    await page.get_by_role("searchbox").fill("2026-000001")
    await expect(page).to_have_url(re.compile("q=2026-000001"))
    await expect(row(page, business)).to_be_visible()
    await page.get_by_label("Område").select_option("waste")
    await expect(page.locator("#inquiries")).to_contain_text("fjern filtrene")
    await page.reload()
    await expect(page.get_by_label("Område")).to_have_value("waste")
    await expect(page.locator("#inquiries")).to_contain_text("fjern filtrene")


@pytest.mark.parametrize(
    ("size", "language"),
    [
        (PHONE, "da"),
        (DESKTOP, "en"),
        pytest.param(DESKTOP, "da", marks=pytest.mark.nightly),
        pytest.param(PHONE, "en", marks=pytest.mark.nightly),
    ],
)
async def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    services: Services,
    client: Client,
    profile: ProfileMaker,
    size: dict[str, int],
    language: str,
) -> None:
    business = await escalated(client)
    address = address_of(services, client)
    page = await (await profile(size=size)).tab(address + "/staff/sign-in")
    assert await violations(page) == []
    await console(page, address, await owner_of(services, business.id))
    await page.goto(f"{address}/staff/language?to={language}")
    for path in ("/staff?list=all", "/staff?list=bot", f"/staff/inquiries/{business.id}"):
        await page.goto(address + path)
        await page.wait_for_function("document.documentElement.classList.contains('scripted')")
        assert await violations(page) == []
        assert not await scrolls_sideways(page)
    await page.locator('[data-key="t"]').click()
    await expect(page.locator("#toast button").first).to_be_visible()
    await page.locator("#note summary").click()
    assert await violations(page) == []
    await page.locator('[data-key="h"]').click()
    await expect(page.locator("#dialog")).to_be_visible()
    assert await violations(page) == [] and not await scrolls_sideways(page)


async def test_any_number_of_tabs_are_live_over_one_line(
    services: Services, client: Client, profile: ProfileMaker
) -> None:
    business = await escalated(client)
    address, owner = address_of(services, client), await owner_of(services, business.id)
    browser = await profile()
    first = await browser.tab()
    await console(first, address, owner, f"/staff/inquiries/{business.id}")
    tabs = [first, *[await browser.tab(f"{address}/staff/inquiries/{business.id}") for _ in range(8)]]
    for tab in tabs:
        await tab.wait_for_function("document.documentElement.classList.contains('scripted')")
    await business.post(text="Hører I mig?", client_id=str(uuid.uuid4()))
    for tab in tabs:
        await expect(thread(tab)).to_contain_text("Hører I mig?")
    await first.close()  # another takes over
    await business.post(text="Og nu?", client_id=str(uuid.uuid4()))
    for tab in tabs[1:]:
        await expect(thread(tab)).to_contain_text("Og nu?")
    assert len(client.app[STREAMS]) <= 2  # type: ignore[union-attr]  # the closed one's is noticed with the next beat
    await tabs[1].goto(f"{address}/staff?list=all")
    await expect(row(tabs[1], business)).to_be_visible()


async def test_tabs_nobody_looks_at_let_go_of_their_line_where_there_are_no_locks(
    services: Services, client: Client, profile: ProfileMaker
) -> None:
    business = await escalated(client)
    browser = await profile()
    await browser.context.add_init_script(
        """Object.defineProperty(Navigator.prototype, "locks", { value: undefined });
        let hidden = false;
        Object.defineProperty(document, "hidden", { get: () => hidden });
        window.hide = (value) => { hidden = value; document.dispatchEvent(new Event("visibilitychange")); };
        window.streams = [];
        const Stream = window.EventSource;
        window.EventSource = class extends Stream { constructor(a) { super(a); window.streams.push(this); } };
        window.EventSource.CLOSED = 2;"""
    )
    page = await browser.tab()
    path = f"/staff/inquiries/{business.id}"
    await console(page, address_of(services, client), await owner_of(services, business.id), path)
    await page.evaluate("hide(true)")
    assert await page.evaluate("streams.map((stream) => stream.readyState)") == [2]
    await business.post(text="Hallo?", client_id=str(uuid.uuid4()))
    await page.evaluate("hide(false)")
    await expect(thread(page)).to_contain_text("Hallo?")
