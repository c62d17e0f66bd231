"""The editors' pages: plain forms, in two languages, for everyone to use on every screen."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from tests.conftest import PASSWORD
from tests.inquirer import Inquirer
from tests.knowledge.test_articles import OWN, QUESTION, said
from tests.staff.conftest import SignIn
from tests.web.browser import DESKTOP, PHONE, ProfileMaker, address_of, scrolls_sideways, violations

Client = TestClient[Any, Any]
HOME = "/staff/knowledge"
FEE = HOME + "/articles/taxes_fees/building_fee_price"


async def submit(staff: Any, path: str, **fields: str) -> tuple[int, str]:
    response = await staff.session.post(path, data={"csrf": staff.csrf, **fields})
    return response.status, await response.text()


async def test_an_answer_is_corrected_with_plain_forms(client: Client, sign_in: SignIn) -> None:
    await Inquirer(client).write(QUESTION)
    editor = await sign_in("redaktoer")
    page = await (await editor.session.get(HOME + "?q=byggesag koster")).text()
    assert "Hvad koster en byggesag i gebyr?" in page and "fælles tekst" in page
    texts = {
        "title_da": "Prisen",
        "title_en": "The price",
        "answer_da": "Den er {hourly_fee}.",
        "answer_en": "It is {hourly_fee}.",
    }
    status, page = await submit(editor, FEE + "/text", version="0", **{**texts, "answer_en": ""})
    assert status == 400 and 'role="alert"' in page and "answer.en" in page and "Den er {hourly_fee}." in page
    status, page = await submit(editor, FEE + "/text", version="0", **texts)
    assert status == 200 and "Teksten er gemt" in page and "Tilbage til den fælles tekst" in page
    assert "Den er 850 kr." in await said(client)
    wrong = page.rpartition('<input type="hidden" name="version" value="')[2].partition('"')[0]
    _, page = await submit(editor, FEE + "/correct", version=wrong)
    assert "1 henvendelse har fået rettelsen." in page
    values = {"value.hourly_fee_da": "1.000 kr.", "value.hourly_fee_en": ""}
    _, page = await submit(editor, FEE + "/values", version="1", **values)
    assert "Oplysningerne er gemt" in page and "Den er 1.000 kr." in await said(client)
    _, page = await submit(editor, FEE + "/withdraw", version="2")
    assert "Brug svaret igen" in page
    _, page = await submit(editor, FEE + "/take_back", version="3")
    for action in ("text", "values", "withdraw", "take_back", "common", "keep"):
        for version, expected in (("", 400), ("x", 400), ("3", 409)):
            typed = {**texts, "title_da": "Min pris", "value.hourly_fee_da": "2.000 kr."}
            status, page = await submit(editor, f"{FEE}/{action}", version=version, **typed)
            assert status == expected and 'role="alert"' in page, (action, version)
            assert "2.000 kr." in page and "Min pris" in page, "what was typed is still there"
    _, page = await submit(editor, FEE + "/common", version="4")
    assert "Den fælles tekst gælder igen." in page


async def test_an_own_answer_is_deleted_with_a_form(client: Client, services: Services, sign_in: SignIn) -> None:
    editor = await sign_in("redaktoer")
    article = (await (await editor.post("/articles", **OWN)).json())["id"]
    place = f"{HOME}/articles/{article}"
    assert "Slet svaret" in await (await editor.session.get(place)).text()
    assert "Slet svaret" not in await (await editor.session.get(FEE)).text()
    assert (await submit(editor, place + "/delete", version="0"))[0] == 409
    status, page = await submit(editor, place + "/delete", version="1")
    assert status == 200 and "Svaret er slettet." in page and (await editor.session.get(place)).status == 404


async def test_the_preview_and_the_other_pages_open_and_a_form_needs_its_token(client: Client, sign_in: SignIn) -> None:
    editor = await sign_in("redaktoer")
    _, page = await submit(editor, HOME + "/preview", text=QUESTION)
    assert "Maskinen</h" not in page and "svarede" in page and "Nærmeste svar" in page
    for path in ("/new", "/training", "/exchange", "/preview"):
        assert (await editor.session.get(HOME + path)).status == 200
    response = await editor.session.post(FEE + "/withdraw", data={})
    assert response.status == 403
    status, page = await submit(editor, HOME + "/new", area="building", name="x", title_da="Ny")
    assert status == 400 and 'value="Ny"' in page


async def test_staff_report_a_wrong_answer_from_the_thread(client: Client, sign_in: SignIn) -> None:
    business = Inquirer(client)
    answer = next(m for m in await business.write(QUESTION) if m["article"])
    finance = await sign_in("oekonomi")
    page = await (await finance.session.get(f"/staff/inquiries/{business.id}")).text()
    assert "Svaret er forkert" in page
    status, _ = await submit(finance, f"/staff/inquiries/{business.id}/wrong", message=str(answer["id"]))
    assert status == 200
    page = await (await (await sign_in("redaktoer")).session.get(HOME + "?state=reported")).text()
    assert "meldt forkert" in page and "Hvad koster en byggesag i gebyr?" in page


@pytest.mark.browser
@pytest.mark.parametrize(
    "size", [pytest.param(PHONE, id="phone"), pytest.param(DESKTOP, id="desktop", marks=pytest.mark.nightly)]
)
async def test_the_pages_are_for_everyone(
    services: Services, client: Client, profile: ProfileMaker, size: dict[str, int]
) -> None:
    page = await (await profile(size=size)).tab()
    await page.goto(address_of(services, client) + "/staff/sign-in?next=" + HOME)
    await page.get_by_label("E-mail").fill("redaktoer@demo.example")
    await page.get_by_label("Adgangskode").fill(PASSWORD)
    await page.get_by_role("button", name="Log ind").click()
    for path in (HOME, FEE, HOME + "/preview", HOME + "/new", HOME + "/training", HOME + "/exchange"):
        await page.goto(address_of(services, client) + path)
        assert await violations(page) == [], path
        assert not await scrolls_sideways(page), path
