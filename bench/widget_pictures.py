"""Pictures of the widget for the docs, from a running hotline: ``uv run python -m bench.pictures``."""

from __future__ import annotations

import re
import uuid

import aiohttp
from playwright.async_api import Browser, Page, expect

from bot.settings import PROJECT_DIR

FOLDER = PROJECT_DIR / "docs" / "pictures"
SIZES = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 320, "height": 640}}
LOOKS = [("da", False), ("en", False), ("da", True)]  # language, dark
SAID = {
    "da": ("Hvordan får vi tilladelse til udeservering på fortovet?", "Bo Prøve", "Vi har 12 stole og 4 borde."),
    "en": (
        "Where do I find the local plan for our address?",
        "Bo Testname",
        "It is the plot behind the bakery.",
    ),
}
REPLIES = {
    "da": "Hej. Send mig en skitse med mål, så har I tilladelsen inden fredag.",
    "en": "Hello. I have found the plan and send you the page about your plot before Friday.",
}
NAMES = {
    "da": {"open": "Skriv til kommunen", "person": "Tal med en medarbejder", "skip": "Spring over"},
    "en": {"open": "Write to the municipality", "person": "Talk to a person", "skip": "Skip"},
}
NUMBER = re.compile(r"\d{4}-\d{6}")


async def take_pictures(browser: Browser, address: str, password: str) -> None:
    """``docs/pictures/widget-<scene>-<size>-<language>[-dark].png`` are as the widget is now."""
    for size in SIZES:
        for language, dark in LOOKS:
            await _story(browser, address, password, size, language, dark)


async def _story(browser: Browser, address: str, password: str, size: str, language: str, dark: bool) -> None:
    """One inquiry from the first look to a person's reply."""
    context = await browser.new_context(
        viewport=SIZES[size], color_scheme="dark" if dark else "light", reduced_motion="reduce"
    )  # type: ignore[arg-type]  # a dict is a ViewportSize
    page = await context.new_page()
    names, (question, name, more) = NAMES[language], SAID[language]

    async def picture(scene: str) -> None:
        await page.wait_for_timeout(300)  # fonts
        await page.screenshot(path=FOLDER / f"widget-{scene}-{size}-{language}{'-dark' if dark else ''}.png")

    await page.goto(f"{address}/embed/0000?lang={language}")
    await page.get_by_role("button", name=names["open"]).click()
    await expect(page.get_by_role("dialog", name=re.compile("Demo"))).to_be_visible()
    await picture("welcome")
    await _write(page, question)
    await expect(page.locator(".message.bot .sources")).to_be_visible()
    await picture("answer")
    await page.locator("form").get_by_role("button", name=names["person"]).click()
    await _answer_form(page, names["skip"], name)
    await picture("waiting")
    number = NUMBER.search(await page.locator(".number").inner_text())
    assert number is not None
    await _reply(address, password, number[0], REPLIES[language])
    await expect(page.locator(".message.staff")).to_be_visible()
    await _write(page, more)
    await expect(page.locator(".unsent")).to_have_count(0)
    await picture("person")
    await context.close()


async def _write(page: Page, text: str) -> None:
    await page.get_by_role("textbox").fill(text)
    await page.get_by_role("textbox").press("Enter")


async def _answer_form(page: Page, skip: str, name: str) -> None:
    """The contact form: the name is given, the rest left out."""
    questions = page.locator(".choices button", has_text=skip)
    await expect(questions).to_have_count(1)
    await _write(page, name)
    for count in (2, 3):
        await expect(questions).to_have_count(count)
        await questions.last.click()
    await expect(page.locator(".message.bot").last.locator("button", has_text=skip)).to_have_count(0)


async def _reply(address: str, password: str, number: str, text: str) -> None:
    """The owner of the inquiry takes it and replies, over the staff API."""
    async with aiohttp.ClientSession(address, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        coordinator = await _sign_in(session, password, "koordinator")
        async with session.get("/api/v1/staff/inquiries", params={"list": "all", "q": number}) as response:
            (inquiry,) = (await response.json())["inquiries"]
        csrf = (
            coordinator
            if inquiry["acting"]["id"] == "koordinator"
            else await _sign_in(session, password, inquiry["acting"]["id"])
        )
        for action, body in (("take", {}), ("reply", {"text": text, "client_id": str(uuid.uuid4())})):
            path = f"/api/v1/staff/inquiries/{inquiry['id']}/{action}"
            async with session.post(path, json=body, headers={"X-CSRF-Token": csrf}) as response:
                assert response.ok, await response.text()


async def _sign_in(session: aiohttp.ClientSession, password: str, name: str) -> str:
    body = {"email": f"{name}@demo.example", "password": password}
    async with session.post("/api/v1/staff/session", json=body) as response:
        return str((await response.json())["csrf"])
