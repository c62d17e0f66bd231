"""Fixtures of browser tests: one Chromium per run, a fresh profile per page maker, and what a page must never do.

A test that opens pages fails when one of them logs an error, throws, or breaks a content security policy.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pytest_asyncio
from aiohttp.test_utils import TestClient
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from bot.conversation.service import Services

PHONE = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 900}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


expect.set_options(timeout=15_000)  # another test runs beside it, on the same few cores


def find_chromium() -> str | None:
    """The browser's executable: ``CHROMIUM`` of the environment, else what the machine has."""
    given = os.environ.get("CHROMIUM")
    found = (given, *(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")))
    return next((path for path in found if path and Path(path).exists()), None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    from tests.conftest import skip_or_fail

    executable = find_chromium()
    if executable is None:
        skip_or_fail("Chromium is not installed")
    with _untouched_clock():
        playwright = await async_playwright().start()
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
    yield browser
    await browser.close()
    await playwright.stop()


@contextmanager
def _untouched_clock() -> Iterator[None]:
    """Chromium hangs under a moved clock (.ci/any-day), so it starts without; its pages are told the moved time."""
    moved = os.environ.pop("LD_PRELOAD", None)
    try:
        yield
    finally:
        if moved is not None:
            os.environ["LD_PRELOAD"] = moved


_profiles: WeakKeyDictionary[BrowserContext, Profile] = WeakKeyDictionary()


class Profile:
    """A browser profile: its tabs share storage. ``complaints`` is what its pages logged as errors or threw."""

    def __init__(self, context: BrowserContext):
        self.context = context
        self.complaints: list[str] = []
        _profiles[context] = self

    async def tab(self, address: str = "") -> Page:
        page = await self.context.new_page()
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"thrown: {error}"))
        if address:
            await page.goto(address)
        return page

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error":
            self.complaints.append(text)


ProfileMaker = Callable[..., Awaitable[Profile]]


@pytest_asyncio.fixture(loop_scope="session")
async def profile(chromium: Browser) -> AsyncIterator[ProfileMaker]:
    """Makes profiles of a size, colour scheme, language and device clock; none may have complained unless the test forgave it."""
    made: list[Profile] = []

    async def make(
        *,
        size: dict[str, int] = DESKTOP,
        dark: bool = False,
        locale: str = "da-DK",
        device_time: datetime | None = None,
        **more: Any,
    ) -> Profile:
        if "FAKETIME" in os.environ:  # .ci/any-day
            device_time = device_time or datetime.now(UTC)
            more.setdefault("timezone_id", os.environ["TZ"])
        context = await chromium.new_context(
            viewport=size, color_scheme="dark" if dark else "light", locale=locale, reduced_motion="reduce", **more
        )
        context.set_default_timeout(10_000)
        if device_time:
            await context.clock.install(time=device_time)
        made.append(Profile(context))
        return made[-1]

    yield make
    complaints = [complaint for one in made for complaint in one.complaints]
    for one in made:
        await one.context.close()
    assert complaints == []


def address_of(services: Services, client: TestClient[Any, Any]) -> str:
    """The served application's address; links in messages name it from now on."""
    address = str(client.make_url("/")).rstrip("/")
    services.settings.public_url = address
    return address


async def violations(page: Page) -> list[str]:
    """What axe finds, with the first place of each; empty when the page is in order."""
    complaints = _profiles[page.context].complaints
    before = len(complaints)
    results = await Axe().run(page)
    del complaints[before:]  # axe adds an inline style of its own, which our policy refuses
    return [f"{found['id']}: {found['nodes'][0]['html']}" for found in results.response["violations"]]


async def scrolls_sideways(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


async def focused_name(page: Page) -> str:
    """The accessible text of what has the focus, inside shadow roots too."""
    script = """() => {
        let node = document.activeElement;
        while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
        return node?.getAttribute("aria-label") || node?.labels?.[0]?.textContent || node?.textContent || "";
    }"""
    return str(await page.evaluate(script)).strip()


def messages(page: Page, author: str = "") -> Locator:
    """The messages in the log, of one author or all."""
    return page.locator(f".message{'.' + author if author else ''}")
