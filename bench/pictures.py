"""Every picture in docs/pictures, taken from a running hotline: ``uv run python -m bench.pictures``."""

from __future__ import annotations

import asyncio
import shutil

import click
from playwright.async_api import async_playwright

from bench import console_pictures, widget_pictures
from bench.server import PASSWORD, running_hotline

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@click.command()
@click.option("--address", help="A hotline that runs already; else one is started for the pictures.")
@click.option("--password", default=PASSWORD, help="Password of the demonstration staff there.")
@click.option("--only", type=click.Choice(["widget", "console"]), help="Only these.")
def main(address: str | None, password: str, only: str | None) -> None:
    """Take the pictures anew."""
    widget_pictures.FOLDER.mkdir(parents=True, exist_ok=True)
    if address:
        asyncio.run(take_pictures(address, password, only))
        return
    with running_hotline() as hotline:
        asyncio.run(take_pictures(hotline.address, PASSWORD, only))


async def take_pictures(address: str, password: str, only: str | None) -> None:
    if only != "console":
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
            await widget_pictures.take_pictures(browser, address, password)
            await browser.close()
    if only != "widget":
        await console_pictures.take_pictures(address, password)


if __name__ == "__main__":
    main()
