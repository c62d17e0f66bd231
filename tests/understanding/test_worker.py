"""The worker pool with real processes and a real, small model."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.turn import DialogueState, TurnRequest
from bot.understanding.worker.pool import WorkerFailed, WorkerPool, WorkerTimeout
from tests.understanding.dialogue import said

QUESTION = "kræver vores byggeri en byggetilladelse"
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(small_model: Path) -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(1, small_model)
    await pool.start()
    yield pool
    await pool.close()


def ask(text: str | None = None, choice: str | None = None, **more: object) -> TurnRequest:
    return TurnRequest("0000", text=text, choice=choice, **more)  # type: ignore[arg-type]


def pids(pool: WorkerPool) -> list[int]:
    assert pool._crew is not None
    return [worker.pid for worker in pool._crew._workers if worker is not None]


async def test_a_turn_is_taken_and_knows_its_model(pool: WorkerPool) -> None:
    assert pool.ready and pool.model_id
    result = await pool.turn(ask(QUESTION), 10)
    assert result.says and said(result)[0] == "disclosure"
    assert result.understanding.areas[0].id == "building"
    assert result.model == pool.model_id


async def test_the_same_request_gives_the_same_result(pool: WorkerPool) -> None:
    first, second = [await pool.turn(ask(QUESTION), 10) for _ in range(2)]
    assert first.to_json() == second.to_json()


async def test_a_whole_escalation_runs_through_the_contact_form(pool: WorkerPool) -> None:
    state = DialogueState(disclosed=True)
    result = await pool.turn(ask(choice="person", state=state), 10)
    assert result.escalation and result.escalation.reason == "request"
    assert said(result) == ["escalated_request", "form_name"] and result.state.form_field == "name"
    steps = [
        ("Caféens ejer", {"name": "Caféens ejer"}, "form_reach", "reach"),
        ("ring bare", {}, "form_reach_invalid", "reach"),
        ("bo@holm.dk", {"email": "bo@holm.dk"}, "form_company", "company"),
        ("12345678", {}, "form_cvr_invalid", "company"),
        ("Eksempel Café 13585628", {"cvr": "13585628", "company": "Eksempel Café"}, "form_done", None),
    ]
    for text, contact, asked, field in steps:
        result = await pool.turn(ask(text, state=result.state, status="waiting"), 10)
        assert (result.contact, said(result), result.state.form_field) == (contact, [asked], field)
        assert result.escalation is None
    assert result.state.form_given == ["name", "reach", "company"]


async def test_a_form_that_is_skipped_whole_says_what_that_means(pool: WorkerPool) -> None:
    result = await pool.turn(ask(choice="person", state=DialogueState(disclosed=True)), 10)
    for _ in range(3):
        result = await pool.turn(ask(choice="skip", state=result.state, status="waiting"), 10)
    assert said(result) == ["form_nothing"] and result.state.form_field is None


async def test_a_question_typed_while_the_form_asks_is_answered_and_the_form_asks_again(pool: WorkerPool) -> None:
    state = DialogueState(disclosed=True, escalated=True, form_field="reach", form_given=["name"], waiting_told=True)
    result = await pool.turn(ask(choice="article:building/permit_apply", state=state, status="waiting"), 10)
    assert said(result) == ["machine_answer_meanwhile", "building/permit_apply", "form_reach"]
    assert result.state.form_field == "reach"


async def test_a_number_in_the_message_that_escalates_is_not_asked_for_again(pool: WorkerPool) -> None:
    result = await pool.turn(
        ask("jeg vil tale med et menneske, ring til mig på 12 34 56 78", state=DialogueState(disclosed=True)), 10
    )
    assert result.contact == {"phone": "12345678"}
    result = await pool.turn(ask("Bo", state=result.state, status="waiting"), 10)
    assert said(result) == ["form_company"]


async def test_what_a_business_types_is_never_a_command_to_rasa(pool: WorkerPool) -> None:
    for text in (
        '/choice{"id": "person"}',
        "/restart",
        "/building",
        "/",
        "//human/ask",
        '/smalltalk{"id": "x"}',
        "/session_start",
        "/\u00a0/restart",
        "\u2003/ /back",
        "/\x1c/session_start",
    ):
        result = await pool.turn(ask(text, state=DialogueState(disclosed=True)), 10)
        assert result.escalation is None or result.escalation.reason == "request"
        assert result.understanding.kinds, "it was understood as text"


@pytest.mark.parametrize(
    "text",
    ["", " ", "🙂", "x" * 4000, "\u0000", "{municipality}", '"}{"', "\n\n/\n", "ﷺ" * 500, "sag \ud83d 2026-000123"],
)
async def test_odd_text_gets_a_turn_like_any_other(pool: WorkerPool, text: str) -> None:
    assert (await pool.turn(ask(text), 10)).says


async def test_unavailable_articles_do_not_answer(pool: WorkerPool) -> None:
    free = await pool.turn(ask(QUESTION), 10)
    best = free.understanding.articles[0].id
    masked = await pool.turn(ask(QUESTION, unavailable=[best]), 10)
    assert best not in [hit.id for hit in masked.understanding.articles]
    assert best not in masked.answered


async def test_many_turns_at_once_are_all_taken_in_fair_order(pool: WorkerPool) -> None:
    order: list[int] = []

    async def one(number: int) -> None:
        await pool.turn(ask(QUESTION), 30)
        order.append(number)

    await asyncio.gather(*(one(number) for number in range(60)))
    assert order == sorted(order)


async def test_texts_can_be_understood_in_batches(pool: WorkerPool) -> None:
    found = await pool.understand([QUESTION, "hello"] * 60)
    assert len(found) == 120 and found[0].areas[0].id == "building" and found[1].language == "en"


async def test_a_killed_worker_costs_no_turn(pool: WorkerPool) -> None:
    (victim,) = pids(pool)
    turns = [asyncio.create_task(pool.turn(ask(QUESTION), 30)) for _ in range(40)]
    await asyncio.sleep(0.02)
    os.kill(victim, signal.SIGKILL)
    assert all(result.says for result in await asyncio.gather(*turns))
    assert victim not in pids(pool) and pool.ready


async def test_a_hanging_worker_is_a_timeout_and_then_replaced(pool: WorkerPool) -> None:
    (victim,) = pids(pool)
    os.kill(victim, signal.SIGSTOP)
    with pytest.raises(WorkerTimeout):
        await pool.turn(ask(QUESTION), 0.3)
    assert (await pool.turn(ask(QUESTION), 30)).says
    assert pids(pool) != [victim]


async def test_a_new_model_takes_over_without_losing_a_turn(
    pool: WorkerPool, small_model: Path, tmp_path: Path
) -> None:
    (before,) = pids(pool)
    other = shutil.copy(small_model, tmp_path / "other.tar.gz")
    replacing = asyncio.create_task(pool.replace(Path(other)))

    async def keep_asking() -> int:
        taken = 0
        while not replacing.done():
            assert (await pool.turn(ask(QUESTION), 30)).says
            taken += 1
        return taken

    assert all(await asyncio.gather(*(keep_asking() for _ in range(8))))
    await replacing
    assert pids(pool) != [before] and not _alive(before)


async def test_replacing_again_and_again_under_load_loses_nothing(pool: WorkerPool, small_model: Path) -> None:
    async def replace() -> None:
        for _ in range(3):
            await pool.replace(small_model)

    replacing = asyncio.create_task(replace())
    while not replacing.done():
        results = await asyncio.gather(*(pool.turn(ask(QUESTION), 30) for _ in range(20)))
        assert all(result.says for result in results)
    await replacing


async def test_a_model_that_cannot_be_loaded_leaves_the_old_one_in_place(pool: WorkerPool, tmp_path: Path) -> None:
    (broken := tmp_path / "broken.tar.gz").write_bytes(b"not a model")
    with pytest.raises(WorkerFailed):
        await pool.replace(broken)
    assert (await pool.turn(ask(QUESTION), 10)).says


async def test_without_a_model_turns_fail_at_once_and_say_why(tmp_path: Path) -> None:
    pool = WorkerPool(1, tmp_path / "none.tar.gz")
    waiting = asyncio.create_task(pool.turn(ask(QUESTION), 30))
    with pytest.raises(WorkerFailed):
        await pool.start()
    with pytest.raises(WorkerFailed):
        await waiting
    began = time.monotonic()
    with pytest.raises(WorkerFailed):
        await pool.turn(ask(QUESTION), 30)
    assert time.monotonic() - began < 1
    assert not pool.ready
    await pool.close()


async def test_no_message_text_is_logged_even_when_the_turn_fails(small_model: Path) -> None:
    secret = "hemmeligkarport"
    script = f"""
import asyncio, logging, sys
from pathlib import Path
from bot.understanding.worker import process
turns = process.load_turns(Path({str(small_model)!r}))
from bot.turn import TurnRequest, DialogueState
async def main():
    for text in ("{secret} byggetilladelse", "{secret} vil tale med et menneske", "/{secret}"):
        await turns.take(TurnRequest("0000", text=text).to_json())
    await turns.take(TurnRequest("0000", text="{secret}@firma.dk", status="waiting", state=DialogueState(form_field="reach")).to_json())
    import actions.decide
    def fail(*args): raise RuntimeError("{secret}")
    actions.decide.decide = fail
    try:
        await turns.take(TurnRequest("0000", text="{secret}").to_json())
    except Exception as error:
        print("failed as", type(error).__name__, file=sys.stderr)
asyncio.run(main())
"""
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=60
    )
    assert "failed as TurnFailed" in done.stderr, done.stderr
    assert secret not in done.stderr + done.stdout


async def test_the_server_side_imports_no_rasa() -> None:
    imported = "import sys, bot.understanding.worker.pool, bot.understanding.training"
    script = f"{imported}; sys.exit('rasa' in sys.modules or 'sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0  # noqa: ASYNC221


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
