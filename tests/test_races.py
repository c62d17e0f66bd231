"""Two at once: takes, a take-over in mid-turn, kills of a worker and of the server."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot.conversation.people import People
from bot.conversation.receiving import Receiving
from bot.conversation.service import Services
from bot.conversation.turns import TurnRunner
from bot.errors import HotlineError, TakenByOther
from bot.store import tables as t
from bot.turn import TurnRequest, TurnResult
from bot.understanding.worker.pool import WorkerPool
from bot.web.keys import PEOPLE
from tests.conftest import ServicesMaker, eventually, rows
from tests.inquirer import Inquirer, client_id, staff_member

QUESTION = "skal man have byggetilladelse til et skur på 20 kvm bag værkstedet"
STAFF = ("byg", "plan", "koordinator")


async def test_of_a_thousand_simultaneous_takes_one_wins(database_url: str, make_services: ServicesMaker) -> None:
    services = await make_services(database_url)
    turns = TurnRunner(services)
    receiving, people = Receiving(services, turns), People(services)
    opened = await receiving.open("0000", channel="web")
    await receiving.receive("0000", opened.inquiry["id"], text="jeg vil tale med et menneske")
    await turns.idle()
    async with services.database.write() as connection:
        await connection.execute(
            sa.update(t.inquiry).values(area="building", department_id="byg", owner_id="byg", acting_id="byg")
        )
    members = [await staff_member(services, name) for name in STAFF]

    async def take(number: int) -> str:
        member = members[number % len(members)]
        try:
            await people.take(member, opened.inquiry["id"])
        except TakenByOther as error:
            return f"lost to {error.detail}"
        return f"won by {member.name}"

    results = await asyncio.gather(*(take(n) for n in range(1000)))
    (winner,) = {result.removeprefix("won by ") for result in results if result.startswith("won")}
    assert sum(result.startswith("won") for result in results) == 1
    assert set(results) == {f"won by {winner}", f"lost to {winner}"}
    told = await rows(
        services, t.message, t.message.c.author == "system", t.message.c.body["kind"].as_string() == "taken_over"
    )
    assert len(told) == 1


class Thinking:
    """A worker pool whose next turn waits until the test lets it go on."""

    def __init__(self, pool: WorkerPool):
        self.pool = pool
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()
        self.ready, self.model_id = True, "thinking"

    async def turn(self, request: TurnRequest, timeout_s: float) -> TurnResult:
        self.begun.set()
        await self.go_on.wait()
        return await self.pool.turn(request, timeout_s)


async def test_a_take_over_during_a_turn_leaves_the_bots_reply_unsent(
    sqlite_url: str,
    make_services: ServicesMaker,
    pool: WorkerPool,
    serve: Callable[[Services], Awaitable[TestClient[Any, Any]]],
) -> None:
    thinking = Thinking(pool)
    services = await make_services(sqlite_url, workers=thinking)
    client = await serve(services)
    business = Inquirer(client)
    await business.open(QUESTION)
    await thinking.begun.wait()
    await client.app[PEOPLE].take(await staff_member(services, "koordinator"), business.id)  # type: ignore[union-attr,index]
    thinking.go_on.set()
    await business.answered()
    assert [m["author"] for m in business.thread["messages"]] == ["inquirer", "system"]
    assert [(turn.status, turn.decision) for turn in await rows(services, t.turn)] == [("done", None)]


class Failing:
    """A worker pool that fails as often as it is told, then works."""

    def __init__(self, pool: WorkerPool, times: int):
        self.pool, self.left = pool, times
        self.ready, self.model_id = True, "failing"

    async def turn(self, request: TurnRequest, timeout_s: float) -> TurnResult:
        if self.left > 0:
            self.left -= 1
            raise HotlineError("failed on purpose")
        return await self.pool.turn(request, timeout_s)


@pytest.mark.parametrize(("failures", "status"), [(1, "with_bot"), (2, "waiting")])
async def test_a_turn_that_failed_once_is_taken_again_and_one_that_failed_twice_goes_to_a_person(
    failures: int,
    status: str,
    sqlite_url: str,
    make_services: ServicesMaker,
    pool: WorkerPool,
    serve: Callable[[Services], Awaitable[TestClient[Any, Any]]],
) -> None:
    services = await make_services(sqlite_url, workers=Failing(pool, failures))
    business = Inquirer(await serve(services))
    said = await business.write(QUESTION)
    assert business.status == status
    assert said[0]["kind"] == "disclosure"
    if status == "waiting":
        assert business.thread["contact"] and "escalated_failure" in [m["kind"] for m in said]


@pytest.mark.chaos
@pytest.mark.parametrize("each", [4, pytest.param(20, marks=pytest.mark.nightly)])
async def test_killing_workers_while_25_inquirers_write_loses_and_doubles_nothing(
    each: int,
    sqlite_url: str,
    make_services: ServicesMaker,
    model_path: Path,
    serve: Callable[[Services], Awaitable[TestClient[Any, Any]]],
) -> None:
    pool = WorkerPool(size=2, model_path=model_path)
    await pool.start()
    try:
        services = await make_services(sqlite_url, workers=pool)
        client = await serve(services)
        killing = asyncio.create_task(_kill_again_and_again())
        writers = [Inquirer(client) for _ in range(25)]

        async def write(business: Inquirer) -> None:
            await business.open()
            for number in range(each):
                response = await business.post(text=f"{QUESTION} {number}", client_id=client_id(number))
                assert response.status == 201

        await asyncio.gather(*(write(business) for business in writers))
        killing.cancel()
        await asyncio.gather(*(business.answered() for business in writers))
        await _check_nothing_lost(services, writers, each)
    finally:
        await pool.close()


async def _kill_again_and_again() -> None:
    """Kill -9 a random worker of this test's own pool, ten times a second at most."""
    for _ in itertools.count():
        await asyncio.sleep(0.5)
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
        for child in children[-1:]:
            command = Path(f"/proc/{child}/cmdline").read_bytes()
            if b"bot.understanding.worker.process" in command:
                os.kill(int(child), signal.SIGKILL)


async def _check_nothing_lost(services: Services, writers: list[Inquirer], each: int) -> None:
    for business in writers:
        messages = (await business.read())["messages"]
        assert [m["seq"] for m in messages] == list(range(1, len(messages) + 1))
        texts = [m["text"] for m in messages if m["author"] == "inquirer"]
        assert len(texts) == len(set(texts)) == each
    turns = await rows(services, t.turn)
    assert len(turns) == each * len(writers) and all(turn.status == "done" for turn in turns)


async def test_the_same_client_id_stores_one_message(client: TestClient[Any, Any], services: Services) -> None:
    business = Inquirer(client)
    await business.open()
    responses = await asyncio.gather(*(business.post(text=QUESTION, client_id=client_id(1)) for _ in range(20)))
    assert sorted(r.status for r in responses) == [200] * 19 + [201]
    assert len({(await r.json())["seq"] for r in responses}) == 1
    response = await business.post(text="noget andet", client_id=client_id(1))
    assert response.status == 409 and (await response.json())["error"]["code"] == "same_id_other_text"


async def test_a_lease_left_by_a_dead_process_is_taken_over(
    sqlite_url: str, make_services: ServicesMaker, serve: Callable[[Services], Awaitable[TestClient[Any, Any]]]
) -> None:
    services = await make_services(sqlite_url)
    turns = TurnRunner(services)
    receiving = Receiving(services, turns)
    opened = await receiving.open("0000", channel="web", client_id=str(uuid.uuid4()))
    turns.start = lambda *arguments: None  # type: ignore[method-assign]  # the process dies between storing and understanding
    await receiving.receive("0000", opened.inquiry["id"], text=QUESTION)
    async with services.database.write() as connection:
        await connection.execute(sa.update(t.turn).values(leased_by="dead"))
    client = await serve(services)  # another process starts
    business = Inquirer(client)
    business.id, business.token = opened.inquiry["id"], opened.token

    async def answered() -> bool:
        return any(m["author"] == "bot" for m in (await business.read())["messages"])

    await eventually(answered)
    assert [m["author"] for m in (await business.read())["messages"]].count("inquirer") == 1
