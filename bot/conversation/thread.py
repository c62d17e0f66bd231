"""The one place that writes to an inquiry: loads its row for update, collects changes, writes them in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.direction import straight
from bot.errors import NotFound
from bot.masking import mask
from bot.searching import COLUMNS, searched
from bot.store import tables as t

_FOR_UPDATE = sa.select(t.inquiry).where(
    t.inquiry.c.municipality == sa.bindparam("m"), t.inquiry.c.id == sa.bindparam("i")
)
_FIND = sa.select(t.inquiry).where(t.inquiry.c.id == sa.bindparam("i"))


@dataclass(slots=True)
class Thread:
    """An inquiry inside a write transaction. Nothing is stored before :meth:`save`."""

    connection: AsyncConnection
    row: dict[str, Any]
    now: datetime
    changes: dict[str, Any] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    turns: list[dict[str, Any]] = field(default_factory=list)
    outbox: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    async def load(cls, connection: AsyncConnection, municipality: str, inquiry_id: str, now: datetime) -> Thread:
        """The inquiry, locked until the transaction ends; raises NotFound."""
        found = (await connection.execute(_FOR_UPDATE.with_for_update(), {"m": municipality, "i": inquiry_id})).first()
        if found is None:
            raise NotFound
        return cls(connection, dict(found._mapping), now)

    def __getitem__(self, column: str) -> Any:
        return self.changes[column] if column in self.changes else self.row[column]

    def set(self, **columns: Any) -> None:
        """The columns have these values; texts without what turns the direction of writing."""
        texts = {name: straight(value) for name, value in columns.items() if isinstance(value, str)}
        self.changes.update(columns | texts)

    @property
    def municipality(self) -> str:
        return str(self.row["municipality"])

    @property
    def id(self) -> str:
        return str(self.row["id"])

    def next_rev(self) -> int:
        self.changes["rev"] = self["rev"] + 1
        return int(self.changes["rev"])

    def add(
        self,
        author: str,
        text: str,
        *,
        internal: bool = False,
        staff_id: str | None = None,
        channel: str | None = None,
        body: dict[str, Any] | None = None,
        article: str | None = None,
        article_version: str | None = None,
        client_id: str | None = None,
        deliver: bool = True,
    ) -> dict[str, Any]:
        """Append a message and return its row. Public ones take the next ``seq`` and, on channels that must be sent to, an
        outbox entry. CPR numbers are masked here once more, so that no door can forget it."""
        rev = self.next_rev()
        if not internal:
            self.changes["last_seq"] = self["last_seq"] + 1
        row = {
            "municipality": self.municipality,
            "inquiry_id": self.id,
            "id": rev,
            "seq": None if internal else self["last_seq"],
            "rev": rev,
            "author": author,
            "internal": internal,
            "staff_id": staff_id,
            "channel": channel or self["channel"],
            "text": mask(straight(text)).text if author in ("inquirer", "staff") else straight(text),
            "body": body,
            "article": article,
            "article_version": article_version,
            "helped": None,
            "client_id": client_id,
            "at": self.now,
        }
        self.messages.append(row)
        if not internal:
            self.changes["last_message_at"] = self.now
            if deliver and author != "inquirer" and self["channel"] == "telegram":
                self.deliver(rev)
        return row

    def deliver(self, message_id: int) -> None:
        """Promise to send a message to the inquirer's channel; the promise commits with its cause."""
        self.outbox.append(
            {
                "municipality": self.municipality,
                "inquiry_id": self.id,
                "message_id": message_id,
                "channel": self["channel"],
                "address": self["identity"].partition(":")[2],
                "status": "pending",
                "due_at": self.now,
                "created_at": self.now,
            }
        )

    def ask_turn(self, *, message_id: int | None, choice: str | None, leased_by: str, leased_until: datetime) -> bool:
        """Queue a turn. True when it is the inquiry's only open one: it is leased to the caller, who must run it."""
        mine = self["open_turns"] == 0
        self.changes["open_turns"] = self["open_turns"] + 1
        self.turns.append(
            {
                "municipality": self.municipality,
                "inquiry_id": self.id,
                "id": message_id if message_id is not None else self.next_rev(),
                "message_id": message_id,
                "choice": choice,
                "status": "open",
                "attempts": 0,
                "leased_by": leased_by if mine else None,
                "leased_until": leased_until if mine else None,
                "at": self.now,
            }
        )
        return mine

    async def save(self) -> None:
        if self.changes.keys() & set(COLUMNS):
            self.changes["searched"] = searched({**self.row, **self.changes})
        if self.changes:
            await self.connection.execute(
                sa.update(t.inquiry)
                .where(t.inquiry.c.municipality == self.municipality, t.inquiry.c.id == self.id)
                .values(**self.changes)
            )
        for table, rows in ((t.message, self.messages), (t.turn, self.turns), (t.outbox, self.outbox)):
            if rows:
                await self.connection.execute(sa.insert(table), rows)


async def find_inquiry(connection: AsyncConnection, inquiry_id: str) -> dict[str, Any] | None:
    """The inquiry with this id in any municipality; for callers that then check a token made for it."""
    found = (await connection.execute(_FIND, {"i": inquiry_id})).first()
    return dict(found._mapping) if found else None
