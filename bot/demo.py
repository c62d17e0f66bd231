"""The demonstration municipality, code 0000: departments, staff named by role, opening hours, every local value filled in."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.conversation.rights import INSTALLATION
from bot.knowledge.content import Knowledge
from bot.knowledge.service import demo_values
from bot.staff.operators import operator_row
from bot.staff.passwords import hash_password
from bot.store import tables as t
from bot.store.database import Database

CODE = "0000"
OPERATOR = "operator"
HOURS = {str(day): [["08:00", "16:00"]] for day in range(4)} | {"4": [["08:00", "14:00"]]}

# id, Danish and English name, areas
DEPARTMENTS = [
    ("byg", "Byg og Plan", "Building and Planning", ["building", "planning"]),
    ("miljoe", "Miljø og Affald", "Environment and Waste", ["environment", "waste"]),
    ("job", "Jobcenter", "Job Centre", ["employment"]),
    ("indkoeb", "Indkøb og Udbud", "Procurement", ["procurement"]),
    ("ejendom", "Kommunale Ejendomme", "Municipal Property", ["land_premises"]),
    ("vej", "Vej og Byrum", "Roads and Public Space", ["public_space"]),
    ("erhverv", "Erhverv og Bevilling", "Business and Licensing", ["startup", "licences"]),
    ("oekonomi", "Økonomi", "Finance", ["taxes_fees"]),
    ("service", "Erhvervsindgangen", "Business Entrance", ["contact_case"]),
]
# id (the e-mail's name), department, Danish and English title, roles
STAFF = [
    ("byg", "byg", "Byggesagsbehandler", "Building Officer", ["contact"]),
    ("plan", "byg", "Planlægger", "Planner", ["contact"]),
    ("miljoe", "miljoe", "Miljøsagsbehandler", "Environmental Officer", ["contact"]),
    ("affald", "miljoe", "Affaldskonsulent", "Waste Consultant", ["contact"]),
    ("job", "job", "Virksomhedskonsulent", "Employer Consultant", ["contact"]),
    ("indkoeb", "indkoeb", "Indkøbskonsulent", "Procurement Consultant", ["contact"]),
    ("ejendom", "ejendom", "Ejendomskonsulent", "Property Consultant", ["contact"]),
    ("vej", "vej", "Vejsagsbehandler", "Roads Officer", ["contact"]),
    ("erhverv", "erhverv", "Erhvervskonsulent", "Business Consultant", ["contact"]),
    ("bevilling", "erhverv", "Bevillingssagsbehandler", "Licensing Officer", ["contact"]),
    ("oekonomi", "oekonomi", "Økonomikonsulent", "Finance Consultant", ["contact"]),
    ("service", "service", "Servicemedarbejder", "Service Officer", ["contact"]),
    ("koordinator", "service", "Erhvervskoordinator", "Business Coordinator", ["contact", "coordinator"]),
    ("redaktoer", "service", "Redaktør", "Editor", ["editor"]),
    ("administrator", "service", "Administrator", "Administrator", ["administrator"]),
    ("data", "service", "Databeskyttelsesrådgiver", "Data Protection Officer", ["data_officer"]),
]


async def is_empty(database: Database) -> bool:
    async with database.read() as connection:
        return not await connection.scalar(sa.select(sa.func.count()).select_from(t.municipality))


async def load_demo(database: Database, common: Knowledge, password: str, now: datetime) -> None:
    """Municipality 0000 exists with staff who sign in with ``password``; an existing one is left as it is."""
    hashed = hash_password(password)
    async with database.write() as connection:
        if await connection.scalar(sa.select(t.municipality.c.code).where(t.municipality.c.code == CODE)):
            return
        await connection.execute(sa.insert(t.municipality), _municipality(now))
        await connection.execute(
            sa.insert(t.department),
            [
                {"municipality": CODE, "id": key, "name": {"da": da, "en": en}, "areas": areas}
                for key, da, en, areas in DEPARTMENTS
            ],
        )
        await connection.execute(sa.insert(t.staff), [_person(*person, hashed) for person in STAFF])
        await connection.execute(sa.insert(t.staff), _operator(hashed))
        values = [
            {"municipality": CODE, "article": article.id, "name": name, "value": dict(value), "changed_at": now}
            for article, name, value in demo_values(common)
        ]
        if values:
            await connection.execute(sa.insert(t.local_value), values)


async def set_demo_password(database: Database, password: str) -> None:
    """All demonstration staff sign in with ``password``, the demonstration's operator too."""
    c = t.staff.c
    demonstration = sa.or_(c.municipality == CODE, (c.municipality == INSTALLATION) & (c.id == OPERATOR))
    async with database.write() as connection:
        await connection.execute(sa.update(t.staff).where(demonstration).values(password_hash=hash_password(password)))


def new_password() -> str:
    return secrets.token_urlsafe(9)


def _municipality(now: datetime) -> dict[str, Any]:
    return {
        "code": CODE,
        "name": {"da": "Demo Kommune", "en": "Demo Municipality"},
        "origins": [],
        "opening_hours": HOURS,
        "closing_days": [],
        "open_days": [],
        "first_reply_minutes": 8 * 60,
        "next_reply_minutes": 8 * 60,
        "phone": "00 00 00 00",
        "email": "erhverv@demo.example",
        "created_at": now,
    }


def _operator(hashed: str) -> dict[str, Any]:
    return operator_row(OPERATOR, f"{OPERATOR}@demo.example", "Driftsansvarlig (demo)", hashed)


def _person(key: str, department: str, da: str, en: str, roles: list[str], hashed: str) -> dict[str, Any]:
    return {
        "municipality": CODE,
        "id": key,
        "email": f"{key}@demo.example",
        "name": f"{da} (demo)",
        "title": {"da": da, "en": en},
        "department_id": department,
        "roles": roles,
        "capacity": 25,
        "password_hash": hashed,
    }
