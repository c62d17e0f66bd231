"""The server's side of the worker processes. Imports no Rasa.

Turns wait in one fair queue; a worker is handed one and may have the next in its pipe, so that it never waits for us. A worker that
dies or hangs is replaced, and what had not begun is handed to another: a turn is a pure function, so taking it again is safe.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from bot.errors import ModelUnavailable
from bot.settings import PROJECT_DIR
from bot.turn import Hit, TurnRequest, TurnResult, Understanding
from bot.understanding.worker import frames

log = structlog.get_logger()

IN_HAND = 2  # turns a worker holds: one it takes, one in its pipe
BATCH = 50  # texts of a preview or evaluation per frame, so that turns get in between
START_TIMEOUT_S = 60.0
DRAIN_TIMEOUT_S = 30.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 30.0  # before a worker that died is started again
_ENVIRONMENT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "SYSTEMROOT",
    "OPENBLAS_CORETYPE",
)


class WorkerFailed(ModelUnavailable):
    """The worker died, could not take the turn, or has no model; the same turn may succeed in another."""


class WorkerTimeout(ModelUnavailable):
    """No result in the given time."""


@dataclass(slots=True, eq=False)
class _Job:
    frame: bytes
    done: asyncio.Future[Any]
    tries_left: int = 2


class WorkerPool:
    """``size`` processes of the model at ``model_path``. Turns asked for before they are ready wait for them."""

    def __init__(self, size: int, model_path: Path, *, start_timeout_s: float = START_TIMEOUT_S):
        self._size, self._model_path, self._start_timeout_s = size, model_path, start_timeout_s
        self._queue: asyncio.Queue[_Job] = asyncio.Queue()
        self._crew: _Crew | None = None
        self._broken: str | None = None
        self._replacing = asyncio.Lock()

    @property
    def ready(self) -> bool:
        return self._crew is not None and self._crew.ready

    @property
    def model_id(self) -> str | None:
        return self._crew.model_id if self._crew else None

    async def start(self) -> None:
        """All workers are ready. Raises WorkerFailed when the model cannot be loaded."""
        await self.replace(self._model_path)

    async def replace(self, model_path: Path) -> None:
        """Turns go to workers with the new model; those under way end with the old one. Raises WorkerFailed, and the old stay."""
        async with self._replacing:
            crew = _Crew(self._size, model_path, self._queue)
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
            crew.take_from_queue()
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
                ranked = {key: [Hit(**hit) for hit in value[key]] for key in ("areas", "articles", "kinds")}
                found.append(Understanding(**{**value, **ranked}))
        return found

    async def _ask(self, frame: dict[str, Any], timeout_s: float) -> Any:
        if self._broken is not None:
            raise WorkerFailed(self._broken)
        job = _Job(frames.encode(frame), asyncio.get_running_loop().create_future())
        self._queue.put_nowait(job)
        try:
            async with asyncio.timeout(timeout_s):
                return await job.done
        except TimeoutError:
            if self._crew is not None:
                self._crew.give_up(job)
            raise WorkerTimeout("no answer from the model in time") from None

    def _fail_all(self, reason: str) -> None:
        self._broken = reason
        while not self._queue.empty():
            _fail(self._queue.get_nowait(), reason)


class _Crew:
    """Workers with the same model; each place is kept filled by a task of its own."""

    def __init__(self, size: int, model_path: Path, queue: asyncio.Queue[_Job]):
        self._queue, self._model_path = queue, Path(model_path).absolute()
        self._workers: list[_Worker | None] = [None] * size
        self._tasks: list[asyncio.Task[None]] = []
        self._draining = False

    @property
    def ready(self) -> bool:
        return any(self._workers)

    @property
    def model_id(self) -> str | None:
        return next((worker.model_id for worker in self._workers if worker), None)

    async def start(self, timeout_s: float) -> None:
        started = await asyncio.gather(
            *(_Worker.start(self._model_path, timeout_s) for _ in self._workers), return_exceptions=True
        )
        self._workers = [worker for worker in started if isinstance(worker, _Worker)]
        for failure in started:
            if isinstance(failure, BaseException):
                raise failure

    def take_from_queue(self) -> None:
        self._tasks = [asyncio.create_task(self._keep(place)) for place in range(len(self._workers))]

    def give_up(self, job: _Job) -> None:
        """A worker that has had ``job`` in hand for its whole time hangs: it is killed and replaced."""
        for worker in self._workers:
            if worker is not None and worker.pending and worker.pending[0] is job:
                log.warning("worker_hangs", pid=worker.pid)
                worker.kill()

    async def drain(self) -> None:
        self._draining = True
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
        await asyncio.gather(*(worker.close() for worker in self._workers if worker))

    async def _keep(self, place: int) -> None:
        """Feed the worker at ``place`` for as long as it lives, then start another."""
        pause_s = FIRST_PAUSE_S
        while True:
            worker = self._workers[place]
            if worker is not None:
                pause_s = FIRST_PAUSE_S if worker.took_turns else pause_s
                await self._feed(worker)
                log.warning("worker_died", pid=worker.pid)
                self._workers[place] = None
                self._take_back(await worker.close())
            try:
                self._workers[place] = await _Worker.start(self._model_path, START_TIMEOUT_S)
            except WorkerFailed as error:
                log.error("worker_not_started", reason=error.detail)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _feed(self, worker: _Worker) -> None:
        """Hand turns to ``worker`` until it is dead."""
        while not worker.dead.is_set():
            await worker.room()
            taking = asyncio.ensure_future(self._queue.get())
            dying = asyncio.ensure_future(worker.dead.wait())
            try:
                await asyncio.wait((taking, dying), return_when=asyncio.FIRST_COMPLETED)
            finally:
                dying.cancel()
                if not taking.done():
                    taking.cancel()
            if taking.done() and not taking.cancelled():
                job = taking.result()
                if worker.dead.is_set():
                    self._queue.put_nowait(job)
                elif not job.done.done():
                    worker.send(job)

    def _take_back(self, jobs: list[_Job]) -> None:
        """The first was in the worker's hands when it died and may be what killed it; the rest had not begun."""
        for index, job in enumerate(jobs):
            job.tries_left -= index == 0
            if job.done.done():
                continue
            if job.tries_left > 0:
                self._queue.put_nowait(job)
            else:
                _fail(job, "the worker died")


@dataclass(slots=True, eq=False)
class _Worker:
    process: asyncio.subprocess.Process
    model_id: str = ""
    pending: deque[_Job] = field(default_factory=deque)
    dead: asyncio.Event = field(default_factory=asyncio.Event)
    took_turns: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, model_path: Path, timeout_s: float) -> _Worker:
        """The worker has loaded the model. Raises WorkerFailed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "bot.understanding.worker.process",
            str(model_path),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=PROJECT_DIR,
            env=_environment(),
            limit=1024 * 1024,
        )
        worker = cls(process)
        try:
            async with asyncio.timeout(timeout_s):
                assert process.stdout is not None
                first = await frames.read(process.stdout)
        except (TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            await worker.close()
            raise WorkerFailed(f"the worker did not start: {type(error).__name__}") from error
        except BaseException:
            await worker.close()
            raise
        if "ok" not in first:
            await worker.close()
            raise WorkerFailed(f"the model could not be loaded: {first.get('error')}")
        worker.model_id = first["ok"]["model"]
        worker._reading = asyncio.create_task(worker._read())
        return worker

    @property
    def pid(self) -> int:
        return self.process.pid

    def send(self, job: _Job) -> None:
        assert self.process.stdin is not None
        self.pending.append(job)
        self.process.stdin.write(job.frame)

    async def room(self) -> None:
        await self._until(lambda: len(self.pending) < IN_HAND)

    async def idle(self) -> None:
        await self._until(lambda: not self.pending)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    async def close(self) -> list[_Job]:
        """The process has ended; returns what it had in hand."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        if self.pending or not self.model_id:
            self.kill()
        try:
            async with asyncio.timeout(5):
                await self.process.wait()
        except TimeoutError:
            self.kill()
            await self.process.wait()
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)
        left, self.pending = list(self.pending), deque()
        return left

    async def _until(self, holds: Any) -> None:
        while not holds() and not self.dead.is_set():
            self._changed.clear()
            await self._changed.wait()

    async def _read(self) -> None:
        assert self.process.stdout is not None
        try:
            while True:
                answer = await frames.read(self.process.stdout)
                job = self.pending.popleft()
                self.took_turns = True
                self._changed.set()
                if job.done.done():
                    continue
                if "ok" in answer:
                    job.done.set_result(answer["ok"])
                else:
                    _fail(job, f"the turn failed: {answer.get('error')}")
        except (asyncio.IncompleteReadError, ConnectionError, ValueError, IndexError):
            self.kill()
        finally:
            self.dead.set()
            self._changed.set()


def _fail(job: _Job, reason: str) -> None:
    if not job.done.done():
        job.done.set_exception(WorkerFailed(reason))
        job.done.exception()  # read here too, so that a caller who stopped waiting leaves no warning behind


def _environment() -> dict[str, str]:
    """What a worker needs to run and nothing else: no secrets, one thread, compiled modules kept for the next start."""
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return kept | threads | {"RASA_TELEMETRY_ENABLED": "false", "PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "1"}
