"""Runs turns: one at a time per inquiry, in order, outside any transaction; then applies what came out, or drops it.

A turn's row is leased for a while. Whoever finishes it leases the next of the inquiry in the same transaction; an expired
lease is taken over by any process, and a turn that failed twice is handed to a person (docs/domain.md).
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from bot.conversation.effects import apply_result
from bot.conversation.service import Services
from bot.conversation.thread import Thread
from bot.errors import HotlineError, StoreUnavailable
from bot.lifecycle import Status
from bot.store import tables as t
from bot.turn import HITS, SKIP, Button, DialogueState, Escalation, Say, TurnRequest, TurnResult

log = structlog.get_logger()
MAX_ATTEMPTS = 2
_SILENT = {Status.WITH_CONTACT, Status.RESOLVED}


class _ClosedElsewhere(Exception):
    """Our lease expired and another process finished the turn: its result stands, ours is rolled back."""


class TurnRunner:
    """Owns a task per inquiry that has open turns in this process."""

    def __init__(self, services: Services):
        self.services = services
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, inquiry: dict[str, Any], turn: dict[str, Any], message: dict[str, Any] | None) -> None:
        """Run a turn leased to this process, and those that wait behind it."""
        task = asyncio.create_task(self._drain(inquiry, turn, message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def idle(self) -> None:
        """Return when no turn runs in this process."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def release_own(self) -> None:
        """On SQLite this is the only process: leases of the one before it are void."""
        async with self.services.database.write() as connection:
            await connection.execute(
                sa.update(t.turn).where(t.turn.c.status == "open").values(leased_until=self.services.now())
            )

    async def sweep(self) -> int:
        """Take over expired turns of any process; returns how many were started."""
        now = self.services.now()
        c = t.turn.c
        earlier = t.turn.alias()
        is_first = ~sa.exists().where(
            earlier.c.municipality == c.municipality,
            earlier.c.inquiry_id == c.inquiry_id,
            earlier.c.status == "open",
            earlier.c.id < c.id,
        )
        waits = now - timedelta(seconds=self.services.settings.turn_lease_s)
        expired = (
            sa.select(t.turn)
            .where(
                c.status == "open", sa.or_(c.leased_until <= now, c.leased_until.is_(None) & (c.at <= waits)), is_first
            )
            .order_by(c.at)
            .limit(100)
        )
        started = 0
        async with self.services.database.read() as connection:
            rows = (await connection.execute(expired)).all()
        for row in rows:
            async with self.services.database.write() as connection:
                thread = await Thread.load(connection, row.municipality, row.inquiry_id, now)
                leased = await connection.execute(
                    self._lease(row.municipality, row.inquiry_id, row.id, row.leased_until)
                )
            if leased.rowcount == 1:
                self.start(thread.row, dict(row._mapping), None)
                started += 1
        return started

    def _lease(self, municipality: str, inquiry_id: str, turn_id: int, seen: Any) -> sa.Update:
        c = t.turn.c
        until = self.services.now() + timedelta(seconds=self.services.settings.turn_lease_s)
        held = c.leased_until.is_(None) if seen is None else c.leased_until == seen
        return (
            sa.update(t.turn)
            .where(
                c.municipality == municipality, c.inquiry_id == inquiry_id, c.id == turn_id, c.status == "open", held
            )
            .values(leased_by=self.services.process_id, leased_until=until)
        )

    async def _drain(
        self, inquiry: dict[str, Any], turn: dict[str, Any] | None, message: dict[str, Any] | None
    ) -> None:
        try:
            while turn is not None:
                under_way = turn
                try:
                    inquiry, turn = await self._run(inquiry, under_way, message)
                except StoreUnavailable:
                    raise
                except _ClosedElsewhere:
                    return
                except Exception:  # every message gets an answer: a defect costs a retry, then a person
                    log.exception("turn_crashed", inquiry=inquiry["id"])
                    if under_way["attempts"] >= MAX_ATTEMPTS:
                        return  # even the hand-over failed: the sweep tries it again when the lease has expired
                    inquiry, turn = await self._failed(inquiry, under_way)
                message = None
        except StoreUnavailable:
            # The turn stays open; its lease expires and the sweep takes it up again.
            log.warning("turn_postponed", inquiry=inquiry["id"], reason="store_unavailable")

    async def _run(
        self, inquiry: dict[str, Any], turn: dict[str, Any], message: dict[str, Any] | None
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Take one turn and return the inquiry as it now is and the next open turn, leased, or None."""
        services = self.services
        result = None
        if inquiry["status"] not in _SILENT:
            request = await self._request(inquiry, turn, message)
            result = await self._ask(request, turn)
            if result is None:
                return await self._failed(inquiry, turn)
        async with services.database.write() as connection:
            thread = await Thread.load(connection, inquiry["municipality"], inquiry["id"], services.now())
            # A staff member may have taken it while the model was thinking.
            if (
                result is not None
                and thread["status"] == inquiry["status"]
                and thread["state_version"] == inquiry["state_version"]
            ):
                await apply_result(services, thread, result)
            elif thread["status"] not in _SILENT:
                # Escalated or given back meanwhile: the turn is taken again as things are now.
                return dict(thread.row), turn
            else:
                result = None  # silent: what the bot would have said is dropped
            next_turn = await self._close(thread, turn, result)
            await thread.save()
        services.announce(thread)
        return {**thread.row, **thread.changes}, next_turn

    async def _request(
        self, inquiry: dict[str, Any], turn: dict[str, Any], message: dict[str, Any] | None
    ) -> TurnRequest:
        text = message["text"] if message else None
        async with self.services.database.read() as connection:
            if message is None and turn["message_id"] is not None and turn["choice"] is None:
                m = t.message.c
                text = await connection.scalar(
                    sa.select(m.text).where(
                        m.municipality == turn["municipality"],
                        m.inquiry_id == turn["inquiry_id"],
                        m.id == turn["message_id"],
                    )
                )
            here = await self.services.knowledge.of(connection, inquiry["municipality"])
        return TurnRequest(
            municipality=inquiry["municipality"],
            text=None if turn["choice"] else text,
            choice=turn["choice"],
            state=DialogueState.from_json(inquiry["state"]),
            status="waiting" if inquiry["status"] == Status.WAITING else "with_bot",
            language=inquiry["language"],
            unavailable=here.unavailable,
            incomplete=here.incomplete,
        )

    async def _ask(self, request: TurnRequest, turn: dict[str, Any]) -> TurnResult | None:
        if turn["attempts"] >= MAX_ATTEMPTS:
            return failure_result(request)
        try:
            return await self.services.workers.turn(request, self.services.settings.turn_timeout_s)
        except (HotlineError, TimeoutError) as error:
            log.warning("turn_failed", inquiry=turn["inquiry_id"], turn=turn["id"], error=type(error).__name__)
            return None

    async def _failed(self, inquiry: dict[str, Any], turn: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        turn = {**turn, "attempts": turn["attempts"] + 1}
        c = t.turn.c
        async with self.services.database.write() as connection:
            await connection.execute(
                sa.update(t.turn)
                .where(c.municipality == turn["municipality"], c.inquiry_id == turn["inquiry_id"], c.id == turn["id"])
                .values(attempts=turn["attempts"])
            )
        return inquiry, turn

    async def _close(self, thread: Thread, turn: dict[str, Any], result: TurnResult | None) -> dict[str, Any] | None:
        c = t.turn.c
        here = (c.municipality == thread.municipality) & (c.inquiry_id == thread.id)
        understood = result.to_json()["understanding"] if result and not turn["choice"] else None
        if understood:
            # A value that was typed (a phone number, an address) stays in the message only, where erasing finds it.
            understood["entities"] = [
                {k: e[k] for k in ("entity", "start", "end") if k in e} for e in understood["entities"]
            ]
            for name in HITS:
                understood[name] = understood[name][:5]
        closed = await _mark_done(thread, here & (c.id == turn["id"]) & (c.status == "open"), result, understood)
        if not closed:  # taken over by another process after our lease expired; its result stands
            raise _ClosedElsewhere
        left = thread["open_turns"] - 1
        thread.set(open_turns=left)
        if left <= 0:
            return None
        following = (
            await thread.connection.execute(sa.select(t.turn).where(here, c.status == "open").order_by(c.id).limit(1))
        ).first()
        if following is None:
            return None
        await thread.connection.execute(
            self._lease(thread.municipality, thread.id, following.id, following.leased_until)
        )
        return dict(following._mapping)


async def _mark_done(thread: Thread, where: Any, result: TurnResult | None, understood: Any) -> bool:
    closed = await thread.connection.execute(
        sa.update(t.turn)
        .where(where)
        .values(
            status="done",
            leased_until=None,
            done_at=thread.now,
            decision=result.decision if result else None,
            understanding=understood,
            answered=result.answered if result else None,
            model=result.model if result else None,
        )
    )
    return bool(closed.rowcount == 1)


def failure_result(request: TurnRequest) -> TurnResult:
    """What happens when understanding failed twice: a person takes over, and the contact form begins."""
    state = request.state
    says = [] if state.disclosed else [Say(text="disclosure")]
    says.append(Say(text="escalated_failure"))
    if request.status == "with_bot" and state.form_field is None:
        says.append(Say(text="form_name", buttons=[Button(SKIP, "form_skip")]))
        state.form_field = "name"
    state.disclosed = state.escalated = True
    return TurnResult("Escalate", says, state, Escalation("failure", state.last_area))
