"""One worker process, seen from the server: started, fed, read and ended. Imports no Rasa."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import ModelUnavailable
from bot.settings import PROJECT_DIR
from bot.understanding.worker import frames

IN_HAND = 2  # turns a worker holds: one it takes, one in its pipe
END_TIMEOUT_S = 5.0
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
class Job:
    frame: bytes
    done: asyncio.Future[Any]
    tries_left: int = 2


@dataclass(slots=True, eq=False)
class Worker:
    process: asyncio.subprocess.Process
    model_id: str = ""
    pending: deque[Job] = field(default_factory=deque)
    dead: asyncio.Event = field(default_factory=asyncio.Event)
    took_turns: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, model_path: Path, timeout_s: float) -> Worker:
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

    def send(self, job: Job) -> None:
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

    async def close(self) -> list[Job]:
        """The process has ended; returns what it had in hand."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        if self.pending or not self.model_id:
            self.kill()
        try:
            async with asyncio.timeout(END_TIMEOUT_S):
                await self.process.wait()
        except TimeoutError:
            self.kill()
            await self.process.wait()
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)
        left, self.pending = list(self.pending), deque()
        return left

    async def _until(self, holds: Callable[[], bool]) -> None:
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
                    fail(job, f"the turn failed: {answer.get('error')}")
        except (asyncio.IncompleteReadError, ConnectionError, ValueError, IndexError):
            self.kill()
        finally:
            self.dead.set()
            self._changed.set()


def fail(job: Job, reason: str) -> None:
    if not job.done.done():
        job.done.set_exception(WorkerFailed(reason))
        job.done.exception()  # read here too, so that a caller who stopped waiting leaves no warning behind


def _environment() -> dict[str, str]:
    """What a worker needs to run and nothing else: no secrets, one thread, compiled modules kept for the next start."""
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return kept | threads | {"RASA_TELEMETRY_ENABLED": "false", "PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "1"}
