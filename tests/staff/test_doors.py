"""Every door of the application is walked with a CPR number in every place that takes a text: none is kept, said or logged."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.editing.operating import use_as_operator
from bot.errors import BadInput, NotFound
from bot.staff import operators
from tests.inquirer import Inquirer, client_id
from tests.staff.conftest import SignIn
from tests.staff.people import Staff, escalated, refusal

SERIAL = "4317"
CPR = f"210387-{SERIAL}"
_FORMS_OF_IT = re.compile(rf"2103(?:19)?87\W{{0,6}}{SERIAL}")
ARTICLE = "building/permit_needed"
# Every field that some door reads, and a text in it.
_BOTH = {"da": f"Svar {CPR}", "en": f"Answer {CPR}"}
_FIELDS: dict[str, Any] = {
    **dict.fromkeys(
        (
            "text", "note", "reason", "name", "label", "other", "language", "browser", "q", "model", "outcome", "from",
            "to", "area", "list", "status", "after", "state", "draft", "done", "next", "municipality", "email", "lang",
            "message", "version", "article", "source", "choice", "client_id", "title_da", "title_en", "answer_da",
            "answer_en", "price_da", "price_en", "examples_da", "examples_en", "sources", "package", "id", "password",
        ),
        f"sag {CPR}",
    ),
    "name": f"cpr_{CPR}",
    "id": "building/cpr_2103874317",
    "title": _BOTH,
    "answer": _BOTH,
    "follow_ups": {"price": _BOTH, f"{CPR}": _BOTH},
    "examples": {"da": [f"Er {CPR} med?"] * 3, "en": [f"Is {CPR} in?"]},
    "sources": [{"title": CPR, "url": f"https://example.org/{CPR}"}],
    "values": {f"fee {CPR}": _BOTH},
    "value": _BOTH,
    "questions": [f"{CPR}.1"],
    "overwrite": [CPR],
    "package": f"hotline_articles: 1\narticles:\n- id: building/cpr_2103874317\n  title: x {CPR}\n{CPR}: 1\n",
}  # fmt: skip


# They would sign the walker out, or go on for ever.
_LEFT_OUT = re.compile("sign-out|staff/session|/ws$|/events|/static/")


class Door:
    """A route with what its address may hold."""

    def __init__(self, method: str, path: str, staff: Staff, inquirer: Inquirer):
        self.method, self.staff = method, staff
        for part, value in {
            "id": inquirer.id if "inquiries" in path else ARTICLE,
            "inquiry": inquirer.id,
            "message": "1",
            "code": "0000",
            "key": f"{inquirer.id}.1",
            "area": "building",
            "name": "permit_needed",
        }.items():
            path = re.sub(rf"{{{part}(?::[^{{}}]*)?}}", value, path)
        self.path = re.sub(r"{[^{}]*(?:{[^{}]*}[^{}]*)*}", f"cpr {CPR}", path)

    async def try_all(self) -> AsyncIterator[str]:
        """What is answered to texts in the query, in a JSON object and in a form."""
        query = {name: value if isinstance(value, str) else CPR for name, value in _FIELDS.items()} | {"wait": "0"}
        headers = {"X-CSRF-Token": self.staff.csrf}
        attempts: list[dict[str, Any]] = [{"params": query}]
        if self.method != "GET":
            only_text = {"text": f"Mit cpr er {CPR}"}
            attempts += [{"json": _FIELDS}, {"json": only_text}, {"json": {**_FIELDS, "values": {}, "version": None}}]
            attempts += [{"data": query}, {"data": only_text | {"csrf": self.staff.csrf, "note": CPR, "to": "plan"}}]
        for attempt in attempts:
            async with self.staff.session.request(
                self.method, self.path, headers=headers, allow_redirects=False, **attempt
            ) as response:
                yield str(response.headers) + await response.text()


def _has_it(text: str) -> bool:
    return bool(_FORMS_OF_IT.search(text.replace("\\u002d", "-").replace("%2D", "-")))


@pytest.mark.timeout(300)
async def test_no_door_keeps_says_or_logs_a_cpr_number(
    services: Services,
    client: TestClient[Any, Any],
    sign_in: SignIn,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.INFO)
    inquirer = await escalated(client)
    await inquirer.write(f"Jeg hedder Bo Prøve {CPR}, bo@firma.example")
    said: list[str] = []
    assert client.app is not None
    routes = sorted(
        {(route.method, route.resource.canonical) for route in client.app.router.routes() if route.resource}
    )
    for name in ("koordinator", "byg", "redaktoer", "operator"):
        staff = await sign_in(name)
        for method, path in routes:
            if method in ("GET", "POST", "PUT", "DELETE") and not _LEFT_OUT.search(path):
                async for answer in Door(method, path, staff, inquirer).try_all():
                    if _has_it(answer):
                        said.append(f"{name} {method} {path}")
    assert not said
    await inquirer.post(text=f"{CPR}", client_id=CPR)
    await _walk_the_command_line(services)
    stored = "\n".join(sqlite3.connect(tmp_path / "test.sqlite3").iterdump())
    assert "[CPR-nummer fjernet]" in stored
    assert [line[:200] for line in stored.splitlines() if _has_it(line)] == []
    captured = capfd.readouterr()
    # The access log is switched off where the hotline serves (bot/cli/serve.py); the test's server has one.
    logged = [record.getMessage() for record in caplog.records if record.name != "aiohttp.access"]
    assert not _has_it("\n".join(logged) + captured.out + captured.err)


async def _walk_the_command_line(services: Services) -> None:
    now = services.now
    await operators.add_operator(services.database, "drift@firma.example", f"Drift {CPR}", "x" * 12, lambda: now())
    with pytest.raises(BadInput):
        await operators.add_operator(services.database, f"{CPR}@firma.example", "Drift", "x" * 12, lambda: now())
    with pytest.raises(NotFound):
        await use_as_operator(services.database, services.knowledge.common, now(), "command line", CPR, f"fordi {CPR}")


async def test_the_reason_for_reading_is_kept_without_the_number(
    services: Services, client: TestClient[Any, Any], sign_in: SignIn
) -> None:
    business = await escalated(client)
    coordinator = await sign_in("koordinator")
    await coordinator.get(f"/inquiries/{business.id}", reason=f"sag om {CPR}")
    async with services.database.read() as connection:
        entries = (await connection.exec_driver_sql("select detail from audit where action = 'read'")).all()
    assert json.loads(entries[-1][0])["reason"] == "sag om [CPR-nummer fjernet]"


@pytest.mark.parametrize("unseen", ["\u200b", "\ufeff\u2060", "\u2800", "\u3164", "\u200f\u00ad"])
async def test_a_text_that_shows_nothing_is_refused_from_both_sides(
    client: TestClient[Any, Any], sign_in: SignIn, unseen: str
) -> None:
    business = await escalated(client)
    assert await refusal(await business.post(text=unseen, client_id=client_id(1))) == (422, "empty_text")
    byg = await sign_in("byg")
    await byg.act(business.id, "take")
    for action in ("reply", "note"):
        assert await byg.refused(business.id, action, text=unseen) == (422, "empty_text")
