"""Pictures of the staff console for the docs, from a running hotline: ``uv run python -m bench.console_pictures``."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from typing import Any

import aiohttp
import click
from playwright.async_api import Browser, Page, async_playwright

from bench.server import PASSWORD, running_hotline
from bot.settings import PROJECT_DIR

FOLDER = PROJECT_DIR / "docs" / "pictures"
SIZES = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 320, "height": 640}}
CHOICES = ("person", "skip")
TALKS = [
    (
        "da",
        [
            "Skal vi have byggetilladelse til et skur på 20 kvm bag værkstedet?",
            "person",
            "Firmaets indehaver",
            "kontor@byggefirma.example",
            "Eksempel Byg ApS",
        ],
    ),
    ("da", ["Vores byggeri er stoppet, det haster at få en byggetilladelse", "person", "Byggelederen", "skip", "skip"]),
    (
        "en",
        [
            "Do we need a building permit for a sign on our shop front?",
            "person",
            "Anna Smith",
            "+45 70 10 20 30",
            "Nordic Signs",
        ],
    ),
    ("da", ["Hvor lang tid tager det at få en byggetilladelse?"]),
]


@click.command()
@click.option("--address", help="A hotline that runs already; else one is started for the pictures.")
@click.option("--password", default=PASSWORD, help="Password of the demonstration staff there.")
def main(address: str | None, password: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    if address:
        asyncio.run(take_pictures(address, password))
        return
    with running_hotline() as hotline:
        asyncio.run(take_pictures(hotline.address, password))


async def take_pictures(address: str, password: str) -> None:
    async with aiohttp.ClientSession(address) as session:
        inquiries = [await talk(session, language, texts) for language, texts in TALKS]
    await answer(address, password, inquiries[0])
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for size in SIZES:
            for language in ("da", "en"):
                await draw(browser, address, password, size, language, inquiries[0])
        await browser.close()


async def talk(session: aiohttp.ClientSession, language: str, texts: list[str]) -> str:
    """A business writes ``texts`` one after the other; returns the inquiry's id."""
    body = {"client_id": str(uuid.uuid4()), "language": language}
    async with session.post("/api/v1/municipalities/0000/inquiries", json=body) as response:
        inquiry = await response.json()
    place, headers = f"/api/v1/inquiries/{inquiry['id']}/messages", {"Authorization": f"Bearer {inquiry['token']}"}
    for text in texts:
        offered = await _say(session, place, headers, text)
        if offered:  # the bot asked which of these was meant
            await _say(session, place, headers, offered[0])
    return str(inquiry["id"])


async def _say(session: aiohttp.ClientSession, place: str, headers: dict[str, str], text: str) -> list[str]:
    """Write or press ``text``; returns the articles that the bot then offers to choose from."""
    pressed = text in CHOICES or ":" in text
    said = {"choice": text} if pressed else {"text": text}
    async with session.post(place, json={**said, "client_id": str(uuid.uuid4())}, headers=headers) as response:
        response.raise_for_status()
        rev = (await response.json())["rev"]
    messages: list[dict[str, Any]] = []
    answering = True
    while answering:
        async with session.get(place, params={"rev": rev, "wait": 10}, headers=headers) as response:
            thread = await response.json()
        messages += thread["messages"]
        rev, answering = thread["rev"], thread["answering"]
    return [
        b["id"] for m in messages if m["decision"] == "Clarify" for b in m["buttons"] if b["id"].startswith("article:")
    ]


async def answer(address: str, password: str, inquiry_id: str) -> None:
    """The owner takes the inquiry, replies and writes a note."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(address, cookie_jar=jar) as session:
        form = {"email": "byg@demo.example", "password": password}
        async with session.post("/api/v1/staff/session", json=form) as response:
            headers = {"X-CSRF-Token": (await response.json())["csrf"]}
        acts: list[tuple[str, dict[str, Any]]] = [
            ("take", {}),
            (
                "reply",
                {"text": "Hej. Et skur på 20 m² kan kræve tilladelse. Har I en situationsplan, jeg må se?"},
            ),
            ("note", {"text": "Lokalplan 1.23 tillader 8,5 m. Planafdelingen er spurgt om skel."}),
        ]
        for action, body in acts:
            place = f"/api/v1/staff/inquiries/{inquiry_id}/{action}"
            async with session.post(place, json=body, headers=headers) as response:
                response.raise_for_status()


async def draw(browser: Browser, address: str, password: str, size: str, language: str, inquiry_id: str) -> None:
    context = await browser.new_context(viewport=SIZES[size], reduced_motion="reduce")  # type: ignore[arg-type]  # a dict is a ViewportSize
    page = await context.new_page()
    await page.goto(f"{address}/staff/language?to={language}")
    await picture(page, "sign-in", size, language)
    await page.fill("#email", "byg@demo.example")
    await page.fill("#password", password)
    async with page.expect_response("**/api/v1/staff/events"):
        await page.click("main button[type=submit]")
    await page.goto(f"{address}/staff?list=department")
    await picture(page, "list", size, language)
    await page.goto(f"{address}/staff/inquiries/{inquiry_id}?list=department")
    await page.wait_for_selector(".scripted")
    await picture(page, "thread", size, language)
    await page.click('[data-key="h"]')
    await page.wait_for_selector("#dialog[open]")
    await picture(page, "hand-on", size, language)
    await context.close()


async def picture(page: Page, what: str, size: str, language: str) -> None:
    await page.evaluate("document.fonts.ready")
    path = FOLDER / f"console-{what}-{size}-{language}.png"
    taken = await page.screenshot(path=path)
    click.echo(f"{path.relative_to(PROJECT_DIR)}  {len(taken) // 1024} kB")


if __name__ == "__main__":
    main()
