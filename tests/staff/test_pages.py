"""The console without its script: pages and plain forms, in two languages, under a strict policy."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.conversation.service import Services
from bot.settings import PROJECT_DIR
from tests.conftest import PASSWORD, Clock
from tests.staff.conftest import SignIn
from tests.staff.people import Staff, escalated, owner_of

Client = TestClient[Any, Any]


async def page_of(staff: Staff, path: str, **more: Any) -> str:
    response = await staff.session.get(path, **more)
    assert response.status == 200, await response.text()
    return await response.text()


async def submit(staff: Staff, inquiry_id: str, action: str, **fields: str) -> aiohttp.ClientResponse:
    """What a browser without scripts sends, from the page as it is now unless ``fields`` say otherwise."""
    if action in ("give_back", "hand_on", "resolve") and "rev" not in fields:
        fields["rev"] = rev_of(await page_of(staff, f"/staff/inquiries/{inquiry_id}"))
    return await staff.session.post(f"/staff/inquiries/{inquiry_id}/{action}", data={"csrf": staff.csrf, **fields})


def rev_of(page: str) -> str:
    found = re.search(r'name="rev" value="(\d+)"', page)
    assert found
    return found[1]


async def test_the_whole_work_can_be_done_with_plain_forms(client: Client, services: Services, sign_in: SignIn) -> None:
    business = await escalated(client)
    owner = await sign_in(await owner_of(services, business.id))
    assert "2026-000001" in await page_of(owner, "/staff")
    page = await (await submit(owner, business.id, "take")).text()
    assert 'name="text"' in page and "Send svar" in page
    page = await (await submit(owner, business.id, "reply", text="Det skal <b>I</b> ikke.")).text()
    assert "Det skal &lt;b&gt;I&lt;/b&gt; ikke." in page
    page = await (await submit(owner, business.id, "note", text="Ring til dem")).text()
    assert "Intern note" in page and "Ring til dem" in page
    page = await page_of(owner, f"/staff/inquiries/{business.id}/hand_on")
    assert "ikke til stede" in page and 'value="koordinator"' in page
    await submit(owner, business.id, "give_back")
    await submit(owner, business.id, "take")
    page = await (await submit(owner, business.id, "resolve", outcome="solved")).text()
    assert "Afsluttet: løst" in page
    texts = [m["text"] for m in (await business.read(after=0))["messages"]]
    assert "Det skal <b>I</b> ikke." in texts and "Ring til dem" not in texts


async def test_handing_on_out_of_ones_department_leads_back_to_the_list(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner = await sign_in(await owner_of(services, business.id))
    response = await submit(owner, business.id, "hand_on", to="miljoe", note="")
    assert response.status == 200 and response.url.path == "/staff"
    assert "Henvendelsen er givet videre." in await response.text()


async def test_a_form_without_its_csrf_token_changes_nothing(client: Client, sign_in: SignIn) -> None:
    business = await escalated(client)
    byg = await sign_in("byg")
    for fields in ({}, {"csrf": "x"}):
        for path in (f"/staff/inquiries/{business.id}/take", "/staff/sign-out"):
            response = await byg.session.post(path, data=fields)
            assert response.status == 403 and "Siden er forældet" in await response.text()
    assert (await business.read(after=0))["status"] == "waiting"


async def test_errors_are_pages_with_a_way_on(client: Client, services: Services, sign_in: SignIn) -> None:
    business = await escalated(client)
    owner = await owner_of(services, business.id)
    first, second = await sign_in(owner), await sign_in("plan" if owner == "byg" else "byg")
    await submit(first, business.id, "take")
    response = await submit(second, business.id, "take")
    assert response.status == 409 and first.me["name"] in await response.text()
    for path in ("/staff/inquiries/0000000000000000", f"/staff/inquiries/{business.id}/nonsense", "/staff?list=no"):
        response = await second.session.get(path)
        assert response.status in (400, 404, 405)
    response = await (await sign_in("miljoe")).session.get(f"/staff/inquiries/{business.id}")
    assert response.status == 403 and 'href="/staff"' in await response.text()


async def test_signing_in_and_out_by_form(client: Client) -> None:
    staff = Staff(client)
    form = {"email": "byg@demo.example", "password": "wrong", "next": "/staff?list=waiting"}
    response = await staff.session.post("/staff/sign-in", data=form)
    page = await response.text()
    assert response.status == 401 and 'role="alert"' in page and 'value="byg@demo.example"' in page
    response = await staff.session.post("/staff/sign-in", data=form | {"password": PASSWORD})
    page = await response.text()
    assert str(response.url.relative()) == "/staff?list=waiting" and "Ingen venter." in page
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    response = await staff.session.post("/staff/sign-out", data={"csrf": found[1]})
    assert response.url.path == "/staff/sign-in"
    assert (await staff.session.get("/staff")).url.path == "/staff/sign-in"
    await staff.session.close()


async def test_english_is_a_switch_that_stays(client: Client, services: Services, sign_in: SignIn) -> None:
    business = await escalated(client)
    owner = await sign_in(await owner_of(services, business.id))
    page = await page_of(owner, "/staff", headers={"Accept-Language": "en"})
    assert '<html lang="da">' in page and "Min forvaltning" in page
    page = await page_of(owner, "/staff/language?to=en&next=/staff?list=department")
    assert '<html lang="en">' in page and "My department" in page and "Min forvaltning" not in page
    page = await page_of(owner, f"/staff/inquiries/{business.id}")
    assert "Take the inquiry" in page and "Suggested answers" in page


async def test_pages_are_kept_nowhere_and_run_no_inline_script(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner = await sign_in(await owner_of(services, business.id))
    for path in ("/staff", f"/staff/inquiries/{business.id}", f"/staff/inquiries/{business.id}/hand_on", "/staff/no"):
        response = await owner.session.get(path)
        if response.status == 404:
            continue
        policy = response.headers["Content-Security-Policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert response.headers["Cache-Control"] == "no-store"
        page = await response.text()
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page)


async def test_times_are_relative_with_the_exact_time_beside_them(
    client: Client, services: Services, sign_in: SignIn, clock: Clock
) -> None:
    business = await escalated(client)
    clock.advance(hours=3)
    owner = await sign_in(await owner_of(services, business.id))
    page = await page_of(owner, f"/staff/inquiries/{business.id}")
    assert (
        '<time datetime="2026-11-25T09:00:00+00:00" title="onsdag den 25. november 2026 kl. 10.00">for 3 timer siden</time>'
        in page
    )


@pytest.mark.parametrize("name", ["mine", "department", "waiting", "bot", "all"])
async def test_an_empty_list_says_what_to_do(sign_in: SignIn, name: str) -> None:
    page = await page_of(await sign_in("byg"), f"/staff?list={name}")
    assert 'class="empty"' in page
    filtered = await page_of(await sign_in("byg"), f"/staff?list={name}&q=findesikke")
    assert "fjern filtrene" in filtered


def test_every_sentence_of_the_console_has_its_english() -> None:
    with (PROJECT_DIR / "bot/web/locale/en/LC_MESSAGES/console.po").open("rb") as file:
        translated = {message.id: message.string for message in read_po(file, locale="en") if message.id}
    used: set[Any] = set()
    for folder, method in (("bot/web/templates/staff", "jinja2"), ("bot/staff", "python")):
        files = f"**.{'html' if method == 'jinja2' else 'py'}"
        found = extract_from_dir(
            Path(PROJECT_DIR / folder), [(files, method)], options_map={files: {"silent": "false"}}
        )
        used |= {tuple(m[2]) if isinstance(m[2], list) else m[2] for m in found}
    assert len(used) > 150
    assert {text for text in used if not translated.get(text)} == set(), "not translated"
    assert set(translated) - used == set(), "translated, but said nowhere"


async def test_a_form_seen_before_a_message_ends_nothing_and_the_page_says_why(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business = await escalated(client)
    owner = await sign_in(await owner_of(services, business.id))
    await submit(owner, business.id, "take")
    seen = rev_of(await page_of(owner, f"/staff/inquiries/{business.id}"))
    dialog = await page_of(owner, f"/staff/inquiries/{business.id}/hand_on?rev={seen}")
    assert rev_of(dialog) == seen
    await business.write("Vent lige.")
    for action, fields in (("resolve", {"outcome": "solved"}), ("give_back", {}), ("hand_on", {"to": "koordinator"})):
        response = await submit(owner, business.id, action, rev=seen, **fields)
        assert response.status == 409 and "Henvenderen har skrevet imens." in await response.text()
        assert (await submit(owner, business.id, action, rev="", **fields)).status == 400
    await submit(owner, business.id, "resolve", outcome="solved")
    assert (await owner.get(f"/inquiries/{business.id}"))["inquiry"]["status"] == "resolved"


async def test_undoing_goes_over_no_message_either(client: Client, services: Services, sign_in: SignIn) -> None:
    business = await escalated(client)
    owner = await sign_in(await owner_of(services, business.id))
    response = await owner.session.post(
        f"/staff/inquiries/{business.id}/take", data={"csrf": owner.csrf}, headers={"HX-Request": "true"}
    )
    undo = json.loads(response.headers["HX-Trigger"])["hotline:done"]["undo"]
    await business.write("Er der nogen?")
    assert (await submit(owner, business.id, undo["action"], rev=undo["rev"])).status == 409
