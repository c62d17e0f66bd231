"""A search finds what people mean, alike on both databases: capitals, composed letters, numbers however they are parted."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.conversation.service import Services
from bot.searching import fold, searched, wanted
from bot.staff.lists import read_filter, read_list
from bot.store import tables as t
from bot.store.database import Database
from bot.store.migrate import migrate
from tests.conftest import Clock, ServicesMaker, rows
from tests.inquirer import Inquirer, staff_member
from tests.staff.people import QUESTION
from tests.staff.test_lists import store


async def stored(services: Services, **columns: Any) -> str:
    """An inquiry that somebody wrote in."""
    made = await store(services, **columns)
    await ask(services, made)
    return made


async def ask(services: Services, inquiry_id: str) -> None:
    m = {"municipality": "0000", "inquiry_id": inquiry_id, "author": "inquirer", "channel": "web", "text": "hej"}
    asked = t.message.c
    async with services.database.write() as connection:
        here = sa.select(asked.id).where(asked.municipality == "0000", asked.inquiry_id == inquiry_id)
        if (await connection.execute(here)).first() is None:
            await connection.execute(sa.insert(t.message), m | {"id": 1, "seq": 1, "rev": 1, "at": services.now()})


async def found(services: Services, q: str) -> list[str]:
    coordinator = await staff_member(services, "koordinator")
    async with services.database.read() as connection:
        page, _ = await read_list(connection, coordinator, read_filter({"list": "all", "q": q}), services.now())
    return [row["id"] for row in page]


async def test_capitals_compositions_and_what_parts_a_number_make_no_difference(
    make_services: ServicesMaker, database_url: str
) -> None:
    services = await make_services(database_url)
    firm = await stored(services, status="waiting", company="BRØDRENE Møller  & Søn ApS", cvr="10150817",
                       contact_phone="+4512345678", number="2026-000061", contact_email="Bo@Firma.example")  # fmt: skip
    other = await stored(services, status="waiting", company=unicodedata.normalize("NFD", "Århus Straße"),
                        contact_phone="33663366", contact_name="Åse Prøve", subject="50 % mere_plads")  # fmt: skip
    abroad = await stored(services, status="waiting", contact_phone="004930123456", cvr="25313763")
    for q, expected in {
        firm: ("brødrene møller", "BRØDRENE MØLLER", "Brødrene Møller & søn", unicodedata.normalize("NFD", "MØLLER"), "bo@firma",
               "12 34 56 78", "+45 12345678", "+45 12 34 56 78", "0045 12345678", "004512345678", "45 12 34 56 78", "12-34-56-78",
               "12.34.56.78", "tlf. +45 12345678", "(+45) 12345678", "10 15 08 17", "10150817", "DK10150817", "DK-10 15 08 17",
               "CVR-nr. 10150817", "cvr: 10-15-08-17", "#2026-000061", "2026-61", "2026-000061", "000061", "2026000061", "sag 2026-61",
               "１２ ３４ ５６ ７８", "12\u00a034 56 78", "BRØ\u00adDRENE"),
        other: ("århus", "ÅRHUS", "A\u030aRHUS", "STRASSE", "straße", "33 66 33 66", "+4533663366", "45 33 66 33 66", "50 %",
                "mere_", "åse", "PRØVE"),
        abroad: ("+49 30 123456", "0049 30 123456", "+4930123456", "30 12 34 56", "25 31 37 63"),
    }.items():  # fmt: skip
        for asked in expected:
            assert await found(services, asked) == [q], asked
    assert set(await found(services, "\u200b")) == {firm, other, abroad}
    assert await found(services, "møllér") == await found(services, "99 99 99 99") == []


async def test_what_is_learnt_of_an_inquiry_later_is_found(services: Services, client: Any) -> None:
    business = Inquirer(client)
    await business.write(QUESTION)
    await business.press("person")
    (inquiry,) = await rows(services, t.inquiry)
    assert await found(services, inquiry.number.replace("-0000", " ")) == [business.id]
    assert await found(services, inquiry.subject.upper()) == [business.id]


TEXTS = st.text("aAbBåÅæÆøØéßſİıK 1234-_%/\\.&\u030a\u0301\u00ad\u200b\u202eﬁ", max_size=8)


@given(TEXTS)
def test_the_folded_form_is_its_own_folded_form(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text)) == fold(text)


@given(TEXTS.filter(lambda text: bool(fold(text))))
def test_every_text_is_found_by_itself_in_any_case(text: str) -> None:
    for q in (text, text.upper(), text.lower(), text.title()):
        assert any(part in searched({"company": text}) for part in wanted(q)) or fold(q) != fold(text)


@pytest.mark.postgres
async def test_both_databases_give_the_same_rows_in_the_same_order(
    make_services: ServicesMaker, tmp_path: Path, postgres_server: str, sqlite_url: str, clock: Clock
) -> None:
    import uuid

    import asyncpg

    name = f"t{uuid.uuid4().hex}"
    connection = await asyncpg.connect(postgres_server.replace("+asyncpg", "") + "/postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    both = [await make_services(sqlite_url), await make_services(f"{postgres_server}/{name}")]
    names = [
        "Ærø Tømrer",
        "ÆRØ tømrer",
        "Århus",
        "Aarhus",
        "A\u030arhus",
        "Østerå 12",
        "Zoo",
        "Café",
        "Straße",
        "50%",
        "x_y",
        "\\",
    ]
    for place, company in enumerate(names):
        at = clock.at.replace(minute=place // 3)
        row = {"status": ("waiting", "with_contact", "resolved")[place % 3], "company": company, "contact_name": names[-place],
               "waiting_since": at if place % 3 == 0 else None, "last_message_at": at, "number": f"2026-{place:06}",
               "contact_phone": f"+45123456{place:02}", "last_seq": 1}  # fmt: skip
        made = await stored(both[0], **row)
        (kept,) = await rows(both[0], t.inquiry, t.inquiry.c.id == made)
        async with both[1].database.write() as connection:
            await connection.execute(sa.insert(t.inquiry), dict(kept._mapping))
        await ask(both[1], made)

    async def compare(q: str) -> None:
        first, second = [await found(services, q) for services in both]
        assert first == second

    for q in ["", "æRØ", "århus", "aarhus", "STRASSE", "%", "_", "\\", "2026-1", "12 34 56 01", "é", "e\u0301"]:
        await compare(q)
    pieces = st.sampled_from(["æ", "Ø", "å", "A\u030a", "R", "us", " ", "1", "23", "-", "%", "_", "\\", "ß", "é", "."])
    asked: list[str] = []
    settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))(
        given(st.lists(pieces, max_size=4).map("".join))(lambda q: asked.append(q))
    )()
    for q in dict.fromkeys(asked):
        await compare(q)


async def test_rows_of_an_older_version_are_found_after_the_upgrade(sqlite_url: str, services: Services) -> None:
    old = await stored(services, status="waiting", company="ÆRØ Prøve", contact_phone="+4512345678")
    database: Database = services.database
    async with database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE inquiry DROP COLUMN searched")
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0003'")
    await migrate(database)
    assert await found(services, "ærø") == await found(services, "12 34 56 78") == [old]
