"""The operators' accounts. Only the command line gives and takes them; they belong to the installation and to no municipality."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.conversation.rights import INSTALLATION
from bot.conversation.tokens import new_id
from bot.errors import BadInput, NotFound
from bot.masking import mask
from bot.staff.passwords import hash_password
from bot.store import tables as t
from bot.store.database import Database
from bot.text_input import short

SHORTEST_PASSWORD = 12
_TITLE = {"da": "Driftsansvarlig", "en": "Operator"}
c = t.staff.c


def operator_row(key: str, email: str, name: str, hashed: str) -> dict[str, Any]:
    """An operator as a row of ``staff``."""
    return {
        "municipality": INSTALLATION,
        "id": key,
        "email": email,
        "name": name,
        "title": _TITLE,
        "department_id": None,
        "roles": ["operator"],
        "capacity": 0,
        "password_hash": hashed,
    }


async def add_operator(database: Database, email: str, name: str, password: str, now: Callable[[], datetime]) -> None:
    """``email`` signs in as an operator with ``password``; one that exists gets the new name and password, and is signed out.

    Raises BadInput for what is no e-mail address and for a short password."""
    email = email.strip().lower()
    if "@" not in email.strip("@") or len(email) > 254 or len(email.split()) != 1:
        raise BadInput("that is no e-mail address")
    if mask(email).count:
        raise BadInput("the e-mail address holds what may be a CPR number")
    if len(password) < SHORTEST_PASSWORD:
        raise BadInput(f"the password needs {SHORTEST_PASSWORD} characters or more")
    row = operator_row(new_id(), email, short(name, 200) or email, hash_password(password))
    async with database.write() as connection:
        known = await connection.scalar(sa.select(c.id).where(c.municipality == INSTALLATION, c.email == email))
        if known:
            changed = {name: row[name] for name in ("name", "password_hash")} | {"active": True}
            await connection.execute(
                sa.update(t.staff).where(c.municipality == INSTALLATION, c.id == known).values(changed)
            )
            await _sign_out(connection, known)
        else:
            await connection.execute(sa.insert(t.staff), row)
        await connection.execute(sa.insert(t.audit), _entry("operator_added", known or row["id"], email, now()))


async def remove_operator(database: Database, email: str, now: Callable[[], datetime]) -> None:
    """``email`` is no operator any more, and is signed out. Raises NotFound."""
    async with database.write() as connection:
        found = await connection.scalar(
            sa.select(c.id).where(c.municipality == INSTALLATION, c.email == email.strip().lower(), c.active)
        )
        if found is None:
            raise NotFound
        here = (c.municipality == INSTALLATION) & (c.id == found)
        await connection.execute(sa.update(t.staff).where(here).values(active=False))
        await _sign_out(connection, found)
        await connection.execute(sa.insert(t.audit), _entry("operator_removed", found, email, now()))


async def list_operators(database: Database) -> list[tuple[str, str]]:
    """E-mail and name of each, by e-mail."""
    query = sa.select(c.email, c.name).where(c.municipality == INSTALLATION, c.active).order_by(c.email)
    async with database.read() as connection:
        return [(row.email, row.name) for row in await connection.execute(query)]


async def _sign_out(connection: Any, staff_id: str) -> None:
    s = t.session.c
    await connection.execute(sa.delete(t.session).where(s.municipality == INSTALLATION, s.staff_id == staff_id))


def _entry(action: str, staff_id: str, email: str, at: datetime) -> dict[str, Any]:
    detail = {"operator": staff_id, "email": email.strip().lower()}
    return {"municipality": INSTALLATION, "staff_id": "command line", "action": action, "detail": detail, "at": at}
