"""The server's side of the worker processes. Imports no Rasa.

Turns wait in one fair queue; a worker is handed one and may have the next in its pipe, so that it never waits for us. A worker that
dies or hangs is replaced, and what had not begun is handed to another: a turn is a pure function, so taking it again is safe.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import structlog

from bot.errors import HotlineError
from bot.turn import HITS, Hit, TurnRequest, TurnResult, Understanding
from bot.understanding.worker import frames
from bot.understanding.worker.child import Job, Worker, WorkerFailed, WorkerTimeout, fail

log = structlog.get_logger()

BATCH = 50  # texts of a preview or evaluation per frame, so that turns get in between
START_TIMEOUT_S = 60.0
DRAIN_TIMEOUT_S = 30.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 30.0  # before a worker that died is started again


async def _nothing() -> None:
    """Nobody has a copy of the model's file."""


class WorkerPool:
    """``size`` processes of the model at ``model_path``. Turns asked for before they are ready wait for them; without a model they
    fail until ``replace`` brings one. ``mend`` brings the model's file back when a worker cannot be started."""

    def __init__(
        self,
        size: int,
        model_path: Path | None,
        *,
        start_timeout_s: float = START_TIMEOUT_S,
        mend: Callable[[], Awaitable[object]] = _nothing,
    ):
        self._size, self._model_path, self._start_timeout_s, self._mend = size, model_path, start_timeout_s, mend
        self._line = _Line()
        self._crew: _Crew | None = None
        self._broken: str | None = None if model_path else "there is no model yet"
        self._replacing = asyncio.Lock()
        self.started = asyncio.Event()  # it took turns, once

    @property
    def ready(self) -> bool:
        return self._crew is not None and self._crew.ready

    @property
    def model_id(self) -> str | None:
        return self._crew.model_id if self._crew else None

    async def start(self) -> None:
        """All workers are ready. Raises WorkerFailed when the model cannot be loaded."""
        if self._model_path is not None:
            await self.replace(self._model_path)

    async def replace(self, model_path: Path) -> None:
        """Turns go to workers with the new model; those under way end with the old one. Raises WorkerFailed, and the old stay."""
        async with self._replacing:
            crew = _Crew(self._size, model_path, self._line, self._mend)
            try:
                await crew.start(self._start_timeout_s)
            except WorkerFailed as error:
                await crew.close()
                if self._crew is None:
                    self._fail_all(str(error))
                raise
            except BaseException:
                await crew.close()
                raise
            old, self._crew, self._broken, self._model_path = self._crew, crew, None, model_path
            crew.take_turns()
            self.started.set()
            if old is not None:
                await old.drain()

    async def close(self) -> None:
        """The processes have ended; turns still waiting fail."""
        if self._crew is not None:
            await self._crew.close()
        self._fail_all("the pool is closed")

    async def turn(self, request: TurnRequest, timeout_s: float) -> TurnResult:
        """Take one turn. Raises WorkerFailed or WorkerTimeout."""
        return TurnResult.from_json(await self._ask({"turn": request.to_json()}, timeout_s))

    async def understand(
        self, texts: Sequence[str], unavailable: Sequence[str] = (), timeout_s: float = 60.0
    ) -> list[Understanding]:
        """What the model understands of each text, for evaluations and previews. Raises as ``turn`` does."""
        found: list[Understanding] = []
        for start in range(0, len(texts), BATCH):
            frame = {"understand": list(texts[start : start + BATCH]), "unavailable": list(unavailable)}
            for value in await self._ask(frame, timeout_s):
                ranked = {key: [Hit(**hit) for hit in value[key]] for key in HITS if key in value}
                found.append(Understanding(**{**value, **ranked}))
        return found

    async def _ask(self, frame: dict[str, Any], timeout_s: float) -> Any:
        if self._broken is not None:
            raise WorkerFailed(self._broken)
        job = Job(frames.encode(frame), asyncio.get_running_loop().create_future())
        self._line.add(job)
        try:
            async with asyncio.timeout(timeout_s):
                return await job.done
        except TimeoutError:
            if self._crew is not None:
                self._crew.give_up(job)
            raise WorkerTimeout("no answer from the model in time") from None

    def _fail_all(self, reason: str) -> None:
        self._broken = reason
        while (job := self._line.take()) is not None:
            fail(job, reason)


class _Line:
    """Turns that wait for a worker, in the order in which they came."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self.filled = asyncio.Event()

    def add(self, job: Job) -> None:
        self._jobs.append(job)
        self.filled.set()

    def put_back(self, job: Job) -> None:
        self._jobs.appendleft(job)
        self.filled.set()

    def take(self) -> Job | None:
        """The next turn that somebody still waits for, or None."""
        job = None
        while self._jobs and job is None:
            first = self._jobs.popleft()
            job = None if first.done.done() else first
        if not self._jobs:
            self.filled.clear()
        return job


class _Crew:
    """Workers with the same model; each place is kept filled by a task of its own."""

    def __init__(self, size: int, model_path: Path, line: _Line, mend: Callable[[], Awaitable[object]]):
        self._line, self._model_path, self._mend = line, Path(model_path).absolute(), mend
        self._workers: list[Worker | None] = [None] * size
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def ready(self) -> bool:
        return any(worker is not None and not worker.dead.is_set() for worker in self._workers)

    @property
    def model_id(self) -> str | None:
        return next((worker.model_id for worker in self._workers if worker), None)

    async def start(self, timeout_s: float) -> None:
        started = await asyncio.gather(
            *(Worker.start(self._model_path, timeout_s) for _ in self._workers), return_exceptions=True
        )
        self._workers = [worker for worker in started if isinstance(worker, Worker)]
        for failure in started:
            if isinstance(failure, BaseException):
                raise failure

    def take_turns(self) -> None:
        self._tasks = [asyncio.create_task(self._keep(place)) for place in range(len(self._workers))]

    def give_up(self, job: Job) -> None:
        """A worker that has had ``job`` in hand for its whole time hangs: it is killed and replaced."""
        for worker in self._workers:
            if worker is not None and worker.pending and worker.pending[0] is job:
                log.warning("worker_hangs", pid=worker.pid)
                worker.kill()

    async def drain(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                await asyncio.gather(*(worker.idle() for worker in self._workers if worker))
        await self.close()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        closed = await asyncio.gather(*(worker.close() for worker in self._workers if worker))
        for left in closed:
            self._take_back(left)

    async def _keep(self, place: int) -> None:
        """Feed the worker at ``place`` for as long as it lives, then start another."""
        pause_s = FIRST_PAUSE_S
        while True:
            worker = self._workers[place]
            if worker is not None:
                pause_s = FIRST_PAUSE_S if worker.took_turns else pause_s
                await self._feed(worker)
                log.warning("worker_died", pid=worker.pid)
                self._take_back(await worker.close())
                self._workers[place] = None
            try:
                self._workers[place] = await Worker.start(self._model_path, START_TIMEOUT_S)
            except WorkerFailed as error:
                log.error("worker_not_started", reason=error.detail)
                with contextlib.suppress(HotlineError):
                    await self._mend()
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _feed(self, worker: Worker) -> None:
        """Hand turns to ``worker`` until it is dead."""
        while not worker.dead.is_set():
            await worker.room()
            await _first(self._line.filled.wait(), worker.dead.wait())
            # Nothing is awaited between taking and sending: a task that is cancelled while it holds a turn would lose it.
            if not worker.dead.is_set() and (job := self._line.take()) is not None:
                worker.send(job)

    def _take_back(self, jobs: list[Job]) -> None:
        """The first was in the worker's hands when it died and may be what killed it; the rest had not begun."""
        if jobs:
            jobs[0].tries_left -= 1
        for job in reversed(jobs):
            if job.tries_left > 0:
                self._line.put_back(job)
            else:
                fail(job, "the worker died")


async def _first(*waits: Coroutine[Any, Any, Any]) -> None:
    """Return when the first of ``waits`` does; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
