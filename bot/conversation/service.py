"""What every part of the conversation needs, in one place; made once by ``bot.app``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.calendar import OpeningHours, read_periods
from bot.conversation.thread import Thread
from bot.conversation.tokens import inquiry_token, new_id
from bot.errors import ModelUnavailable, SettingsError, UnknownMunicipality
from bot.hub import Hub
from bot.knowledge.service import KnowledgeService
from bot.settings import Settings
from bot.store import tables as t
from bot.store.database import Database
from bot.turn import TurnRequest, TurnResult


class TurnTaker(Protocol):
    """The worker pool, as the conversation knows it. ``turn`` raises a HotlineError or TimeoutError when it fails."""

    @property
    def ready(self) -> bool: ...

    @property
    def model_id(self) -> str | None: ...

    async def turn(self, request: TurnRequest, timeout_s: float) -> TurnResult: ...


class NoWorkers:
    """For commands that take no turns."""

    ready = False
    model_id: str | None = None

    async def turn(self, request: TurnRequest, timeout_s: float) -> TurnResult:
        raise ModelUnavailable


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Services:
    settings: Settings
    database: Database
    knowledge: KnowledgeService
    hub: Hub
    workers: TurnTaker
    key: bytes
    now: Callable[[], datetime] = utc_now
    process_id: str = field(default_factory=new_id)  # who holds a lease
    taught: asyncio.Event = field(default_factory=asyncio.Event)  # the knowledge base holds something to train on
    promised: asyncio.Event = field(default_factory=asyncio.Event)  # the outbox has something new to send
    troubles: dict[str, str] = field(
        default_factory=dict
    )  # channel -> what keeps it closed now, for /readyz and doctor

    def announce(self, thread: Thread) -> None:
        """Readers of the inquiry learn that ``thread`` was committed, and the outbox if it promised a delivery; in every process."""
        self.hub.publish(thread.municipality, thread.id, thread["rev"], bool(thread.outbox))
        if thread.outbox:
            self.promised.set()

    def token_of(self, inquiry: dict[str, Any]) -> str:
        return inquiry_token(self.key, inquiry["municipality"], inquiry["id"], inquiry["generation"])

    def link_of(self, inquiry: dict[str, Any]) -> str:
        """The secret link; the token stands in the fragment, which browsers send to no server."""
        return f"{self.settings.base_url}/i/#{self.token_of(inquiry)}"


async def find_municipality(connection: AsyncConnection, code: str) -> dict[str, Any]:
    """The municipality's row; raises UnknownMunicipality."""
    found = (await connection.execute(sa.select(t.municipality).where(t.municipality.c.code == code))).first()
    if found is None:
        raise UnknownMunicipality
    return dict(found._mapping)


async def check_opening_hours(database: Database) -> None:
    """Every municipality's opening hours can be counted in. Raises SettingsError, saying whose cannot and why."""
    async with database.read() as connection:
        rows = (await connection.execute(sa.select(t.municipality))).all()
    for row in rows:
        try:
            opening_hours(dict(row._mapping))
        except (ValueError, TypeError, AttributeError) as error:
            raise SettingsError(f"municipality {row.code}: {error}") from error


def opening_hours(municipality: dict[str, Any]) -> OpeningHours:
    return OpeningHours(
        periods=read_periods(municipality["opening_hours"]),
        closed=frozenset(date.fromisoformat(day) for day in municipality["closing_days"]),
        open_anyway=frozenset(date.fromisoformat(day) for day in municipality["open_days"]),
    )
