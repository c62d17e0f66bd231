"""Promised deliveries: claimed in the database, sent outside any transaction, retried with growing pauses.

Telegram takes no idempotency key. A crash between sending and recording leaves ``in_flight`` set; the entry is then sent
once more and counted as ``maybe_doubled`` (docs/domain.md, invariant 2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from bot.conversation.delivering import note_delivery
from bot.conversation.service import Services
from bot.store import tables as t

log = structlog.get_logger()
MAX_ATTEMPTS = 12
LEASE = timedelta(seconds=60)
BATCH = 20


class Undeliverable(Exception):
    """The channel will never take it (the user blocked the bot). ``args[0]`` is a short code without personal data."""


class TryLater(Exception):
    """The channel asks to wait ``seconds``."""

    def __init__(self, seconds: float):
        super().__init__(seconds)
        self.seconds = seconds


class MaybeSent(Exception):
    """The connection broke after the channel may have taken it: it is sent once more and counted. ``args[0]`` is a short code."""


# Sends the message of an entry and returns the channel's id of it.
Sender = Callable[[dict[str, Any]], Awaitable[str]]


class Outbox:
    def __init__(self, services: Services, senders: dict[str, Sender]):
        self.services = services
        self.senders = senders
        self.woken = services.promised

    async def deliver_due(self) -> int:
        """Every entry that is due was tried, of one address in the order promised; returns how many tries that were."""
        if not self.senders:
            return 0
        tried = 0
        while entries := await self._claim():
            await asyncio.gather(*(self._deliver(entry) for entry in entries))
            tried += len(entries)
        return tried

    async def _claim(self) -> list[dict[str, Any]]:
        now = self.services.now()
        o = t.outbox.c
        due = (
            sa.select(t.outbox)
            .where(o.status == "pending", o.due_at <= now, sa.or_(o.leased_until.is_(None), o.leased_until < now))
            .where(o.channel.in_(self.senders))
            .order_by(o.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        async with self.services.database.write() as connection:
            earlier = t.outbox.alias()
            # Only the first pending entry of an address: the order of a conversation is part of what is promised.
            first = ~sa.exists().where(
                earlier.c.channel == o.channel,
                earlier.c.address == o.address,
                earlier.c.status == "pending",
                earlier.c.id < o.id,
            )
            rows = (await connection.execute(due.where(first))).all()
            entries = [dict(row._mapping) for row in rows]
            if entries:
                ids = [entry["id"] for entry in entries]
                await connection.execute(
                    sa.update(t.outbox)
                    .where(o.id.in_(ids))
                    .values(
                        leased_until=now + LEASE,
                        attempts=o.attempts + 1,
                        maybe_doubled=sa.or_(o.maybe_doubled, o.in_flight),
                        in_flight=True,
                    )
                )
        return entries

    async def _deliver(self, entry: dict[str, Any]) -> None:
        values: dict[str, Any] = {"in_flight": False, "leased_until": None}
        try:
            external_id = await self.senders[entry["channel"]](entry)
            values |= {"status": "sent", "sent_at": self.services.now(), "external_id": external_id, "error": None}
        except Undeliverable as error:
            values |= {"status": "failed", "error": str(error)[:80]}
        except TryLater as error:
            values |= {"due_at": self.services.now() + timedelta(seconds=error.seconds)}
        except Exception as error:  # whatever it is, the promise stands and is tried again
            log.warning("delivery_failed", entry=entry["id"], error=type(error).__name__)
            values["in_flight"] = isinstance(error, MaybeSent)
            pause = timedelta(seconds=min(2 ** entry["attempts"], 3600))
            values |= {"due_at": self.services.now() + pause, "error": type(error).__name__[:80]}
            if entry["attempts"] + 1 >= MAX_ATTEMPTS:
                values["status"] = "failed"
        thread = None
        async with self.services.database.write() as connection:
            await connection.execute(sa.update(t.outbox).where(t.outbox.c.id == entry["id"]).values(**values))
            # Told when it fails, when it is first in trouble, and when it arrives after that.
            status, first = values.get("status", "pending"), entry["attempts"] == 0
            if status == "failed" or (entry["error"] if status == "sent" else first and values.get("error")):
                thread = await note_delivery(connection, entry, status, self.services.now())
        if thread is not None:
            self.services.announce(thread)
