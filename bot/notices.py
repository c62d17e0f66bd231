"""Several processes on one database: what one commits wakes who waits at the others.

On PostgreSQL by LISTEN and NOTIFY over one connection of this process, which is never in a transaction: one would hold
notices back. A notice names inquiries and never holds text. It may get lost, so every few seconds the database is asked
whether anything changed for those who wait here. On SQLite one process serves, but commands write beside it:
``PRAGMA data_version`` tells of their commits.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import sqlalchemy as sa
import structlog

from bot.errors import StoreUnavailable
from bot.hub import Change, Hub
from bot.lifecycle import Status
from bot.store import tables as t
from bot.store.database import Database

log = structlog.get_logger()
CHANNEL = "hotline_changes"
GATHER_S = 0.01  # a burst of commits is told at once
LOOK_S = 5.0
SQLITE_LOOK_S = 2.0  # costs one pragma while nothing changes
MAX_BYTES = 7_999  # of a payload; PostgreSQL refuses more
MAX_PENDING = 10_000  # while the connection is lost; what is left out the others find by looking
FIRST_RETRY_S, LAST_RETRY_S = 0.2, 10.0
LOOK_BACK = timedelta(minutes=10)
_CHUNK = 500


class Notices:
    """Carries what ``hub`` publishes to the other processes on ``database``, and theirs to ``hub``."""

    def __init__(self, database: Database, hub: Hub, promised: Callable[[], None], now: Callable[[], datetime]):
        """``promised`` wakes this process's outbox."""
        self._database, self._hub, self._promised, self._now = database, hub, promised, now
        self._pending: dict[tuple[str, str], Change] = {}
        self._news = asyncio.Event()  # something to tell, or the connection is lost
        self._known: dict[tuple[str, str], int] = {}  # the rev that who waits here has been woken for
        self._connection: asyncpg.Connection[Any] | None = None
        self._claimed: set[str] = set()
        self._speaking = asyncio.Lock()  # asyncpg takes one statement at a time
        hub.relay = self.tell

    async def run(self) -> None:
        """Until cancelled: changes go out and come in; after a lost connection everybody who waits reads from the database."""
        if self._database.is_sqlite:
            await self._watch()
        else:
            await asyncio.gather(self._watch(), self._talk())

    def tell(self, change: Change) -> None:
        """The other processes hear of ``change``, which is committed, at once or when the connection is back."""
        key = (change.municipality, change.inquiry_id)
        self._known[key] = max(change.rev, self._known.get(key, 0))
        if self._database.is_sqlite:
            return
        earlier = self._pending.get(key)
        if earlier is None and len(self._pending) >= MAX_PENDING:
            return
        if earlier is not None:
            change = change._replace(rev=max(change.rev, earlier.rev), promised=change.promised or earlier.promised)
        self._pending[key] = change
        self._news.set()

    async def claim(self, work: str) -> bool:
        """Whether this process is the one that does ``work``, among all on the database; held while its connection lives."""
        if self._database.is_sqlite or work in self._claimed:
            return True
        connection = self._connection
        if connection is None:
            return False
        try:
            async with self._speaking:
                won = await connection.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", f"{CHANNEL}:{work}")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return False
        if won and connection is self._connection:
            self._claimed.add(work)
        return work in self._claimed

    async def _talk(self) -> None:
        pause_s = FIRST_RETRY_S
        while True:
            try:
                async with self._database.alone() as connection:
                    await self._listen(connection)
                    pause_s = FIRST_RETRY_S
                    await self._send(connection)
            except (StoreUnavailable, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.warning("notices_lost", error=type(error).__name__)
            except Exception:  # whatever it is, the look at the database goes on and so does this
                log.exception("notices_failed")
            finally:
                self._connection = None
                self._claimed.clear()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LAST_RETRY_S)

    async def _listen(self, connection: asyncpg.Connection[Any]) -> None:
        """From now on notices come in; what came before is read from the database by whom it concerns."""
        # A notice is nothing that a crash of the database must keep: without the wait for its disk it is sooner there.
        await connection.execute(f"SET application_name = '{CHANNEL}'; SET synchronous_commit = off")
        connection.add_termination_listener(lambda _: self._news.set())
        await connection.add_listener(CHANNEL, self._heard)
        self._connection = connection
        self._hub.wake_all()
        self._promised()

    async def _send(self, connection: asyncpg.Connection[Any]) -> None:
        while not connection.is_closed():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), LOOK_S)
            await asyncio.sleep(GATHER_S)
            self._news.clear()
            batch, self._pending = self._pending, {}
            try:
                async with self._speaking:
                    if not batch:
                        await connection.execute("SELECT 1")  # a line that broke silently is noticed by its time-out
                    for payload in payloads(batch.values()):
                        await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)
            except BaseException:
                self._pending = batch | self._pending
                raise

    def _heard(self, connection: Any, sender: int, _channel: str, payload: object) -> None:
        if sender == connection.get_server_pid():
            return
        try:
            changes = [Change(*fields) for fields in json.loads(str(payload))]
        except (ValueError, TypeError):
            log.warning("notice_unreadable", sender=sender)
            return
        for change in changes:
            key = (change.municipality, change.inquiry_id)
            self._known[key] = max(change.rev, self._known.get(key, 0))
            self._hub.wake(*key)
        if any(change.promised for change in changes):
            self._promised()

    async def _watch(self) -> None:
        pause_s = SQLITE_LOOK_S if self._database.is_sqlite else LOOK_S
        while True:
            try:
                async with contextlib.AsyncExitStack() as stack:
                    watched = None
                    if self._database.is_sqlite:
                        watched = await stack.enter_async_context(self._database.alone())
                    version = None
                    while True:
                        await asyncio.sleep(pause_s)
                        seen = None if watched is None else await _data_version(watched)
                        if seen is None or seen != version:
                            await self.look()
                        version = seen
            except StoreUnavailable:
                log.warning("store_unavailable", work="look_for_changes")
            except Exception:  # nobody may stay deaf because one look failed
                log.exception("look_for_changes_failed")
            await asyncio.sleep(pause_s)

    async def look(self) -> None:
        """Who waits here was woken for every change that no notice told of."""
        found: dict[tuple[str, str], int] = {}
        recent = self._now() - 2 * timedelta(seconds=LOOK_S)
        inquiries, consoles = self._hub.waiting()
        async with self._database.read() as connection:
            for query in _queries(inquiries, consoles, self._now() - LOOK_BACK):
                for row in await connection.execute(query):
                    key = (row.municipality, row.id)
                    known = self._known.get(key)
                    # Who began to wait since the last look has read the inquiry then or later; a console has not.
                    is_new = known is None and (key in inquiries or row.last_message_at >= recent)
                    if is_new or (known is not None and row.rev > known):
                        self._hub.wake(*key)
                    found[key] = max(row.rev, known or 0)
        self._known = found


async def _data_version(connection: Any) -> int:
    return int((await connection.exec_driver_sql("PRAGMA data_version")).scalar_one())


def _queries(inquiries: set[tuple[str, str]], consoles: set[str], since: datetime) -> Iterator[sa.Select[Any]]:
    """What those who wait here may see: by primary key, and for consoles what is open or was of late."""
    c = t.inquiry.c
    columns = sa.select(c.municipality, c.id, c.rev, c.last_message_at)
    keys = sorted(inquiries)
    for start in range(0, len(keys), _CHUNK):
        yield columns.where(sa.tuple_(c.municipality, c.id).in_(keys[start : start + _CHUNK]))
    for municipality in sorted(consoles):
        is_open = c.status.in_([status for status in Status if status is not Status.RESOLVED])
        yield columns.where(c.municipality == municipality, sa.or_(is_open, c.last_message_at >= since))


def payloads(changes: Iterable[Change]) -> Iterator[str]:
    """The changes as JSON, in as few texts as the limit of a notice allows."""
    texts: list[str] = []
    size = 2
    for change in changes:
        text = json.dumps(change, separators=(",", ":"))
        if texts and size + len(text) + 1 > MAX_BYTES:  # ASCII: a letter is a byte
            yield f"[{','.join(texts)}]"
            texts, size = [], 2
        texts.append(text)
        size += len(text) + 1
    if texts:
        yield f"[{','.join(texts)}]"
