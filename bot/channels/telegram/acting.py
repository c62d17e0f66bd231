"""Acts on stored updates: those of one chat in order, each until it is done or was set aside, none holding up another chat.

An update is leased while it is acted on. After a crash the lease expires and it is acted on once more; ids made of the
update's own (``tg:<update_id>``) keep a second try from storing anything twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from bot.channels.telegram.arriving import unfinished
from bot.channels.telegram.conversing import Conversing
from bot.conversation.service import Services
from bot.errors import StoreUnavailable, TooMany
from bot.store import tables as t

log = structlog.get_logger()
MAX_ATTEMPTS = 5
LEASE = timedelta(seconds=60)
STORE_PAUSE = timedelta(seconds=5)
BATCH = 20
SWEEP_S = 1.0


class Acting:
    def __init__(self, services: Services, conversing: Conversing):
        self.services = services
        self.conversing = conversing
        self.woken = asyncio.Event()

    async def run(self, municipality: str) -> None:
        """Forever: what was stored is acted on at once, what another process left or failed when its lease is over."""
        while True:
            try:
                while await self.act_due(municipality):
                    pass
            except StoreUnavailable:
                log.warning("store_unavailable", work="telegram_updates")
            except Exception:  # a defect in one round must not close the channel
                log.exception("telegram_updates_failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.woken.wait(), SWEEP_S)
            self.woken.clear()

    async def close(self) -> None:
        await self.conversing.close()

    async def release_own(self, municipality: str) -> None:
        """On SQLite this is the only process: leases of the one before it are void."""
        async with self.services.database.write() as connection:
            await connection.execute(
                sa.update(t.inbound).where(unfinished(municipality, MAX_ATTEMPTS)).values(leased_until=None)
            )

    async def act_due(self, municipality: str) -> int:
        """The first open update of every chat was tried; returns how many that were."""
        rows = await self._claim(municipality)
        outcomes = await asyncio.gather(*(self._act(row) for row in rows), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return len(rows)

    async def _claim(self, municipality: str) -> list[dict[str, Any]]:
        now = self.services.now()
        c = t.inbound.c
        number = sa.cast(c.external_id, sa.BigInteger)
        earlier = t.inbound.alias()
        is_first = ~sa.exists().where(
            earlier.c.municipality == c.municipality,
            earlier.c.channel == c.channel,
            earlier.c.source == c.source,
            earlier.c.done_at.is_(None),
            earlier.c.attempts < MAX_ATTEMPTS,
            sa.cast(earlier.c.external_id, sa.BigInteger) < number,
        )
        due = (
            sa.select(t.inbound)
            .where(unfinished(municipality, MAX_ATTEMPTS), sa.or_(c.leased_until.is_(None), c.leased_until <= now))
            .where(is_first)
            .order_by(number)
            .limit(BATCH)
        )
        async with self.services.database.read() as connection:
            if (await connection.execute(due.limit(1))).first() is None:
                return []
        async with self.services.database.write() as connection:
            rows = (await connection.execute(due.with_for_update(skip_locked=True))).all()
            for row in rows:
                await connection.execute(
                    sa.update(t.inbound)
                    .where(_is(dict(row._mapping)))
                    .values(attempts=c.attempts + 1, leased_until=now + LEASE)
                )
        return [{**row._mapping, "attempts": row.attempts + 1} for row in rows]

    async def _act(self, row: dict[str, Any]) -> None:
        now, values = self.services.now(), {"attempts": row["attempts"], "leased_until": None, "error": None}
        try:
            await self.conversing.act(row["municipality"], row["body"])
            values["done_at"] = self.services.now()
        except TooMany as slow:
            # Nothing is thrown away: a flood is acted on as slowly as the limits allow.
            values |= {
                "attempts": row["attempts"] - 1,
                "leased_until": now + timedelta(seconds=slow.retry_after_s or 1),
            }
        except StoreUnavailable:
            values |= {"attempts": row["attempts"] - 1, "leased_until": now + STORE_PAUSE}
        except Exception as error:  # an update that fails is set aside and holds up nobody
            values |= {
                "leased_until": now + timedelta(seconds=2 ** row["attempts"]),
                "error": type(error).__name__[:80],
            }
            set_aside = row["attempts"] >= MAX_ATTEMPTS
            log.exception("telegram_update_failed", update=row["external_id"], set_aside=set_aside)
        async with self.services.database.write() as connection:
            await connection.execute(sa.update(t.inbound).where(_is(row)).values(**values))


def _is(row: dict[str, Any]) -> sa.ColumnElement[bool]:
    c = t.inbound.c
    return sa.and_(
        c.municipality == row["municipality"], c.channel == row["channel"], c.external_id == row["external_id"]
    )
