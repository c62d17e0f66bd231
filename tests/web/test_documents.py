"""The API's documents say what there is, and only that; our pages and files are served as they should be."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot import errors
from bot.conversation.service import Services
from bot.settings import PROJECT_DIR
from bot.store import tables as t
from bot.web import catalogues

API = (PROJECT_DIR / "docs" / "api.md").read_text()


def routes(client: TestClient[Any, Any]) -> set[tuple[str, str]]:
    """(method, path) of every route under /api/v1 of the application."""
    assert client.app is not None
    return {
        (route.method, route.resource.canonical)
        for route in client.app.router.routes()
        if route.resource and route.resource.canonical.startswith("/api/v1") and route.method not in ("HEAD", "OPTIONS")
    }


async def test_every_route_is_in_the_openapi_document_and_the_other_way_round(client: TestClient[Any, Any]) -> None:
    document = await (await client.get("/api/v1/openapi.json")).json()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == routes(client)
    assert document["openapi"] == "3.1.0"


async def test_every_reference_in_the_openapi_document_leads_somewhere(client: TestClient[Any, Any]) -> None:
    response = await client.get("/api/v1/openapi.json")
    document = await response.json()
    for reference in set(re.findall(r'"\$ref": ?"#/([^"]+)"', await response.text())):
        place = document
        for part in reference.split("/"):
            place = place[part]


async def test_every_route_is_in_the_api_guide(client: TestClient[Any, Any]) -> None:
    missing = [f"{method} {path}" for method, path in routes(client) if f"{method} {path}" not in API]
    assert missing == []


def test_every_error_code_is_in_the_api_guide_with_its_status() -> None:
    def tree(cls: type[errors.HotlineError]) -> set[type[errors.HotlineError]]:
        return {cls}.union(*(tree(sub) for sub in cls.__subclasses__() if sub.__module__ == errors.__name__))

    documented = dict(re.findall(r"^\| `(\w+)` \| (\d+|–) \|", API, re.MULTILINE))
    assert documented.keys() == {cls.code for cls in tree(errors.HotlineError)}
    for cls in tree(errors.HotlineError):
        assert documented[cls.code] in (str(cls.status), "–"), cls.code


async def test_pages_have_a_policy_without_exceptions(services: Services, client: TestClient[Any, Any]) -> None:
    async with services.database.write() as connection:
        await connection.execute(sa.update(t.municipality).values(origins=["https://www.demo.example"]))
    for path, status in (
        ("/", 200),
        ("/chat/0000", 200),
        ("/embed/0000", 200),
        ("/i/", 200),
        ("/chat/9999", 404),
        ("/embed/9999", 404),
    ):
        response = await client.get(path)
        policy = response.headers["Content-Security-Policy"]
        assert response.status == status
        assert (
            "default-src 'none'" in policy and "require-trusted-types-for 'script'" in policy and "unsafe" not in policy
        )
        framed = "frame-ancestors 'self' https://www.demo.example" if path == "/chat/0000" else "frame-ancestors 'none'"
        assert framed in policy
        assert not re.search(r"<script(?![^>]* src=)|<style| on\w+=| style=", await response.text())


async def test_pages_speak_the_readers_language(client: TestClient[Any, Any]) -> None:
    for language, text in (("da", "Én indgang for virksomheder"), ("en", "One entrance for businesses")):
        assert text in await (await client.get("/", params={"lang": language})).text()


def test_every_text_of_the_public_pages_is_translated() -> None:
    folder = PROJECT_DIR / "bot" / "web" / "templates"
    texts: set[str] = set()
    for path in folder.glob("*.html"):
        for text in re.findall(r"\{% trans[^%]*%\}(.*?)\{% endtrans %\}", path.read_text(), re.DOTALL):
            texts.add(re.sub(r"\{\{ (\w+) \}\}", r"%(\1)s", text.strip()))
    catalogue = catalogues._catalogue("en")
    assert texts and [text for text in texts if text not in catalogue] == []


async def test_files_under_their_hash_are_kept_for_ever_and_the_entry_is_not(client: TestClient[Any, Any]) -> None:
    entry = await client.get("/widget.js")
    assert "max-age=300" in entry.headers["Cache-Control"]
    version = re.search(r"static/(\w+)/widget/element\.js", await entry.text())
    assert version
    kept = await client.get(f"/static/{version[1]}/widget/element.js")
    other = await client.get("/static/older/widget/element.js")
    assert "immutable" in kept.headers["Cache-Control"] and other.headers["Cache-Control"] == "no-cache"
    assert (
        kept.headers["Content-Type"] == "text/javascript; charset=utf-8" and kept.headers["Content-Encoding"] == "gzip"
    )
    again = await client.get(f"/static/{version[1]}/widget/element.js", headers={"If-None-Match": kept.headers["ETag"]})
    assert again.status == 304


@pytest.mark.parametrize(
    "name", ["../pages.py", "..%2f..%2fsettings.py", "widget/nothing.js", "vendor/README.md", "widget/"]
)
async def test_nothing_but_the_files_for_browsers_is_served(client: TestClient[Any, Any], name: str) -> None:
    assert (await client.get(f"/static/x/{name}")).status == 404
