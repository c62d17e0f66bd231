"""Own articles and texts travel between municipalities, and nothing local is overwritten silently."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestClient
from click.testing import CliRunner

from bot.__main__ import main
from bot.conversation.service import Services
from bot.knowledge.bounded import MAX_BYTES, MAX_DEPTH, read_bounded
from bot.knowledge.own import dump
from bot.store import tables as t
from tests.conftest import rows
from tests.knowledge.test_articles import FEE, TEXTS, put
from tests.staff.conftest import SignIn
from tests.staff.people import copy_municipality, refusal

Client = TestClient[Any, Any]
OWN: dict[str, Any] = {
    "id": "building/town_gate",
    "kle": ["02.34.02"],
    "owner": "building",
    "reviewed": "2026-11-01",
    "title": {"da": "Må vi male byporten?", "en": "May we paint the town gate?"},
    "answer": {"da": "Nej, byporten er fredet.", "en": "No, the town gate is listed."},
    "sources": [{"title": "Fredede bygninger", "url": "https://kulturarv.example/gate"}],
    "examples": {
        "da": ["byporten maling", "må vi male byporten", "ny farve på byporten", "byport rød", "facade byport male"],
        "en": [],
    },
}


def package(*articles: dict[str, Any], texts: list[dict[str, Any]] | None = None) -> str:
    content = {"hotline_articles": 1, "articles": [*articles], "texts": texts or []}
    return dump(content).replace("'2026-11-01'", "2026-11-01")


async def test_a_package_goes_from_one_municipality_to_another(services: Services, sign_in: SignIn) -> None:
    await copy_municipality(services, "0001")
    here, there = await sign_in("redaktoer", municipality="0000"), await sign_in("redaktoer", municipality="0001")
    await put(here, FEE, **TEXTS)
    taken = await (await here.post("/package", package=package(OWN), apply=True)).json()
    assert taken["taken"] == ["building/town_gate_0000"]
    exported = (await here.get("/package"))["package"]
    assert "0000" not in exported and "Må vi male byporten?" in exported

    shown = await (await there.post("/package", package=exported)).json()
    assert [(d["id"], d["kind"], d["overwrites"]) for d in shown["differences"]] == [
        ("building/town_gate_0001", "new", False),
        ("taxes_fees/building_fee_price", "changed", False),
    ]
    assert shown["taken"] == [] and (await there.get("/articles"))["counts"]["own"] == 0
    await there.post("/package", package=exported, apply=True)
    assert (await there.get(FEE))["own"]["title"]["da"] == TEXTS["title"]["da"]
    article = await there.get("/articles/building/town_gate_0001")
    assert article["states"] == ["own"] and article["shown"]["da"] == "Nej, byporten er fredet."
    assert (await there.session.get("/api/v1/staff/articles/building/town_gate_0000")).status == 404
    again = await (await there.post("/package", package=exported, apply=True)).json()
    assert {d["kind"] for d in again["differences"]} == {"same"} and again["taken"] == []


async def test_an_own_text_is_kept_unless_it_is_named(services: Services, sign_in: SignIn) -> None:
    editor = await sign_in("redaktoer")
    await put(editor, FEE, **TEXTS)
    other = {"id": "taxes_fees/building_fee_price", **TEXTS, "title": {"da": "Byggesagens pris", "en": "The price"}}
    source = package(OWN, texts=[other])
    taken = await (await editor.post("/package", package=source, apply=True)).json()
    assert [d["id"] for d in taken["differences"] if d["overwrites"]] == ["taxes_fees/building_fee_price"]
    assert taken["taken"] == ["building/town_gate_0000"]
    assert (await editor.get(FEE))["own"]["title"]["da"] == TEXTS["title"]["da"]
    await editor.post("/package", package=source, apply=True, overwrite=["taxes_fees/building_fee_price"])
    assert (await editor.get(FEE))["own"]["title"]["da"] == "Byggesagens pris"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("a: [", "did not find expected node"),
        ("hotline_articles: 2\n", "hotline_articles: must be 1"),
        ("hotline_articles: 1\n", "holds no articles"),
        (package(OWN, OWN | {"answer": {"da": "{nothing}", "en": "x"}}), "articles[1].answer.da"),
        (package(OWN | {"id": "nowhere/gate"}), "articles[0].id: must be area/name"),
        (package(OWN | {"municipality": "0001"}), "articles[0].municipality"),
        (package(OWN | {"examples": {"da": ["kort"], "en": []}}), "articles[0].examples.da: 1 examples, at least 5"),
        (
            package(OWN | {"examples": {"da": [*OWN["examples"]["da"], "byggesagsgebyr pris pr time"], "en": []}}),
            "is also in taxes_fees/building_fee_price",
        ),
        (
            package(
                OWN, texts=[{"id": "building/no", "title": {"da": "a", "en": "b"}, "answer": {"da": "a", "en": "b"}}]
            ),
            "texts[0].id",
        ),
        (
            package(
                OWN,
                texts=[{"id": "taxes_fees/building_fee_price", "title": {"da": "a"}, "answer": {"da": "a", "en": "b"}}],
            ),
            "texts[0].title.en",
        ),
    ],
)
async def test_what_is_wrong_is_named_with_line_and_field_and_nothing_is_taken(
    services: Services, sign_in: SignIn, source: str, complaint: str
) -> None:
    editor = await sign_in("redaktoer")
    response = await editor.post("/package", package=source, apply=True)
    detail = (await response.json())["error"]["detail"]
    assert response.status == 400 and complaint in detail and detail.startswith("package.yml:")
    assert await rows(services, t.article_text) == []


def nested(depth: int) -> str:
    return "hotline_articles: 1\narticles: " + "[" * depth + "]" * depth + "\n"


OUT_OF_BOUNDS = [
    ("hotline_articles: 1\narticles: &all []\n", "package.yml:2: anchors and aliases (& and *) are not read"),
    ("hotline_articles: 1\narticles: []\ntexts: *all\n", "package.yml:3: anchors and aliases"),
    (nested(MAX_DEPTH), "package.yml:2: is nested deeper than 20"),
    ("hotline_articles: 1\narticles: " + " " * MAX_BYTES, "package.yml:1: is too large to be read"),
    (package(OWN).replace("2026-11-01", "2026-99-01"), "package.yml:1: is not YAML"),
]


@pytest.mark.parametrize(("source", "complaint"), OUT_OF_BOUNDS)
def test_what_is_out_of_bounds_is_refused_before_anything_is_built(source: str, complaint: str) -> None:
    (problem,) = read_bounded(source, "package.yml").problems
    assert str(problem).startswith(complaint)


@pytest.mark.parametrize("source", [OUT_OF_BOUNDS[0][0], OUT_OF_BOUNDS[2][0]])
async def test_every_door_for_packages_refuses_what_is_out_of_bounds(
    services: Services, sign_in: SignIn, source: str
) -> None:
    editor = await sign_in("redaktoer")
    response = await editor.post("/package", package=source, apply=True)
    assert response.status == 400 and (await response.json())["error"]["code"] == "bad_input"
    form = {"csrf": editor.csrf, "source": source, "name": "svar.yml", "apply": "yes"}
    response = await editor.session.post("/staff/knowledge/exchange", data=form)
    assert response.status == 400 and "svar.yml" in await response.text()
    assert await rows(services, t.article_text) == []


def test_what_is_within_bounds_is_read_as_it_was_written() -> None:
    reader = read_bounded(nested(MAX_DEPTH - 1), "package.yml")
    assert reader.parsed and reader.get(("hotline_articles",)) == 1
    reader = read_bounded(package(OWN), "package.yml")
    assert reader.part(("articles", 0)).day(("reviewed",)).isoformat() == OWN["reviewed"]
    assert reader.get(("articles", 0, "title", "da")) == "Må vi male byporten?"
    strange = 'a: "x\\0y"\nb: !!binary aGVq\nc: 1.5\nd: 2026-11-01 10:00:00\n1: null\n'
    assert read_bounded(strange, "x").root == {"a": "xy", "b": False, "c": False, "d": False, "1": None}
    reader.part(("articles", 0)).complain(("owner",), "look")
    assert reader.problems[0].line == next(
        n for n, line in enumerate(package(OWN).splitlines(), 1) if line.lstrip("- ").startswith("owner:")
    )


async def test_only_editors_exchange(sign_in: SignIn) -> None:
    byg = await sign_in("byg")
    assert await refusal(await byg.session.get("/api/v1/staff/package")) == (403, "forbidden")
    assert await refusal(await byg.post("/package", package=package(OWN), apply=True)) == (403, "forbidden")


async def test_the_console_shows_the_difference_before_it_takes_a_file_in(sign_in: SignIn) -> None:
    editor = await sign_in("redaktoer")
    form = aiohttp.FormData({"csrf": editor.csrf})
    form.add_field("file", package(OWN).encode(), filename="svar.yml")
    page = await (await editor.session.post("/staff/knowledge/exchange", data=form)).text()
    assert "building/town_gate_0000" in page and "Nej, byporten er fredet." in page
    assert (await editor.get("/articles"))["counts"]["own"] == 0
    form_back = {"csrf": editor.csrf, "source": package(OWN), "name": "svar.yml", "apply": "yes"}
    page = await (await editor.session.post("/staff/knowledge/exchange", data=form_back)).text()
    assert "1 svar er læst ind." in page
    response = await editor.session.get("/staff/knowledge/package.yml")
    assert "attachment" in response.headers["Content-Disposition"] and "Må vi male byporten?" in await response.text()


async def test_the_commands_do_the_same(
    services: Services, nlu_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    for name, value in (
        ("DATABASE_URL", services.settings.database_url),
        ("SECRET_KEY", "k" * 40),
        ("NLU_DATA_DIR", str(nlu_data)),
    ):
        monkeypatch.setenv(f"HOTLINE_{name}", value)
    file = tmp_path / "package.yml"
    file.write_text(package(OWN), encoding="utf-8")

    async def run(*arguments: str) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, main, ["articles", *arguments])
        assert not result.exception or isinstance(result.exception, SystemExit), repr(result.exception)
        return result.output

    shown = await run("import", "0000", str(file))
    assert "building/town_gate_0000: new" in shown and "Nothing is changed" in shown
    assert await rows(services, t.article_text) == []
    assert "1 of 1 taken in" in await run("import", "0000", str(file), "--apply")
    async with services.database.read() as connection:
        assert await connection.scalar(sa.select(t.article_text.c.changed_by)) == "operator"
    assert "1 articles and texts" in await run("export", "0000", str(tmp_path / "out.yml"))
    file.write_text("hotline_articles: 1\narticles:\n- id: building/x\n", encoding="utf-8")
    assert "package.yml:3: articles[0]" in await run("import", "0000", str(file))
