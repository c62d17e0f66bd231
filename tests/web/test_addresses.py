"""Web and mail addresses in what people write become links: alike in the widget and in what the server renders."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from playwright.async_api import expect

from bot.addresses import find_addresses
from bot.channels.telegram.rich_text import from_markdown, to_html
from bot.conversation.service import Services
from bot.knowledge import markdown
from bot.web.keys import PEOPLE
from tests.inquirer import staff_member
from tests.staff.people import escalated, owner_of
from tests.staff.test_console_browser import console, thread
from tests.web.browser import ProfileMaker, address_of, messages

TEXTS: dict[str, list[tuple[str, str]]] = {
    "Se https://da.wikipedia.org/wiki/Aarhus_(by) nu": [
        ("https://da.wikipedia.org/wiki/Aarhus_(by)", "https://da.wikipedia.org/wiki/Aarhus_(by)")
    ],
    "(https://firma.example/side)": [("https://firma.example/side", "https://firma.example/side")],
    "(se https://firma.example/a_(b)).": [("https://firma.example/a_(b)", "https://firma.example/a_(b)")],
    "[https://firma.example/x[1]]": [("https://firma.example/x[1]", "https://firma.example/x[1]")],
    "https://firma.example/((": [("https://firma.example/((", "https://firma.example/((")],
    "HTTPS://Firma.example!": [("HTTPS://Firma.example", "HTTPS://Firma.example")],
    "http://localhost:8080/a?b=c&d=e#f, og": [("http://localhost:8080/a?b=c&d=e#f", "http://localhost:8080/a?b=c&d=e#f")],
    "www.firma.example/sag": [("www.firma.example/sag", "https://www.firma.example/sag")],
    "WWW.firma.example.": [("WWW.firma.example", "https://WWW.firma.example")],
    "www.grønbæk-søn.example": [("www.grønbæk-søn.example", "https://www.grønbæk-søn.example")],
    "skriv til bo@firma.example": [("bo@firma.example", "mailto:bo@firma.example")],
    "<o'neil+sag@post.firma.example>,": [("o'neil+sag@post.firma.example", "mailto:o'neil+sag@post.firma.example")],
    "»jørgen@smørrebrød.example«": [("jørgen@smørrebrød.example", "mailto:jørgen@smørrebrød.example")],
    "a@firma.example;b@firma.example": [("a@firma.example", "mailto:a@firma.example"), ("b@firma.example", "mailto:b@firma.example")],
    "https://firma.example/\u202egpj.exe": [("https://firma.example/", "https://firma.example/")],
    "www. er ikke nok, heller ikke www.firma eller xwww.firma.example": [],
    "@firma og bo@firma og kl. 10.30": [],
    "javascript:alert(1) data:text/html,x ftp://firma.example https:// http://": [],
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_every_address_is_found_with_its_brackets_and_without_the_sentences_punctuation(text: str) -> None:
    assert [(text[found.start : found.end], found.href) for found in find_addresses(text)] == TEXTS[text]


def test_a_long_text_without_an_address_is_read_once() -> None:
    assert not list(find_addresses("a" * 200_000 + "@" * 200_000 + "www." * 50_000))


def test_addresses_in_an_answer_are_links_and_code_and_links_stay_what_they_are() -> None:
    html = markdown.to_html("Se www.firma.example, `www.kode.example` og [her www.link.example](https://maal.example).")
    assert re.findall(r'href="([^"]*)"', html) == ["https://www.firma.example", "https://maal.example"]


def test_what_telegram_makes_links_of_by_itself_stays_text() -> None:
    text = "Se www.firma.example og bo@firma.example"
    assert to_html(from_markdown(text)) == text


@pytest.mark.browser
async def test_the_widget_and_the_console_find_the_same_addresses(
    services: Services, client: TestClient[Any, Any], profile: ProfileMaker
) -> None:
    address = address_of(services, client)
    visitor = await (await profile()).tab(f"{address}/chat/0000")
    await visitor.evaluate("import(document.querySelector('script').src)")
    module = "import(document.querySelector('hotline-widget').shadowRoot.querySelector('link').href.replace('widget.css', 'addresses.js'))"
    for text, expected in TEXTS.items():
        found = await visitor.evaluate(
            f"async (text) => (await {module}).addresses(text).map((a) => [text.slice(a.start, a.end), a.href])", text
        )
        assert [tuple(pair) for pair in found] == expected, text
    business = await escalated(client)
    owner = await owner_of(services, business.id)
    people = client.app[PEOPLE]  # type: ignore[union-attr]
    await people.take(await staff_member(services, owner), business.id)
    await business.post(
        text="Se https://da.wikipedia.org/wiki/Aarhus_(by) <b>nu</b>\nbo@firma.example", client_id=str(uuid.uuid4())
    )
    page = await (await profile()).tab()
    await console(page, address, owner, f"/staff/inquiries/{business.id}")
    said = thread(page).locator(".typed", has_text="Aarhus")
    await expect(said).to_have_text("Se https://da.wikipedia.org/wiki/Aarhus_(by) <b>nu</b>\nbo@firma.example")
    links = said.get_by_role("link")
    hrefs = await links.evaluate_all("links => links.map((link) => link.getAttribute('href'))")
    assert hrefs == ["https://da.wikipedia.org/wiki/Aarhus_(by)", "mailto:bo@firma.example"]
    await people.reply(await staff_member(services, owner), business.id, "www.firma.example/sag")
    await visitor.goto(f"{address}/i/#{business.token}")
    await expect(messages(visitor, "staff").get_by_role("link")).to_have_attribute(
        "href", "https://www.firma.example/sag"
    )
