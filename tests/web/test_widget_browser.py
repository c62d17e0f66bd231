"""The widget in a real browser, on a website of another origin under the strictest policy, with the real model behind it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient
from playwright.async_api import Page, Route, expect

from bot.channels.web.sockets import close_all
from bot.conversation.service import Services
from bot.store import tables as t
from bot.web.keys import LIMITS, PEOPLE
from tests.conftest import Clock, rows
from tests.inquirer import staff_member
from tests.web import QUESTION
from tests.web.browser import ProfileMaker, address_of, focused_name, messages
from tests.web.host import website

pytestmark = pytest.mark.browser
MESSAGES = re.compile(r"/api/v1/inquiries/\w+/messages")
READ_STORAGE = "JSON.stringify({...localStorage, ...sessionStorage})"


@pytest_asyncio.fixture(loop_scope="session")
async def host(services: Services, client: TestClient[Any, Any]) -> AsyncIterator[str]:
    async with website(services, address_of(services, client)) as address:
        yield address


async def open_widget(page: Page) -> None:
    await page.get_by_role("button", name="Skriv til kommunen").click()
    await expect(page.get_by_role("textbox")).to_be_focused()


async def ask(page: Page, text: str = QUESTION) -> None:
    await page.get_by_role("textbox").fill(text)
    await page.get_by_role("textbox").press("Enter")


async def stored_texts(services: Services, author: str = "inquirer") -> list[str]:
    return [str(row.text) for row in await rows(services, t.message, t.message.c.author == author)]


async def test_it_answers_on_a_host_page_under_the_strictest_policy(
    services: Services, host: str, profile: ProfileMaker
) -> None:
    page = await (await profile()).tab(host)
    assert await page.evaluate(READ_STORAGE) == "{}"
    await open_widget(page)
    await expect(page.get_by_role("dialog", name="Demo Kommune")).to_be_visible()
    assert await rows(services, t.inquiry) == []  # opening the page stores nothing on the server
    await ask(page)
    answer = messages(page, "bot").nth(1)
    await expect(answer.get_by_role("link").first).to_be_visible()
    await expect(answer.locator("strong").first).to_be_visible()
    await expect(messages(page, "bot").first).to_contain_text("Maskinen")
    await answer.get_by_role("group", name="Hjalp svaret?").get_by_role("button", name="Ja").click()
    await expect(answer.get_by_role("button", name="Ja ✓ valgt")).to_have_attribute("aria-disabled", "true")
    await expect(page.get_by_text("Samtalen er afsluttet. Skriv her, så åbner vi den igen.")).to_be_visible()


async def test_it_works_when_a_tag_manager_inserts_it_late(host: str, profile: ProfileMaker) -> None:
    page = await (await profile()).tab(f"{host}/late")
    await page.get_by_role("button", name="Tillad chat").click()
    await open_widget(page)
    await ask(page)
    await expect(messages(page, "bot").nth(1)).to_be_visible()


async def test_a_website_that_is_not_allowed_is_told_so(
    services: Services, client: TestClient[Any, Any], profile: ProfileMaker
) -> None:
    async with website(services, address_of(services, client), allowed=False) as address:
        visitor = await profile()
        page = await visitor.tab(address)
        await open_widget(page)
        await expect(page.get_by_role("alert")).to_have_text("Dette websted må ikke bruge hotlinen.")
        visitor.complaints.clear()  # the browser logs the 403


async def test_the_thread_is_kept_over_reload_and_shared_by_two_tabs(
    services: Services, host: str, profile: ProfileMaker
) -> None:
    visitor = await profile()
    first, second = await visitor.tab(host), await visitor.tab(host)
    await open_widget(first)
    await open_widget(second)
    await ask(first)
    for page in (first, second):
        await expect(messages(page, "bot")).to_have_count(2)
    await ask(second, "hej igen")
    await expect(messages(first, "inquirer")).to_have_count(2)
    await first.reload()
    await expect(messages(first, "inquirer")).to_have_count(2)  # open again, since it was left open
    assert len(await rows(services, t.inquiry)) == 1
    assert await stored_texts(services) == [QUESTION, "hej igen"]


async def test_a_person_takes_over_in_the_same_thread(
    services: Services, client: TestClient[Any, Any], host: str, profile: ProfileMaker, clock: Clock
) -> None:
    page = await (await profile()).tab(host)
    await open_widget(page)
    await ask(page)
    await expect(messages(page, "bot")).to_have_count(2)
    await page.locator("form").get_by_role("button", name="Tal med en medarbejder").click()
    await expect(page.get_by_text("Henvendelse 2026-000001", exact=True)).to_be_visible()
    await expect(page.locator(".status")).to_contain_text("svarer jer her, senest")
    await expect(messages(page, "system").get_by_role("button", name="Kopiér linket")).to_be_visible()
    await ask(page, "Caféens ejer")
    await expect(page.get_by_role("button", name="Spring over")).to_have_count(2)
    await page.get_by_role("button", name="Spring over").last.click()
    await expect(page.get_by_role("button", name="Spring over ✓ valgt")).to_be_visible()
    (inquiry,) = await rows(services, t.inquiry)
    assert inquiry.contact_name == "Caféens ejer"
    staff = await staff_member(services, inquiry.acting_id)
    people = client.app[PEOPLE]  # type: ignore[union-attr]
    await people.take(staff, inquiry.id)
    await people.reply(staff, inquiry.id, "Hej igen.\nSkriv adressen, se https://bygogmiljoe.dk")
    reply = messages(page, "staff")
    await expect(reply).to_contain_text(f"{staff.name}, medarbejder")
    await expect(reply.get_by_role("link")).to_have_attribute("href", "https://bygogmiljoe.dk")
    await expect(page.locator("form").get_by_role("button", name="Tal med en medarbejder")).to_be_hidden()
    await ask(page, "Havnegade 3")
    await expect(page.locator(".unsent")).to_have_count(0)
    await expect(page.locator(".status")).to_contain_text("svarer jer her, senest")
    assert "Havnegade 3" in await stored_texts(services)


async def test_a_reply_that_comes_while_it_is_closed_is_counted(
    services: Services, client: TestClient[Any, Any], host: str, profile: ProfileMaker
) -> None:
    page = await (await profile()).tab(host)
    await open_widget(page)
    await page.locator("form").get_by_role("button", name="Tal med en medarbejder").click()
    await expect(page.locator(".status")).to_contain_text("svarer jer her")
    await page.get_by_role("button", name="Luk").first.click()
    (inquiry,) = await rows(services, t.inquiry)
    staff = await staff_member(services, inquiry.acting_id)
    await client.app[PEOPLE].reply(staff, inquiry.id, "Det kan vi godt.")  # type: ignore[union-attr]
    await expect(page.get_by_role("button", name="Skriv til kommunen, 2 ulæste beskeder")).to_be_visible()
    await page.get_by_role("button", name="Skriv til kommunen").click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Skriv til kommunen", exact=True)).to_be_focused()


async def test_unsent_messages_survive_a_reload_and_are_sent_once(
    services: Services, host: str, profile: ProfileMaker
) -> None:
    visitor = await profile()
    page = await visitor.tab(host)
    await open_widget(page)
    await ask(page)
    await expect(messages(page, "bot")).to_have_count(2)

    async def break_off(route: Route) -> None:
        if route.request.method == "POST":
            await route.abort()
        else:
            await route.fallback()

    await visitor.context.route(MESSAGES, break_off)
    await ask(page, "første besked")
    await ask(page, "anden besked")
    await expect(page.get_by_text("Ikke sendt endnu, jeg prøver igen")).to_have_count(2)
    await page.reload()
    await expect(page.get_by_text("Ikke sendt endnu, jeg prøver igen")).to_have_count(2)
    await visitor.context.unroute(MESSAGES)
    await expect(page.locator(".unsent")).to_have_count(0)
    assert await stored_texts(services) == [QUESTION, "første besked", "anden besked"]
    visitor.complaints.clear()  # the browser logs every request that broke off


async def test_an_answer_lost_on_the_way_makes_no_double(services: Services, host: str, profile: ProfileMaker) -> None:
    visitor = await profile()
    page = await visitor.tab(host)
    await open_widget(page)
    lost: list[str] = []

    async def lose_the_first_answer(route: Route) -> None:
        if route.request.method != "POST" or lost:
            return await route.fallback()
        lost.append(route.request.url)
        await route.fetch()  # the server stores it
        await route.abort()

    await visitor.context.route(MESSAGES, lose_the_first_answer)
    await ask(page)
    await expect(messages(page, "bot")).to_have_count(2)
    await expect(messages(page, "inquirer")).to_have_count(1)
    await expect(page.locator(".unsent")).to_have_count(0)
    assert lost and await stored_texts(services) == [QUESTION]
    visitor.complaints.clear()


async def test_it_comes_back_after_its_socket_broke(
    services: Services, client: TestClient[Any, Any], host: str, profile: ProfileMaker
) -> None:
    page = await (await profile()).tab(host)
    await open_widget(page)
    await page.locator("form").get_by_role("button", name="Tal med en medarbejder").click()
    await expect(page.locator(".status")).to_contain_text("svarer jer her")
    (inquiry,) = await rows(services, t.inquiry)
    staff = await staff_member(services, inquiry.acting_id)
    people = client.app[PEOPLE]  # type: ignore[union-attr]
    for number in range(3):
        await people.reply(staff, inquiry.id, f"Svar {number}")
        await close_all(client.app)  # type: ignore[arg-type]
        await people.reply(staff, inquiry.id, f"Mere {number}")
    await expect(messages(page, "staff")).to_have_count(6)
    texts = await messages(page, "staff").locator(".said").all_inner_texts()
    assert texts == ["Svar 0", "Mere 0", "Svar 1", "Mere 1", "Svar 2", "Mere 2"]


async def test_it_polls_where_no_websocket_gets_through(services: Services, host: str, profile: ProfileMaker) -> None:
    visitor = await profile()
    page = await visitor.tab()
    await page.route_web_socket(re.compile("/api/v1/ws"), lambda socket: socket.close())
    await page.goto(host)
    await open_widget(page)
    await ask(page)
    await expect(messages(page, "bot")).to_have_count(2)
    await ask(page, "hej igen")
    await expect(messages(page, "inquirer")).to_have_count(2)
    await expect(page.locator(".status")).to_be_hidden()
    visitor.complaints.clear()


async def test_a_button_stays_where_it_was_asked_and_shows_what_was_chosen(host: str, profile: ProfileMaker) -> None:
    page = await (await profile()).tab(host)
    await open_widget(page)
    await ask(page)
    button = messages(page, "bot").nth(1).locator(".choices").get_by_role("button", name="Tal med en medarbejder")
    await button.click()
    await expect(button).to_have_attribute("aria-disabled", "true")
    await expect(button).to_contain_text("✓ valgt")
    await expect(button).to_be_focused()
    await expect(messages(page, "inquirer")).to_have_count(2)
    await expect(messages(page, "inquirer").last).to_contain_text("Tal med en medarbejder")


async def test_the_keyboard_does_everything(services: Services, host: str, profile: ProfileMaker) -> None:
    page = await (await profile()).tab(host)
    await expect(page.get_by_role("button", name="Skriv til kommunen")).to_be_visible()
    await page.keyboard.press("Tab")
    assert await focused_name(page) == "Skriv til kommunen"
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox")).to_be_focused()
    await page.keyboard.type("hej")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("med jer")
    await page.keyboard.press("Enter")
    await expect(messages(page, "bot").nth(1)).to_be_visible()
    await expect(page.get_by_role("textbox")).to_be_focused()
    assert await page.get_by_role("textbox").input_value() == ""
    await page.get_by_role("textbox").fill("x" * 4099)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Beskeden er 3 tegn for lang.")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    assert await focused_name(page) == "Skriv til kommunen"
    assert await stored_texts(services) == ["hej\nmed jer"]


async def test_a_new_inquiry_starts_and_the_earlier_one_is_there(
    services: Services, host: str, profile: ProfileMaker
) -> None:
    page = await (await profile()).tab(host)
    await open_widget(page)
    await ask(page)
    await expect(messages(page, "bot")).to_have_count(2)
    await page.get_by_role("button", name="Ny henvendelse").click()
    await expect(messages(page)).to_have_count(0)
    await page.get_by_role("button", name="Tilbage til den forrige samtale").click()
    await expect(messages(page, "inquirer")).to_have_count(1)
    await page.get_by_role("button", name="Ny henvendelse").click()
    await ask(page, "hvad med parkering")
    await expect(messages(page, "inquirer")).to_have_count(1)
    await expect(messages(page, "bot").first).to_be_visible()
    inquiries = await rows(services, t.inquiry)
    assert (
        len(inquiries) == 2 and len({row.identity for row in inquiries}) == 1
    )  # the same inquirer, by the browser's secret


async def test_a_cpr_number_is_shown_as_it_was_stored(services: Services, host: str, profile: ProfileMaker) -> None:
    page = await (await profile()).tab(host)
    await open_widget(page)
    await ask(page, "mit nummer er 010190-1234 og jeg vil bygge")
    own = messages(page, "inquirer")
    await expect(own).not_to_contain_text("010190")
    await expect(own).to_contain_text("Noget, der lignede et CPR-nummer, er fjernet.")


async def test_a_message_beyond_the_limit_waits_and_is_sent(
    make_services: Any, serve: Any, sqlite_url: str, profile: ProfileMaker
) -> None:
    services = await make_services(sqlite_url, max_messages_per_minute=60)
    client = await serve(services)
    async with website(services, address_of(services, client)) as address:
        visitor = await profile()
        page = await visitor.tab(address)
        await open_widget(page)
        await ask(page)
        await expect(messages(page, "bot")).to_have_count(2)
        (inquiry,) = await rows(services, t.inquiry)
        limits = client.app[LIMITS]
        for _ in range(59):
            limits.check("message", inquiry.id, 60, 60)
        await ask(page, "og en til")
        await expect(page.get_by_text("Det går lidt for hurtigt.")).to_be_visible()
        await expect(page.locator(".unsent")).to_have_count(0)
        assert await stored_texts(services) == [QUESTION, "og en til"]
        visitor.complaints.clear()  # the browser logs the 429


async def test_after_a_revoked_link_the_browser_that_began_it_goes_on(
    services: Services, client: TestClient[Any, Any], host: str, profile: ProfileMaker
) -> None:
    visitor = await profile()
    page = await visitor.tab(host)
    await open_widget(page)
    await ask(page)
    await expect(messages(page, "bot")).to_have_count(2)
    (inquiry,) = await rows(services, t.inquiry)
    people = client.server.app[PEOPLE]  # type: ignore[attr-defined]
    await people.revoke_link(await staff_member(services, "koordinator"), inquiry.id)  # type: ignore[attr-defined]
    await ask(page, "er I der endnu")
    await expect(messages(page, "inquirer")).to_have_count(2)
    await expect(messages(page, "bot").nth(2)).to_be_visible()
    await page.reload()
    await expect(messages(page, "inquirer")).to_have_count(2)
    assert await stored_texts(services) == [QUESTION, "er I der endnu"]
    assert len(await rows(services, t.inquiry)) == 1
    visitor.complaints.clear()  # the browser logs a 401
