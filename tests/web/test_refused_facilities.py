"""The widget and the console in a browser that refuses what others give: storage, locks, the clipboard, a secure context."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from playwright.async_api import Page, expect

from bot.conversation.service import Services
from bot.store import tables as t
from tests.conftest import eventually, rows
from tests.inquirer import Inquirer
from tests.staff.people import escalated, owner_of
from tests.staff.test_console_browser import console, thread
from tests.web import QUESTION
from tests.web.browser import PHONE, ProfileMaker, address_of, messages, scrolls_sideways, violations
from tests.web.host import website
from tests.web.test_widget_browser import ask, open_widget, stored_texts

pytestmark = pytest.mark.browser
Client = TestClient[Any, Any]

NO_STORAGE = """for (const name of ["localStorage", "sessionStorage", "indexedDB"])
  Object.defineProperty(window, name, { get() { throw new DOMException("refused", "SecurityError"); } });"""
FULL_STORAGE = 'Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };'
NO_LOCKS = 'LockManager.prototype.request = async () => { throw new DOMException("refused", "SecurityError"); };'
NO_CHANNEL = 'window.BroadcastChannel = class { constructor() { throw new DOMException("no", "SecurityError"); } };'
NOT_SECURE = """delete Crypto.prototype.randomUUID;
for (const name of ["locks", "clipboard"]) Object.defineProperty(Navigator.prototype, name, { value: undefined });"""
NO_CLIPBOARD = 'Clipboard.prototype.writeText = async () => { throw new DOMException("no", "NotAllowedError"); };'
NO_COPYING = NO_CLIPBOARD + "document.execCommand = () => false;"
NO_SOCKET = 'window.WebSocket = class { constructor() { throw new DOMException("no", "SecurityError"); } };'
REFUSALS = {
    "all site data": NO_STORAGE + NO_LOCKS + NO_CHANNEL,
    "a full storage": FULL_STORAGE,
    "locks": NO_LOCKS,
    "no TLS": NOT_SECURE,
    "sockets": NO_SOCKET,
}


async def refusing_tab(profile: ProfileMaker, script: str, address: str, **more: Any) -> Page:
    visitor = await profile(**more)
    await visitor.context.add_init_script(script)
    return await visitor.tab(address)


@pytest.mark.parametrize("refused", REFUSALS)
async def test_the_widget_answers_in_a_browser_that_refuses(
    services: Services, client: Client, profile: ProfileMaker, refused: str
) -> None:
    async with website(services, address_of(services, client)) as host:
        page = await refusing_tab(profile, REFUSALS[refused], host)
        await open_widget(page)
        await ask(page)
        await expect(messages(page, "bot")).to_have_count(2)
        await ask(page, "hej igen")
        await expect(messages(page, "bot")).to_have_count(3)
        await expect(page.locator(".unsent")).to_have_count(0)
        assert await stored_texts(services) == [QUESTION, "hej igen"]
        assert len(await rows(services, t.inquiry)) == 1


async def test_a_failure_of_the_page_itself_is_not_said_to_be_the_municipalitys(
    services: Services, client: Client, profile: ProfileMaker
) -> None:
    script = 'crypto.constructor.prototype.getRandomValues = () => { throw new DOMException("no", "SecurityError"); };'
    page = await refusing_tab(
        profile, script + "let n = 0; crypto.randomUUID = () => { if (n++) throw new DOMException('no'); return 'a'; };",
        f"{address_of(services, client)}/chat/0000",
    )  # fmt: skip
    await ask(page)
    await expect(page.locator(".status")).to_contain_text("Browseren lader mig ikke sende den.")


async def test_a_secret_link_opens_where_nothing_may_be_stored(
    services: Services, client: Client, profile: ProfileMaker
) -> None:
    business = Inquirer(client)
    await business.write(QUESTION)
    link = f"{address_of(services, client)}/i/#{business.token}"
    page = await refusing_tab(profile, REFUSALS["all site data"], link, size=PHONE)
    await expect(messages(page, "inquirer")).to_contain_text(QUESTION)
    assert business.token not in page.url
    await ask(page, "fra et lukket skab")
    await expect(messages(page, "bot")).to_have_count(3)
    assert await violations(page) == [] and not await scrolls_sideways(page)


@pytest.mark.parametrize("script", [NO_CLIPBOARD, NOT_SECURE], ids=["forbidden", "no TLS"])
async def test_the_link_is_copied_in_another_way(
    services: Services, client: Client, profile: ProfileMaker, script: str
) -> None:
    page = await refusing_tab(profile, script, f"{address_of(services, client)}/chat/0000")
    await page.locator("form").get_by_role("button", name="Tal med en medarbejder").click()
    await page.get_by_role("button", name="Kopiér linket").click()
    await expect(page.get_by_role("button", name="Linket er kopieret")).to_be_focused()
    await page.get_by_role("textbox", name="Skriv til kommunen").focus()
    await page.keyboard.press("Control+v")
    assert "/i/#" in await page.get_by_role("textbox", name="Skriv til kommunen").input_value()


async def test_a_link_that_cannot_be_copied_is_selected_and_a_sentence_says_so(
    services: Services, client: Client, profile: ProfileMaker
) -> None:
    page = await refusing_tab(profile, NO_COPYING, f"{address_of(services, client)}/chat/0000", size=PHONE)
    await page.locator("form").get_by_role("button", name="Tal med en medarbejder").click()
    await page.get_by_role("button", name="Kopiér linket").click()
    field = page.get_by_role("textbox", name="Kopiér linket")
    await expect(field).to_be_focused()
    assert "/i/#" in await field.evaluate("node => node.value.slice(node.selectionStart, node.selectionEnd)")
    await expect(page.get_by_text("Linket er markeret.")).to_be_visible()
    assert await violations(page) == [] and not await scrolls_sideways(page)


async def test_an_element_put_back_into_the_page_knows_its_municipality(
    services: Services, client: Client, profile: ProfileMaker
) -> None:
    page = await (await profile()).tab(f"{address_of(services, client)}/embed/0000")
    await open_widget(page)
    await expect(page.get_by_role("dialog", name="Demo Kommune")).to_be_visible()
    again = "const w = document.querySelector('hotline-widget'); w.remove(); document.body.replaceChildren(); {}"
    await page.evaluate(again.format("document.body.append(w);"))
    await expect(page.get_by_role("dialog", name="Demo Kommune")).to_be_visible()
    await expect(page.locator(".welcome")).to_contain_text("Medarbejderne er her")
    await page.evaluate(again.format("setTimeout(() => document.body.append(w), 300);"))
    await expect(page.get_by_role("dialog", name="Demo Kommune")).to_be_visible()


@pytest.mark.parametrize("refused", ["all site data", "no TLS"])
async def test_the_console_is_live_in_a_browser_that_refuses(
    services: Services, client: Client, profile: ProfileMaker, refused: str
) -> None:
    business = await escalated(client)
    visitor = await profile()
    await visitor.context.add_init_script(REFUSALS[refused])
    page = await visitor.tab()
    path = f"/staff/inquiries/{business.id}"
    await console(page, address_of(services, client), await owner_of(services, business.id), path)
    await business.post(text="Er der nogen?", client_id=str(uuid.uuid4()))
    await expect(thread(page)).to_contain_text("Er der nogen?")
    await page.get_by_label("Svar til henvenderen").fill("Ja, her.")
    await page.get_by_role("button", name="Send svar", exact=True).click()
    await expect(thread(page)).to_contain_text("Ja, her.")
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("heading", name="Genveje på tastaturet")).to_be_visible()

    async def replied() -> bool:
        return "Ja, her." in await stored_texts(services, "staff")

    await eventually(replied)
