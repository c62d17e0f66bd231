"""From the thread, one click away: what was right for a message, and a reply that becomes an article; as plain forms and in a browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestClient
from playwright.async_api import expect

from bot.conversation.service import Services
from bot.store import tables as t
from tests.conftest import rows
from tests.inquirer import Inquirer
from tests.staff.conftest import SignIn
from tests.staff.people import QUESTION, Staff, escalated, owner_of
from tests.staff.test_console_browser import console, thread
from tests.staff.test_pages import page_of, submit
from tests.web.browser import DESKTOP, PHONE, ProfileMaker, address_of, scrolls_sideways, violations

Client = TestClient[Any, Any]
KNOWLEDGE = "/staff/knowledge"
NEEDED = "building/permit_needed"
TYPED = "skal man have byggetilladelse til et skur på 00 kvm bag værkstedet"


async def question_of(business: Inquirer) -> int:
    return next(m["id"] for m in (await business.read(after=0))["messages"] if m["text"] == QUESTION)


async def confirmed(staff: Staff, path: str, **fields: Any) -> str:
    response = await staff.session.post(path, data={"csrf": staff.csrf, **fields})
    assert response.status == 200, await response.text()
    return await response.text()


async def test_a_message_is_marked_and_judged_with_plain_forms(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    message, owner = await question_of(business), await sign_in(await owner_of(services, business.id))
    place = f"/staff/inquiries/{business.id}/mark?message={message}"
    assert place.replace("&", "&amp;") in await page_of(owner, f"/staff/inquiries/{business.id}")
    page = await page_of(owner, place)
    assert f'value="{NEEDED}"' in page, "what the bot thought of comes first"
    assert "Byggesag" in page and "Skattestyrelsen" in page and "building/other" in page
    page = await page_of(owner, place + "&q=alkoholbevilling")
    assert 'value="licences/alcohol_licence_new"' in page and f'value="{NEEDED}"' not in page
    page = await (
        await submit(owner, business.id, "mark", message=str(message), label="", other="out_of_scope/citizen")
    ).text()
    assert "Mærket:" in page and "venter på redaktøren" in page and "Borgerservice" in page
    page = await (await submit(owner, business.id, "mark", message=str(message), label=NEEDED)).text()
    assert "Borgerservice, venter" not in page

    editor = await sign_in("redaktoer")
    page = await page_of(editor, f"{KNOWLEDGE}/candidates")
    assert TYPED in page and "Maskinen svarede" in re.sub(r"\s+", " ", page)
    one = f"{KNOWLEDGE}/candidates/{business.id}.{message}"
    assert TYPED in await page_of(editor, one + "?q=carport")
    page = await confirmed(editor, one, state="confirmed", text="skur bag værkstedet", label="", other="")
    assert "Spørgsmålet er bekræftet." in page
    (row,) = await rows(services, t.candidate)
    assert (row.text, row.label, row.state) == ("skur bag værkstedet", NEEDED, "confirmed")
    assert "bekræftet af redaktøren" in await page_of(owner, f"/staff/inquiries/{business.id}")
    response = await editor.session.post(one, data={"csrf": editor.csrf, "state": "confirmed", "text": "12345678"})
    assert response.status == 422 and "12345678" in await response.text()
    assert "Afvist (0)" in await page_of(editor, f"{KNOWLEDGE}/candidates?state=confirmed")
    assert (await owner.session.get(f"{KNOWLEDGE}/candidates")).status == 403


async def test_a_reply_becomes_a_draft_that_an_editor_finishes(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner, editor = await sign_in(await owner_of(services, business.id)), await sign_in("redaktoer")
    page = await (await submit(owner, business.id, "reply", text="Nej, ikke under 50 m². Ring 12 34 56 78.")).text()
    assert "Lav et nyt svar af det" in page
    reply = next(m["id"] for m in (await owner.get(f"/inquiries/{business.id}"))["messages"] if m["author"] == "staff")
    await submit(owner, business.id, "draft", message=str(reply))
    page = await page_of(editor, f"{KNOWLEDGE}/candidates")
    assert "Nej, ikke under 50 m². Ring …" in page and TYPED in page
    page = await page_of(editor, f"{KNOWLEDGE}/new?draft={business.id}.{reply}")
    assert "Nej, ikke under 50 m². Ring …" in page and TYPED in page and "selected>Byggesag" in page
    page = await confirmed(editor, f"{KNOWLEDGE}/drafts/{business.id}.{reply}/drop")
    assert "Kladden er slettet." in page and "Nej, ikke under" not in page


async def test_who_edits_too_goes_on_to_the_new_article_at_once(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    name = await owner_of(services, business.id)
    async with services.database.write() as connection:
        await connection.execute(sa.update(t.staff).where(t.staff.c.id == name).values(roles=["contact", "editor"]))
    owner = await sign_in(name)
    await owner.act(business.id, "reply", text="Nej, ikke under 50 m².")
    reply = next(m["id"] for m in (await owner.get(f"/inquiries/{business.id}"))["messages"] if m["author"] == "staff")
    response = await submit(owner, business.id, "draft", message=str(reply))
    assert response.url.path == f"{KNOWLEDGE}/new" and "Nej, ikke under 50 m²." in await response.text()


async def test_a_group_is_marked_or_set_aside_with_plain_forms(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    businesses = [Inquirer(client) for _ in range(3)]
    keys = []
    for place, business in enumerate(businesses):
        await business.write(QUESTION + " tak" * place)
        answer = next(m for m in business.thread["messages"] if m["feedback"])
        await business.helped(answer["seq"], False)
        keys.append(f"{business.id}.{next(m['id'] for m in business.thread['messages'] if m['author'] == 'inquirer')}")
    editor = await sign_in("redaktoer")
    page = await page_of(editor, f"{KNOWLEDGE}/questions")
    assert "svaret hjalp ikke" in page and "3 ens spørgsmål" in page and TYPED in page
    page = await confirmed(editor, f"{KNOWLEDGE}/questions", question=keys, action="choose", q="carport")
    assert page.count("checked") >= 3 and f'value="{NEEDED}"' in page
    page = await confirmed(editor, f"{KNOWLEDGE}/questions", question=keys[:2], action="mark", label=NEEDED)
    assert "2 spørgsmål er bekræftet nu." in page and "1 spørgsmål" in page
    page = await confirmed(editor, f"{KNOWLEDGE}/questions", question=keys[2:], action="aside")
    assert "Spørgsmålene er lagt til side." in page and "Der er ingen lige nu." in page


@pytest.mark.browser
@pytest.mark.parametrize(
    "size", [pytest.param(PHONE, id="phone"), pytest.param(DESKTOP, id="desktop", marks=pytest.mark.nightly)]
)
async def test_the_right_answer_is_one_click_and_a_search_away(
    services: Services, client: Client, profile: ProfileMaker, size: dict[str, int]
) -> None:
    business = await escalated(client)
    page = await (await profile(size=size)).tab()
    owner = await owner_of(services, business.id)
    await console(page, address_of(services, client), owner, f"/staff/inquiries/{business.id}")
    await page.get_by_role("link", name="Hvad var det rigtige svar?").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("radio").first).to_be_visible()
    assert await violations(page) == [] and not await scrolls_sideways(page)
    search = dialog.get_by_label("Søg i svarene")
    await search.fill("alkoholbevilling")
    await expect(dialog.locator('[value="licences/alcohol_licence_new"]')).to_be_visible()
    await expect(search).to_be_focused()
    await dialog.locator('[value="licences/alcohol_licence_new"]').check()
    await dialog.get_by_role("button", name="Send til redaktøren").click()
    await expect(page.locator("#toast")).to_contain_text("uden navne og kontaktoplysninger")
    await expect(thread(page)).to_contain_text("venter på redaktøren")
    assert [row.label for row in await rows(services, t.candidate)] == ["licences/alcohol_licence_new"]
    assert await violations(page) == []


@pytest.mark.browser
@pytest.mark.parametrize("language", ["da", pytest.param("en", marks=pytest.mark.nightly)])
@pytest.mark.parametrize(
    "size", [pytest.param(PHONE, id="phone"), pytest.param(DESKTOP, id="desktop", marks=pytest.mark.nightly)]
)
async def test_the_editors_pages_of_learning_are_for_everyone(
    services: Services, client: Client, sign_in: SignIn, profile: ProfileMaker, size: dict[str, int], language: str
) -> None:
    business = await escalated(client)
    owner, message = await sign_in(await owner_of(services, business.id)), await question_of(business)
    await owner.act(business.id, "mark", message=message, label=NEEDED)
    reply = await owner.act(business.id, "reply", text="Nej, ikke under 50 m².")
    await owner.act(business.id, "draft", message=reply["id"])
    for place in range(5):
        other = Inquirer(client)
        await other.write(f"{QUESTION}{'!' * place}")
        await other.helped(next(m for m in other.thread["messages"] if m["feedback"])["seq"], False)
    address, page = address_of(services, client), await (await profile(size=size)).tab()
    await page.goto(f"{address}/staff/sign-in?next={KNOWLEDGE}")
    await page.get_by_label("E-mail").fill("redaktoer@demo.example")
    await page.get_by_label("Adgangskode").fill("password-of-the-demonstration")
    await page.get_by_role("button", name="Log ind").click()
    await page.goto(f"{address}/staff/language?to={language}")
    key = f"{business.id}.{message}"
    for path in (
        "questions",
        "candidates",
        "candidates?state=confirmed",
        f"candidates/{key}",
        "gains",
        f"new?question={key}",
    ):
        await page.goto(f"{address}{KNOWLEDGE}/{path}")
        assert await violations(page) == [], path
        assert not await scrolls_sideways(page), path
    await page.goto(f"{address}{KNOWLEDGE}/questions")
    await page.locator('[value="choose"]').first.click()
    assert await violations(page) == [] and not await scrolls_sideways(page)
