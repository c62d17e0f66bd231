"""Trains while the hotline serves: in the background, behind everything else, when the editors have paused; then the gate, then live."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import sqlalchemy as sa
import structlog

from bot.conversation.rights import StaffMember
from bot.conversation.service import Services
from bot.editing.articles import check_editor
from bot.editing.corpus import Corpus, write_corpus, write_questions
from bot.editing.service import audit
from bot.errors import HotlineError, ModelUnavailable
from bot.models import kept_models, live_model, store_model, use_model
from bot.settings import PROJECT_DIR
from bot.store import tables as t
from bot.understanding.training import train_in_subprocess

log = structlog.get_logger()
LOOK_S = 10.0  # another process, or a command, may have chosen another model
Phase = Literal["idle", "waiting", "training", "checking", "live", "kept_aside", "failed"]


@runtime_checkable
class Replaceable(Protocol):
    """The worker pool, as training knows it."""

    async def replace(self, model_path: Path) -> None: ...


@dataclass(slots=True)
class Progress:
    phase: Phase = "idle"
    share: float = 0.0  # of the training
    model: str | None = None  # the last one that was trained


class Training:
    """Owns the one training that runs in this process."""

    def __init__(self, services: Services):
        self.services = services
        self.progress = Progress()
        self._cache = services.settings.data_dir / "models"
        self._in_use: str | None = None

    async def run(self) -> None:
        """Train whenever there is something new, and follow the model that is chosen elsewhere; until cancelled."""
        self._in_use = await self._live_id()
        while True:
            try:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.services.taught.wait(), LOOK_S)
                if self.services.taught.is_set():
                    await self._pause()
                    await self.train()
                elif (await self._live_id()) != self._in_use:
                    await self._go_live()
            except HotlineError as error:
                self.progress.phase = "failed"
                log.error("training_failed", error=type(error).__name__, detail=(error.detail or "")[-500:])
            except Exception:  # the running model stays; the editor sees that training failed
                self.progress.phase = "failed"
                log.exception("training_failed")

    async def train(self) -> None:
        """One training of all there is now; the model goes live if the gate lets it through, else it is kept aside."""
        services = self.services
        self.progress = Progress("training")
        await asyncio.to_thread(self._cache.mkdir, parents=True, exist_ok=True)
        room = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="training-", dir=self._cache))
        try:
            corpus = await write_corpus(
                services.database, services.knowledge.common, services.settings.nlu_data_dir, room / "nlu_data"
            )
            running = await live_model(services.database, self._cache)
            if running and running[1] == corpus.fingerprint:
                self.progress = Progress("live", 1.0, self._in_use)
                return
            path = await train_in_subprocess(corpus.folder, room / "out", self._tell, low_priority=True)
            self.progress.phase = "checking"
            report = await _judge(path, running[0], corpus, room) if running else None
            passed = report is None or report["passed"]
            model_id = await store_model(
                services.database, path, corpus.fingerprint, services.now(), live=passed, report=report
            )
        finally:
            await asyncio.to_thread(shutil.rmtree, room, ignore_errors=True)
        if passed:
            await self._go_live()
        self.progress = Progress("live" if passed else "kept_aside", 1.0, model_id)

    async def use(self, staff: StaffMember, model_id: str) -> None:
        """The model that went live before, or the newest that passed, is live again. Raises NotFound, Forbidden; a model
        that the gate kept aside is the operator's to use."""
        check_editor(staff)
        found = next((m for m in await kept_models(self.services.database) if m["id"] == model_id), None)
        if found and found["report"] and not found["report"]["passed"]:
            raise ModelUnavailable("the gate kept it aside")
        await use_model(self.services.database, model_id)
        async with self.services.database.write() as connection:
            await audit(connection, self.services, staff, "model_used", model=model_id)
        await self._go_live()

    async def _pause(self) -> None:
        """Return when nothing was changed for a while."""
        self.progress = Progress("waiting")
        taught = self.services.taught
        while taught.is_set():
            taught.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(taught.wait(), self.services.settings.training_pause_s)

    async def _go_live(self) -> None:
        found = await live_model(self.services.database, self._cache)
        if found is None:
            raise ModelUnavailable("there is no model")
        if isinstance(self.services.workers, Replaceable):
            await self.services.workers.replace(found[0])
        self._in_use = await self._live_id()

    async def _live_id(self) -> str | None:
        async with self.services.database.read() as connection:
            return await connection.scalar(sa.select(t.model.c.id).where(t.model.c.live))

    def _tell(self, step: str, share: float) -> None:
        self.progress.share = share


async def _judge(new: Path, running: Path, corpus: Corpus, room: Path) -> dict[str, Any]:
    """The gate's verdict, as it stands in the model's report."""
    questions = room / "questions.jsonl"
    await asyncio.to_thread(write_questions, corpus, questions)
    behind = ["nice", "-n", "15"] if os.name == "posix" else []
    paths = await asyncio.to_thread(lambda: [str(path.absolute()) for path in (new, running, questions)])
    process = await asyncio.create_subprocess_exec(
        *behind, sys.executable, "-W", "ignore", "-m", "bot.understanding.worker.gate", *paths,
        cwd=PROJECT_DIR,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise ModelUnavailable("the new model could not be checked")
    verdict: dict[str, Any] = json.loads(out.decode().splitlines()[-1])
    return verdict


def progress_json(progress: Progress) -> dict[str, Any]:
    return asdict(progress)
