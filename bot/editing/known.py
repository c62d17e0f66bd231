"""What the hotline knows of the people in its inquiries, so that nothing of it stays in a text that leaves the thread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.editing.cleaning import Known
from bot.store import tables as t

i, b, s = t.inquiry.c, t.business.c, t.staff.c


async def known_of(connection: AsyncConnection, municipality: str, inquiry_id: str) -> Known:
    """What is known of the people of one inquiry."""
    return (await read_known(connection, municipality, [inquiry_id]))[inquiry_id]


async def read_known(connection: AsyncConnection, municipality: str, inquiry_ids: Collection[str]) -> dict[str, Known]:
    """Of each inquiry the names and contact data that the inquirer gave in it and in their other inquiries, the company's name, and the
    names of the municipality's staff."""
    inquiries = await _read(connection, municipality, i.id.in_(inquiry_ids))
    identities = {row.identity for row in inquiries if row.identity}
    related = await _read(
        connection,
        municipality,
        i.id.in_({row.previous_id for row in inquiries if row.previous_id}) | i.identity.in_(identities),
    )
    by_key: dict[str, list[Any]] = defaultdict(list)
    for row in related:
        by_key[row.id].append(row)
        by_key[row.identity].append(row)
    names = await connection.execute(sa.select(s.name).where(s.municipality == municipality))
    staff = Known.of(names.scalars())
    found = dict.fromkeys(inquiry_ids, staff)
    for row in inquiries:
        rows = [row, *by_key[row.previous_id], *(by_key[row.identity] if row.identity else ())]
        given = [text for one in rows for text in (one.contact_email, one.company, one.business)]
        known = Known.of([one.contact_name for one in rows], given)
        found[row.id] = Known(known.people | staff.people, known.others)
    return found


async def _read(connection: AsyncConnection, municipality: str, which: sa.ColumnElement[bool]) -> list[Any]:
    query = (
        sa.select(i.id, i.identity, i.previous_id, i.contact_name, i.contact_email, i.company, b.name.label("business"))
        .outerjoin(t.business, (b.municipality == i.municipality) & (b.cvr == i.cvr))
        .where(i.municipality == municipality, which)
    )
    return list((await connection.execute(query)).all())
